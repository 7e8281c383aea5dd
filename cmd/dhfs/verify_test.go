package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
)

// overtaking is a store in which something is done when the first block is read by itself.
type overtaking struct {
	*casfile.Store
	do func()
}

func (s overtaking) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	b, err := s.Store.Get(ctx, id)
	s.do()
	return b, err
}

// TestVerifyWhileSnapshotsAreThinnedOut has verify begin, and blocks removed that it is about to look for. That is no damage; a block that is missing without having been removed is.
func TestVerifyWhileSnapshotsAreThinnedOut(t *testing.T) {
	s, err := casfile.Create(t.Context(), filepath.Join(t.TempDir(), "db"), casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := engine.Create(t.Context(), s, "main", engine.Options{SchemaOnRead: true}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 220 { // several snapshots
		forms, err := edn.ParseAll(fmt.Sprintf(`{:note/n %d}`, i))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Transact(t.Context(), forms, engine.Meta{}); err != nil {
			t.Fatal(err)
		}
	}
	removed := 0
	var once sync.Once
	thinning := overtaking{s, func() {
		once.Do(func() {
			done, err := engine.Tidy(t.Context(), s)
			if removed = done.Blocks; err != nil {
				t.Error(err)
			}
		})
	}}
	check := func(s cas.RefStore, want bool) {
		t.Helper()
		var said bytes.Buffer
		a := &app{stdio: stdio{err: &said}}
		if _, damaged, err := a.verifyBlocks(t.Context(), s, newTable("block", "what", "lost", "commits", "from", "to", "refs", "fault")); err != nil || (damaged > 0) != want {
			t.Errorf("%d blocks are damaged, %v; %s", damaged, err, said.String())
		}
	}
	check(thinning, false)
	if removed == 0 {
		t.Error("nothing was thinned out")
	}
	head, err := s.Ref(t.Context(), "heads/main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Collect(t.Context(), true, func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
		return func(id cid.Cid) bool { return id != head }, nil
	}); err != nil {
		t.Fatal(err)
	}
	check(s, true)
}
