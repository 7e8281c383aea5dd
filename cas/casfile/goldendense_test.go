package casfile

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
)

const goldenDense = "testdata/golden-dense"

func goldenDenseBlocks() []cas.Block { return slices.Concat(goldenBlocks(), castest.Chain(1, 20)) }

// TestGoldenDense reads a dense pack of an earlier day, and checks that one that is made now differs in nothing but how zstd compresses.
func TestGoldenDense(t *testing.T) {
	dir := newStore(t)
	s := gathered(t, dir, goldenDenseBlocks())
	if *update {
		if err := errors.Join(os.RemoveAll(goldenDense), os.CopyFS(goldenDense, os.DirFS(dir))); err != nil {
			t.Fatal(err)
		}
	}
	old, err := Open(t.Context(), goldenDense, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	for _, b := range goldenDenseBlocks() {
		if got, err := old.Get(t.Context(), b.CID()); err != nil || !bytes.Equal(got.Data(), b.Data()) {
			t.Errorf("%s: %v", b.CID(), err)
		}
	}
	x, y := s.dense[0].dense, old.dense[0].dense
	if !bytes.Equal(x.buckets, y.buckets) || !bytes.Equal(x.entries, y.entries) || x.raw != y.raw || x.shift != y.shift {
		t.Errorf("the table is %+v, want %+v", x, y)
	}
	if got, want := plain(t, s), plain(t, old); !bytes.Equal(got, want) {
		t.Errorf("the group holds\n%q\nwant\n%q", got, want)
	}
}

// plain is what the first group holds before compression.
func plain(t *testing.T, s *Store) []byte {
	t.Helper()
	at := s.dense[0].dense.groups[0]
	data := mustRead(t, s.dir, "packs/1.dense")
	b, err := decompressor().DecodeAll(data[at.off+groupHead:at.off+at.size], make([]byte, 0, maxGroup))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
