package datahike

import (
	"context"
	"errors"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// Every store becomes a database with all of its past, which Import compares datom by datom; a second time nothing comes.
func TestImport(t *testing.T) {
	ctx := context.Background()
	for _, name := range stores {
		t.Run(name, func(t *testing.T) {
			s, dump := realStore(t, name)
			dst := cas.NewMemory()
			first, err := Import(ctx, dst, s, ImportOptions{})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", first)
			if want := len(dump("branches").Items()); len(first.Branches) != want {
				t.Errorf("%d branches, want %d", len(first.Branches), want)
			}
			again, err := Import(ctx, dst, s, ImportOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if again.Transactions != 0 || again.Before == 0 || len(again.Branches) != len(first.Branches) {
				t.Errorf("again: %+v", again)
			}
		})
	}
}

// A branch that was written to is left alone.
func TestImportConflict(t *testing.T) {
	ctx := context.Background()
	s, _ := realStore(t, "small")
	dst := cas.NewMemory()
	if _, err := Import(ctx, dst, s, ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	c, err := engine.Connect(ctx, dst, "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Transact(ctx, nil, engine.Meta{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Import(ctx, dst, s, ImportOptions{}); !errors.Is(err, cas.ErrConflict) {
		t.Errorf("got %v", err)
	}
}

// What was merged comes over with its branch gone, and leaves no branch behind.
func TestImportOfMergedBranch(t *testing.T) {
	ctx := context.Background()
	files := copied(t, "branches")
	w := newWriter()
	w.Branches(MainBranch)
	for name, f := range w.Files {
		files[name] = f
	}
	dst := cas.NewMemory()
	done, err := Import(ctx, dst, New(files, "branches"), ImportOptions{})
	if err != nil || len(done.Branches) != 1 || done.Transactions != 9 {
		t.Fatalf("%+v, %v", done, err)
	}
	refs, err := dst.Refs(ctx)
	if err != nil || len(refs) != 1 || refs[0].Name != "heads/main" {
		t.Errorf("refs %v, %v", refs, err)
	}
	merges := 0
	for c, err := range engine.History(ctx, dst, []cid.Cid{done.Branches[0].Commit}) {
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Parents) > 1 {
			merges++
		}
	}
	if want := mergesOf(t, "branches"); merges != want {
		t.Errorf("%d commits with several parents, want %d", merges, want)
	}
	if again, err := Import(ctx, dst, New(files, "branches"), ImportOptions{}); err != nil || again.Transactions != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// mergesOf counts the commits that Datahike says have several parents.
func mergesOf(t *testing.T, name string) int {
	t.Helper()
	_, dump := realStore(t, name)
	merges := map[string]bool{}
	for _, c := range dump("commits").Items() {
		meta := get(c, "meta")
		if len(get(meta, "datahike/parents").Items()) > 1 {
			merges[get(meta, "datahike/commit-id").String()] = true
		}
	}
	if len(merges) == 0 {
		t.Fatal("no merges")
	}
	return len(merges)
}
