package casfile

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

var update = flag.Bool("update", false, "write testdata/golden anew: only together with a new format version")

const golden = "testdata/golden"

// goldenBlocks are what is in testdata/golden. The third compresses.
func goldenBlocks() []cas.Block {
	return []cas.Block{
		cas.NewBlock(cas.Raw, []byte("a value\n")),
		cas.NewBlock(cas.DagCBOR, []byte("\xa1\x61a\x01")),
		cas.NewBlock(cas.Raw, []byte(strings.Repeat("said once and again ", 30))),
	}
}

// writeGolden makes the store that testdata/golden is. Of what it writes the
// first pack and its index do not depend on chance, nor on how zstd compresses.
func writeGolden(t *testing.T, dir string) {
	t.Helper()
	first := identity{number: 1, salt: [16]byte([]byte("sixteen bytes..."))}
	if err := lay(t.Context(), dir, first, quickDisk{}); err != nil {
		t.Fatal(err)
	}
	s, err := open(t.Context(), dir, Options{}, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := goldenBlocks()
	if err := s.Commit(t.Context(), b[:2], "heads/main", cid.Undef, b[1].CID()); err != nil {
		t.Fatal(err)
	}
	s.limits.pack = 1
	if err := s.SetRef(t.Context(), "tags/v1", cid.Undef, b[0].CID()); err != nil {
		t.Fatal(err)
	}
	s.limits.pack = 1 << 20
	if err := s.Put(t.Context(), b[2:]); err != nil {
		t.Fatal(err)
	}
	if err := s.SetRef(t.Context(), "tags/v1", b[0].CID(), cid.Undef); err != nil {
		t.Fatal(err)
	}
}

func TestGoldenWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	writeGolden(t, dir)
	if *update {
		if err := errors.Join(os.RemoveAll(golden), os.CopyFS(golden, os.DirFS(dir))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"format", "packs/00000001.pack", "packs/00000001.idx"} {
		if got, want := mustRead(t, dir, name), mustRead(t, golden, name); !bytes.Equal(got, want) {
			t.Errorf("%s is\n%q\nwant\n%q", name, got, want)
		}
	}
	if lock := mustRead(t, dir, "lock"); len(lock) != 1+floorSize || lock[0] != appendIdle { // the floor has the file's number
		t.Errorf("lock is %q", lock)
	}
}

func TestGoldenRead(t *testing.T) {
	for name, drop := range map[string]string{"": "", "without index": "packs/00000001.idx"} {
		t.Run(name, func(t *testing.T) {
			dir := golden
			if drop != "" {
				dir = sample{dir: golden}.with(t, drop, nil)
			}
			s, err := Open(t.Context(), dir, Options{ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			h := &history{acked: goldenBlocks(), refs: []cid.Cid{goldenBlocks()[1].CID()}}
			h.holds(t, s)
			refs, err := s.Refs(t.Context())
			if want := []cas.Ref{{Name: "heads/main", CID: h.refs[0]}}; err != nil || !slices.Equal(refs, want) {
				t.Errorf("Refs = %v, %v", refs, err)
			}
		})
	}
}
