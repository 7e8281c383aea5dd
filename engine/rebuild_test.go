package engine

import (
	"errors"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
)

func TestRebuild(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(80)
	w.must(`[{:person/id "large" :person/tag "` + strings.Repeat("large ", 400) + `"}]`)
	w.must(`[[:db.purge/entity [:person/id "p7"]]]`)
	w.write(30)
	head := w.conn.dbNow(t)
	told := 0
	done, err := Rebuild(w.ctx, w.store, head.Commit(), func(n, of int) { told = of - n })
	if want := (Rebuilt{Transactions: 113, Purges: 1}); err != nil || done != want || told != 0 {
		t.Errorf("%+v, %v, want %+v", done, err, want)
	}

	// A commit that says another root than its log leads to.
	forged := head.s.commit
	forged.Root = w.roots[100].Root()
	b := forged.block()
	if err := w.store.Put(w.ctx, []cas.Block{b}); err != nil {
		t.Fatal(err)
	}
	var corrupt *cas.CorruptError
	if _, err := Rebuild(w.ctx, w.store, b.CID(), nil); !errors.As(err, &corrupt) || corrupt.CID != b.CID() {
		t.Errorf("a forged root: %v", err)
	}

	// One whose trees are whole and sound, and of another database.
	forged = head.s.commit
	forged.Base, forged.Tail = w.roots[83].s.commit.Base, 0
	forged.Root = forged.Base
	b = forged.block()
	if err := w.store.Put(w.ctx, []cas.Block{b}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.fresh(b.CID()); err != nil {
		t.Fatalf("what is forged can be told without the log: %v", err)
	}
	if _, err := Rebuild(w.ctx, w.store, b.CID(), nil); !errors.As(err, &corrupt) || corrupt.CID != b.CID() {
		t.Errorf("a forged base: %v", err)
	}

	w.gc(Retention{Last: 5})
	done, err = Rebuild(w.ctx, w.store, head.Commit(), nil)
	if err != nil || done.From < 60 || done.Transactions+int(done.From) != 113 {
		t.Errorf("after a gc: %+v, %v", done, err)
	}
}
