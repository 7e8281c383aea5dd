//go:build unix

package test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
)

// collectForEver removes garbage again and again, the history too, and says so each time.
func collectForEver(dir string) error {
	ctx := context.Background()
	s, err := casfile.Open(ctx, dir, casfile.Options{PackSize: 1 << 16})
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		if _, err := engine.GC(ctx, s, engine.Retention{Last: 1 + n%40}, n%3 == 0, nil); err != nil {
			return err
		}
		fmt.Println("collected")
	}
}

// TestGCKill9 kills processes that remove garbage, beside others that write and are killed too. What was acknowledged is
// there, nothing is missing that is not said to be, and a last collection leaves no garbage.
func TestGCKill9(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	newNotes(t, dir)
	acknowledged := map[string]bool{}
	const rounds = 8
	collected := 0
	for round := range rounds {
		writers := []*process{startProcess(t, "write", dir, fmt.Sprintf("r%dw0", round), nil), startProcess(t, "write", dir, fmt.Sprintf("r%dw1", round), nil)}
		for range 2 {
			gc := startProcess(t, "collect", dir, "", nil)
			time.Sleep(time.Duration(60+rand.N(200)) * time.Millisecond)
			collected += len(gc.kill(t))
		}
		for _, w := range writers {
			for _, key := range w.kill(t) {
				acknowledged[key] = true
			}
		}
		checkCollected(t, dir, acknowledged)
	}
	if collected < rounds || len(acknowledged) < rounds {
		t.Fatalf("%d collections and %d transactions in %d rounds: they were killed before they did anything", collected, len(acknowledged), rounds)
	}
	t.Logf("%d acknowledged transactions, %d collections, %d kills, none lost", len(acknowledged), collected, 4*rounds)
}

func checkCollected(t *testing.T, dir string, want map[string]bool) {
	t.Helper()
	ctx := t.Context()
	s, err := casfile.Open(ctx, dir, casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	checkHead(t, s, "after the kills", want)
	if _, err := engine.GC(ctx, s, engine.Retention{}, false, nil); err != nil {
		t.Fatal(err)
	}
	u, err := engine.Measure(ctx, s, nil)
	if err != nil || u.Garbage.Blocks > 1 { // the list of what is missing, which the collection has replaced
		t.Fatalf("%v, %d blocks of garbage are left", err, u.Garbage.Blocks)
	}
	checkHead(t, s, "after another collection", want)
}
