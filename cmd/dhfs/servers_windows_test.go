package main

import "github.com/rogpeppe/go-internal/testscript"

// withServers would stop servers: the scripts are not run here.
type withServers struct{ testscript.TestingM }

func server(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("no servers are started on Windows")
}

func signalServer(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("there are no such signals on Windows")
}

func layDatahike(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("no servers are started on Windows")
}

func clockOff(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("no servers are started on Windows")
}
