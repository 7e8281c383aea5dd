//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// process is dhfs in a process of its own.
type process struct {
	*exec.Cmd
	in  io.WriteCloser
	out io.ReadCloser
	err bytes.Buffer
}

// startDHFS starts dhfs in dir.
func startDHFS(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	p := &process{Cmd: exec.CommandContext(ctx, "dhfs", args...)}
	p.Dir, p.Stderr = dir, &p.err
	var err error
	if p.in, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if p.out, err = p.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// emptyDB is a directory with an empty database called db.
func emptyDB(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	init := exec.Command("dhfs", "init", "db")
	init.Dir = dir
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// listening gives the process text to read, more than fits into a pipe: when all is
// written, it has begun, and it minds signals.
func (p *process) listening(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(p.in, text+strings.Repeat(" ", 1<<20)); err != nil {
		t.Fatal(err)
	}
}

// interrupt presses ^C and checks that it ends the process.
func (p *process) interrupt(t *testing.T) {
	t.Helper()
	pressed := time.Now()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.Wait()
	if code := p.ProcessState.ExitCode(); code != exitInterrupted || !strings.Contains(p.err.String(), "interrupted") {
		t.Errorf("got exit code %d and %q, want %d and that it was interrupted", code, p.err.String(), exitInterrupted)
	}
	if took := time.Since(pressed); took > 5*time.Second { // a few milliseconds when nothing else runs
		t.Errorf("it went on for %v", took)
	}
}

// ^C ends a query that is evaluated.
func TestInterruptEvaluation(t *testing.T) {
	const million = "[(range 1000000) [?x ...]] [(range 1000000) [?y ...]]"
	const up = "[[(up [?x] ?y) [(+ ?x 1) ?y]] [(up [?x] ?y) [(+ ?x 1) ?z] (up ?z ?y)]]"
	for _, args := range [][]string{
		{"[:find ?x ?y :where " + million + "]"},
		{"[:find (count ?x) :with ?y :where " + million + "]"},
		{"[:find ?y :in $ % :where (up 1 ?y)]", up},
	} {
		p := startDHFS(t, emptyDB(t), append([]string{"query", "db", "-"}, args[1:]...)...)
		p.listening(t, args[0])
		if err := p.in.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond) // it may be anywhere by then
		p.interrupt(t)
	}
}

// ^C ends a command that waits for what nobody types.
func TestInterruptReading(t *testing.T) {
	for _, command := range []string{"query", "tx"} {
		p := startDHFS(t, emptyDB(t), command, "db")
		p.listening(t, "[")
		p.interrupt(t)
	}
}

// ^C ends a query whose result nobody reads on.
func TestInterruptPrinting(t *testing.T) {
	for _, format := range []string{"table", "tsv", "json", "edn"} {
		p := startDHFS(t, emptyDB(t), "query", "db", "[:find ?x :where [(range 100000) [?x ...]]]", "--format", format)
		if _, err := io.ReadFull(p.out, make([]byte, 10)); err != nil {
			t.Fatal(err, p.err.String())
		}
		p.interrupt(t)
	}
}
