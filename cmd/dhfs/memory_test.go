//go:build linux && !race

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A transaction of 200,000 datoms takes memory in proportion to them: text, forms and datoms once, and not the
// trees that are made of them.
func TestMemoryOfALargeTransaction(t *testing.T) {
	dir := emptyDB(t)
	writeForms(t, filepath.Join(dir, "large.edn"), 40_000)
	schema := exec.Command("dhfs", "tx", "db", `[{:db/ident :p/email :db/valueType :db.type/string :db/unique :db.unique/identity}
		{:db/ident :p/name :db/valueType :db.type/string} {:db/ident :p/age :db/valueType :db.type/long}
		{:db/ident :p/height :db/valueType :db.type/double} {:db/ident :p/boss :db/valueType :db.type/ref}]`)
	tx := exec.Command("dhfs", "tx", "db", "-f", "large.edn")
	schema.Dir, tx.Dir = dir, dir
	if err := schema.Run(); err != nil {
		t.Fatal(err)
	}
	const limit = 400 // MB
	if used := peakOf(t, tx); used > limit {
		t.Errorf("%d MB in use at the peak, at most %d are wanted", used, limit)
	} else {
		t.Logf("%d MB in use at the peak", used)
	}
}

// peakOf runs a program and returns what it had in memory at its peak, in MB. The system counts that up, so it is looked at until the end;
// what a process that has ended is said to have had includes what its parent had when it was started.
func peakOf(t *testing.T, cmd *exec.Cmd) (peak int) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		if mb, ok := memoryPeak(cmd.Process.Pid); ok {
			peak = mb
		}
		select {
		case err := <-ended:
			if err != nil || peak == 0 {
				t.Fatal(err, peak)
			}
			return peak
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// writeForms writes n maps of five attributes, one of them a lookup ref.
func writeForms(t *testing.T, path string, n int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	for i := range n {
		fmt.Fprintf(w, "{:p/email \"p%d@example.org\" :p/name \"Person %d\" :p/age %d :p/height %d.5 :p/boss [:p/email \"p%d@example.org\"]}\n", i, i, i%90, i%200, i/10)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}
