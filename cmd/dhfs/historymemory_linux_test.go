//go:build !race

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/fs"
)

// A .history.edn that is many times longer than what a mount may keep in memory is made and read part by part: the
// server's memory does not grow with it, and what it shows makes the same database.
func TestMemoryOfALongHistory(t *testing.T) {
	for _, f := range fs.CheckMounting() {
		if f.State == fs.Problem {
			t.Skip(f.Says)
		}
	}
	dir := t.TempDir()
	inDir(t, dir, `mkdir mnt; dhfs init shop; dhfs tx shop '[{:db/ident :note/id :db/valueType :db.type/long :db/unique :db.unique/identity} {:db/ident :note/text :db/valueType :db.type/string}]'`)
	const txs, each = 200, 100 // of 2,900 bytes each, twice in the history but for the first 1,000
	w, err := os.Create(filepath.Join(dir, "notes.edn"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range txs {
		fmt.Fprint(w, "[")
		for j := range each {
			n := i*each + j
			fmt.Fprintf(w, "{:note/id %d :note/text %q}\n", n%1000, strings.Repeat(fmt.Sprintf("%09d, and so on. ", n), 160))
		}
		fmt.Fprint(w, "]\n")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	inDir(t, dir, "dhfs import shop notes.edn")
	t.Cleanup(func() { unmountBelow(dir) })
	server, _ := startMount(t, dir)
	t.Cleanup(func() { inDir(t, dir, "chmod -R u+w backup") }) // cp keeps the modes of directories, and only root could remove what is in them
	inDir(t, dir, "mkdir backup; cp -r mnt/head/. mnt/head/.history.edn backup")
	long, err := os.Stat(filepath.Join(dir, "backup/.history.edn"))
	if err != nil {
		t.Fatal(err)
	}
	peak, ok := memoryPeak(server.Process.Pid)
	const limit = 250 // MB: the caches may be full, of which one keeps 64 MiB of nodes and one as much of files
	if !ok || peak > limit || long.Size() < 100e6 {
		t.Errorf("%d bytes of history took the server %d MB, at most %d are wanted", long.Size(), peak, limit)
	}
	t.Logf("%d bytes of history, %d MB in the server at its peak", long.Size(), peak)
	// Each of these commits is another database, which has to be made of transactions to be shown.
	inDir(t, dir, "for c in $(ls mnt/commits | head -50); do find mnt/commits/$c/entities >found; done; test $(wc -l <found) -gt 100")
	const walkLimit = 800 // MB; it was 1,800 after 60
	if peak, ok = memoryPeak(server.Process.Pid); !ok || peak > walkLimit {
		t.Errorf("a walk through 50 commits took the server %d MB, at most %d are wanted", peak, walkLimit)
	}
	t.Logf("50 commits, %d MB in the server at its peak", peak)
	inDir(t, dir, "dhfs import again backup")
	if one, two := inDir(t, dir, "dhfs stat shop | grep ^root"), inDir(t, dir, "dhfs stat again | grep ^root"); one != two {
		t.Errorf("the history makes another database: %s, not %s", two, one)
	}
	if err := errors.Join(server.Process.Signal(os.Interrupt), server.Wait()); err != nil {
		t.Error(err)
	}
}
