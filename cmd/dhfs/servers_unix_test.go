//go:build unix

package main

import (
	"strings"
	"syscall"
	"time"

	"github.com/dhfs/dhfs/test/servers"
	"github.com/rogpeppe/go-internal/testscript"
)

// withServers stops what servers the scripts have started.
type withServers struct{ testscript.TestingM }

func (m withServers) Run() int { return servers.Main(m.TestingM) }

// server NAME VARIABLE puts the URL of an empty database into the environment; server NAME SQL… runs statements as its administrator.
func server(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: server postgres|mariadb|s3 VARIABLE, or SQL...")
	}
	s, err := servers.Get(args[0])
	ts.Check(err)
	if len(args) == 2 && isVariable(args[1]) {
		url, err := s.NewDatabase()
		ts.Check(err)
		ts.Setenv(args[1], url)
		_, place, _ := strings.Cut(url, "@")
		ts.Setenv(args[1]+"_AT", place) // for other users
		_, endpoint, _ := strings.Cut(url, "endpoint=")
		ts.Setenv(args[1]+"_ENDPOINT", endpoint) // for other buckets
		return
	}
	ts.Check(s.Do(args[1:]...))
}

// clockOff AHEAD URL VARIABLE puts into the environment the URL of a way to a bucket on which the clock of the client is ahead by so much.
func clockOff(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: clock AHEAD URL VARIABLE")
	}
	ahead, err := time.ParseDuration(args[0])
	ts.Check(err)
	clock, url, err := servers.ClockOff(args[1], ahead)
	ts.Check(err)
	ts.Defer(clock.Close)
	ts.Setenv(args[2], url)
}

func isVariable(name string) bool {
	for _, r := range name {
		if r != '_' && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}

// signalServer SIGNAL sends STOP, CONT or KILL to the server that was started last.
func signalServer(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]syscall.Signal{"STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT, "KILL": syscall.SIGKILL}
	s, ok := signals[strings.Join(args, "")]
	if !ok {
		ts.Fatalf("usage: signal STOP|CONT|KILL")
	}
	last := ts.Value(started{}).(*started).last
	ts.Check(last.cmd.Process.Signal(s))
	if s == syscall.SIGKILL {
		<-last.ended
	}
}
