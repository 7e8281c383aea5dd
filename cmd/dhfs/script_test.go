package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/fs"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if s := os.Getenv("DHFS_TEST_SILENCE"); s != "" {
		httpSilence, _ = time.ParseDuration(s)
	}
	testscript.Main(withServers{m}, map[string]func(){"dhfs": main, "mount.dhfs": main})
}

// TestScripts runs the command line as people do: each script is a session with its files.
func TestScripts(t *testing.T) {
	data, err := filepath.Abs("../../test/data")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Abs("../../scripts")
	if err != nil {
		t.Fatal(err)
	}
	home := os.Getenv("HOME") // npm keeps its cache there
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("DATA", data)
			env.Setenv("SCRIPTS", scripts)
			env.Setenv("HOME", home)
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, ".state")) // where mounts keep queries
			env.Setenv("DHFS_AUTHOR", "tester")
			env.Setenv("GORACE", os.Getenv("GORACE"))
			env.Values[started{}] = &started{}
			env.Defer(func() { unmountBelow(env.WorkDir) })
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("no such condition: %s", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "doctor": doctor, "flip": flip, "cut": cut, "server": server, "clock": clockOff, "serve": serve, "http": httpRequest, "static": static, "unserve": unserve, "signal": signalServer, "certificate": certificate, "datahike": unpackDatahike, "lay": layDatahike},
	})
}

// unmountBelow takes away what a session that failed has left mounted.
func unmountBelow(dir string) {
	mounts, err := fs.Mounts()
	if err != nil {
		return
	}
	for _, m := range mounts {
		if strings.HasPrefix(m.Dir, dir) {
			fs.Unmount(m.Dir)
		}
	}
}

// exits CODE ARG… runs dhfs, which must end with that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE ARG...")
	}
	code := 0
	err := ts.Exec("dhfs", args[1:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if args[0] != strconv.Itoa(code) {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// doctor DB… runs dhfs doctor, which may have something to say of the machine: it ends with 0 or 1.
func doctor(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec("dhfs", append([]string{"doctor"}, args...)...)
	var exit *exec.ExitError
	if neg || err != nil && (!errors.As(err, &exit) || exit.ExitCode() != exitFailed) {
		ts.Fatalf("%v", err)
	}
}

// flip FILE changes one bit in the middle of the only file that matches the pattern.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	name, data := onlyFile(ts, args)
	data[len(data)/2] ^= 4
	ts.Check(os.WriteFile(name, data, 0o644))
}

// cut FILE drops the second half of the only file that matches the pattern.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	name, data := onlyFile(ts, args)
	ts.Check(os.WriteFile(name, data[:len(data)/2], 0o644))
}

func onlyFile(ts *testscript.TestScript, args []string) (string, []byte) {
	if len(args) != 1 {
		ts.Fatalf("want one file")
	}
	names, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(names) != 1 {
		ts.Fatalf("%s: %d files match", args[0], len(names))
	}
	data, err := os.ReadFile(names[0])
	ts.Check(err)
	return names[0], data
}
