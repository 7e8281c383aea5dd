package casfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/dhfs/dhfs/cas"
)

// TestTruncatedPack cuts a pack at each length: what is left can be read, the
// rest is said to be corrupt, and can be stored again.
func TestTruncatedPack(t *testing.T) {
	const name = "packs/00000001.pack"
	s := newSample(t, false)
	inPack := s.in[filepath.Base(name)]
	for _, idx := range []bool{true, false} {
		for _, cut := range s.cuts(t, name) {
			dir := s.with(t, name, func(b []byte) []byte { return b[:cut] })
			if !idx {
				if err := os.Remove(filepath.Join(dir, "packs/00000001.idx")); err != nil {
					t.Fatal(err)
				}
			}
			store, err := openTiny(t, dir, quickDisk{})
			if err != nil {
				t.Fatal(err)
			}
			if n := s.reads(t, store, name); n == 0 || n > len(inPack) {
				t.Errorf("cut at %d: %d blocks are corrupt, and %d are in the pack", cut, n, len(inPack))
			}
			if err := store.Put(t.Context(), inPack); err != nil {
				t.Errorf("cut at %d: Put: %v", cut, err)
			}
			if n := s.reads(t, store, name); n > 0 {
				t.Errorf("cut at %d: %d blocks are corrupt although they were stored again", cut, n)
			}
			store.Close()
		}
	}
}

// cuts are places all over a pack, and where its records end.
func (s sample) cuts(t *testing.T, name string) (cuts []int) {
	for cut := 0; cut < s.size(t, name); cut += 11 {
		cuts = append(cuts, cut)
	}
	data := mustRead(t, s.dir, name)
	for off := fileHead; off < len(data); off += recordHead + int(binary.LittleEndian.Uint32(data[off+4:])) {
		cuts = append(cuts, off)
	}
	return cuts
}

// TestLostFiles removes or spoils whole files.
func TestLostFiles(t *testing.T) {
	s := newSample(t, false)
	short := func(b []byte) []byte { return b[:len(b)/2] }
	longer := func(b []byte) []byte { return append(b, "some more"...) }
	empty := func([]byte) []byte { return nil }
	for name, test := range map[string]struct {
		file    string
		change  func([]byte) []byte
		corrupt bool // else nothing is lost
	}{
		"no pack":       {"packs/00000002.pack", nil, true},
		"no index":      {"packs/00000002.idx", nil, false},
		"short index":   {"packs/00000002.idx", short, false},
		"long index":    {"packs/00000002.idx", longer, false},
		"empty index":   {"packs/00000002.idx", empty, false},
		"foreign index": {"packs/00000002.idx", func([]byte) []byte { return mustRead(t, s.dir, "packs/00000001.idx") }, false},
		"foreign pack":  {"packs/00000002.pack", func([]byte) []byte { return mustRead(t, s.dir, "packs/00000001.pack") }, true},
		"long pack":     {"packs/00000002.pack", longer, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := s.with(t, test.file, test.change)
			store, err := openTiny(t, dir, quickDisk{})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			if n := s.reads(t, store, test.file); (n > 0) != test.corrupt {
				t.Errorf("%d blocks are corrupt", n)
			}
			_, err = store.Get(t.Context(), block(7777).CID())
			if damaged := test.corrupt || name == "long pack"; damaged != isCorrupt(t, err, test.file) || damaged == errors.Is(err, cas.ErrNotFound) {
				t.Errorf("Get of a block that never was: %v", err)
			}
			if err := store.Put(t.Context(), []cas.Block{block(8888)}); err != nil {
				t.Errorf("Put: %v", err)
			}
			if st, err := store.Stats(t.Context()); err != nil || st.Delayed != nil {
				t.Errorf("Stats = %+v, %v", st, err)
			}
			if filepath.Ext(test.file) == ".idx" && !bytes.Equal(mustRead(t, dir, test.file), mustRead(t, s.dir, test.file)) {
				t.Error("the index was not made again")
			}
		})
	}
}

func mustRead(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestCutJournal cuts the journal where its index says that there was more.
func TestCutJournal(t *testing.T) {
	s := newSample(t, true)
	dir := s.with(t, "journal", func(b []byte) []byte { return b[:s.covers-1] })
	store, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if n := s.reads(t, store, "journal"); n == 0 {
		t.Error("nothing was missed")
	}
	if _, err := store.Ref(t.Context(), "heads/main"); !isCorrupt(t, err, "journal") {
		t.Errorf("Ref: %v", err)
	}
	if err := store.Put(t.Context(), []cas.Block{block(8888)}); !isCorrupt(t, err, "journal") {
		t.Errorf("Put: %v", err)
	}
}

func TestNoJournal(t *testing.T) {
	s := newSample(t, false)
	if _, err := open(t.Context(), s.with(t, "journal", nil), Options{}, quickDisk{}); !isCorrupt(t, err, "journal") {
		t.Errorf("open: %v", err)
	}
}

// TestIndexCutWhileOpen takes away the file under a mapping: an error, no crash.
func TestIndexCutWhileOpen(t *testing.T) {
	s := newSample(t, false)
	store, err := open(t.Context(), s.dir, Options{}, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, name := range []string{"packs/00000001.idx", "packs/00000002.idx"} {
		if err := os.Truncate(filepath.Join(s.dir, name), 0); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.reads(t, store, "packs"); n == 0 {
		t.Error("nothing was missed")
	}
}
