package datahike

import (
	"context"
	"errors"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
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
