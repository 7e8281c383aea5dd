//go:build linux || darwin

package fs

import (
	"testing"

	"github.com/dhfs/dhfs/engine"
)

func TestDemandLastsAsLongAsFilesAreAskedFor(t *testing.T) {
	var d demand
	if d.wanted(1) || d.going() {
		t.Error("given before anything was asked for")
	}
	d.asked()
	for id := range uint64(credit) {
		if !d.going() || !d.wanted(10+id) {
			t.Fatalf("no longer given after %d directories", id)
		}
	}
	if d.going() || d.wanted(2) {
		t.Errorf("still given after %d directories in which nobody asked", credit)
	}
	var anew []uint64
	for n := 1; anew == nil; n++ {
		if anew = d.asked(); n > 2*enough {
			t.Fatal("directories are never listed anew")
		}
	}
	if len(anew) != 2 || anew[0] != 1 || anew[1] != 2 {
		t.Errorf("listed anew are %v, want those without: 1 and 2", anew)
	}
}

func TestMissedDirectoriesAreBounded(t *testing.T) {
	var m missed
	for id := range uint64(3 * maxMissed / 2) {
		m.add(id)
	}
	var dirs []uint64
	for dirs == nil {
		dirs = m.asked()
	}
	oldest := dirs[0]
	for _, id := range dirs {
		oldest = min(oldest, id)
	}
	if len(dirs) != maxMissed || oldest != maxMissed/2 {
		t.Errorf("%d directories from %d on are remembered, want the last %d", len(dirs), oldest, maxMissed)
	}
}

func TestOneDirectoryOfManyLeavesOne(t *testing.T) {
	const n = 10_000
	for step := engine.ID(1); step < 70; step++ {
		left, missed, last := 0, 0, 0
		for i := range n {
			if leavesOne(entityDir{id: 1000 + engine.ID(i)*step}) {
				left++
				missed += (i - last) / credit
				last = i
			}
		}
		if left < n/probe*8/10 || left > n/probe*12/10 || missed > 3 {
			t.Errorf("with ids %d apart, %d of %d directories leave out a file, and %d times none did for long", step, left, n, missed)
		}
	}
}
