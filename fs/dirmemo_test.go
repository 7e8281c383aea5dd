package fs

import (
	"context"
	"testing"
	"time"

	"github.com/dhfs/dhfs/engine"
)

func TestDirectoriesThatWereListedAreRemembered(t *testing.T) {
	at := time.UnixMilli(1_800_000_000_000)
	c := &commit{instants: map[uint64]time.Time{3: at}}
	stat := func(d entityDir) Stat {
		s, err := d.Stat(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	listed := entityDir{c: c, id: 70, kind: "person", name: engine.Name{ID: 70, Newest: 3, Digest: 99}}
	want := stat(listed)
	listed.name = engine.Name{} // the commit has no database: looking up would fail
	if got := stat(listed); got != want || !got.MTime.Equal(at) {
		t.Errorf("stat is %+v, and was %+v", got, want)
	}
	if _, ok := c.dirs.get(70 + maxDirs); ok {
		t.Error("another entity is taken for the one that has its place")
	}
	c.dirs.put(dirShows{id: 70 + maxDirs})
	if _, ok := c.dirs.get(70); ok {
		t.Error("two entities have one place")
	}
}
