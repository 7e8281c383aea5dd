package cass3

import (
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cascache"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// A process that has a branch from the disk cache finds its leaves at once; without what is kept with it, an index has to be read first.
func TestHintsBehindCache(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	s := create(t, url, Options{Alone: true})
	var leaves []cas.Block
	var ids []cid.Cid
	for i := range 400 { // so many that an index is more than what is read along
		b := castest.Raw(uint64(i))
		leaves, ids = append(leaves, b), append(ids, b.CID())
	}
	branch := castest.Node(1, ids...)
	if err := s.Put(t.Context(), leaves[:200]); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), append(leaves[200:], branch)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	behind := func(w *wire, name string) cas.Getter {
		t.Helper()
		c, err := cascache.Open(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		far := again(t, url, Options{Transport: w})
		w.take()
		return c.Over(far, name)
	}
	get := func(g cas.Getter, b cas.Block) {
		t.Helper()
		if got, err := g.Get(t.Context(), b.CID()); err != nil || string(got.Data()) != string(b.Data()) {
			t.Fatal(err)
		}
	}
	w := newWire()
	get(behind(w, url), branch)
	w.take()
	for _, b := range []cas.Block{leaves[7], leaves[391]} {
		g := behind(w, url)
		get(g, branch)
		if n := w.take(); n.get > 0 {
			t.Fatalf("the branch is not in the cache: %s", n)
		}
		get(g, b)
		if n := w.take(); n.get != 1 || n.list > 0 {
			t.Errorf("a leaf below it: %s", n)
		}
	}
	// What is kept is of one store: to another it would be wrong.
	g := behind(w, "s3://another/place")
	get(g, branch)
	get(g, leaves[50])
	if n := w.take(); n.get < 2 {
		t.Errorf("without hints: %s", n)
	}
}

func TestHintsThatAreNone(t *testing.T) {
	t.Parallel()
	s := create(t, fakeURL(fake(t, nil)), Options{Alone: true})
	b := castest.Node(1, castest.Raw(1).CID())
	for _, hints := range [][]byte{nil, {}, {0}, {9, 1, 1}, {hintsVersion}, {hintsVersion, 2, 0, 0}, {hintsVersion, 1, 5, 2}, {hintsVersion, 1, 5, 0, 0}} {
		s.Learn(b, hints)
		if at := s.where(castest.Raw(1).CID()); at.pack != (packID{}) {
			t.Errorf("%v was learned", hints)
		}
	}
}
