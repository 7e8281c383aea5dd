package casfile

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// sample is a store with two packs and a journal, and what is in it.
type sample struct {
	dir    string
	covers int64 // how much of the journal has an index
	blocks []cas.Block
	main   []cid.Cid // where main pointed after each record of the journal, the first one included
	ends   []int64   // of those records
	in     map[string][]cas.Block
}

// newSample makes an index of the first half of the journal when it is asked to.
func newSample(t *testing.T, indexed bool) sample {
	t.Helper()
	s := sample{dir: newStore(t), in: map[string][]cas.Block{}}
	store, err := open(t.Context(), s.dir, Options{PackSize: 1100}, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	old := cid.Undef
	for n := 0; len(store.packs) < 2 || len(s.ends) < 5; n += 2 {
		blocks := []cas.Block{block(n), block(n + 1)}
		if len(store.packs) == 2 {
			store.limits.pack = 1 << 20
			if indexed && len(s.ends) == 2 {
				store.limits.checkpoint = 1
			}
		}
		file := filepath.Base(store.journal.path)
		if file == "journal" && len(store.packs) < 2 {
			file = filepath.Base(numbered("", store.journal.id.number, 0, ".pack"))
		}
		if err := store.Commit(t.Context(), blocks, "heads/main", old, blocks[1].CID()); err != nil {
			t.Fatal(err)
		}
		old = blocks[1].CID()
		s.blocks = append(s.blocks, blocks...)
		s.in[file] = append(s.in[file], blocks...)
		if len(store.packs) == 2 {
			s.ends, s.main = append(s.ends, store.journal.mark.end), append(s.main, old)
		}
		if s.covers == 0 && store.journal.idx != nil {
			s.covers, store.limits.checkpoint = store.indexed(), 1<<20
		}
	}
	return s
}

// with copies the sample and changes one file of the copy; nil removes it.
func (s sample) with(t *testing.T, name string, change func([]byte) []byte) string {
	t.Helper()
	dir := tempDir(t)
	if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		s.change(t, dir, name, change)
	} else if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// change makes a file of a copy what it is in the sample, but changed.
func (s sample) change(t *testing.T, dir, name string, change func([]byte) []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), change(mustRead(t, s.dir, name)), 0o666); err != nil {
		t.Fatal(err)
	}
}

func (s sample) size(t *testing.T, name string) int {
	t.Helper()
	info, err := os.Stat(filepath.Join(s.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Size())
}

// isCorrupt tells whether that err is a *cas.CorruptError that names file.
func isCorrupt(t *testing.T, err error, file string) bool {
	t.Helper()
	var corrupt *cas.CorruptError
	return errors.As(err, &corrupt) && strings.Contains(corrupt.Path, filepath.FromSlash(file)) && !errors.Is(err, cas.ErrNotFound)
}

// reads gets every block and checks that it is right or corrupt in file. It
// returns how many were corrupt.
func (s sample) reads(t *testing.T, store *Store, file string) (corrupt int) {
	t.Helper()
	for _, b := range s.blocks {
		got, err := store.Get(t.Context(), b.CID())
		switch {
		case err == nil && string(got.Data()) == string(b.Data()):
		case err == nil:
			t.Fatalf("Get(%s) returned other bytes", b.CID())
		case isCorrupt(t, err, file):
			corrupt++
		default:
			t.Fatalf("Get: %v, want an error that says that %s is corrupt", err, file)
		}
	}
	return corrupt
}

func flip(i int, bit byte) func([]byte) []byte {
	return func(b []byte) []byte {
		b[i] ^= bit
		return b
	}
}

// TestFlippedBits damages each byte of each file in turn. What is read is right
// or said to be corrupt, by file and offset; nothing is silently missing.
func TestFlippedBits(t *testing.T) {
	plain, indexed := newSample(t, false), newSample(t, true)
	for name, s := range map[string]sample{
		"packs/00000001.pack": plain,
		"packs/00000002.idx":  plain,
		"packs/00000003.idx":  indexed, // of the journal
		"journal":             plain,
		"journal/":            indexed,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			name := strings.TrimSuffix(name, "/")
			last := s.size(t, name) // what is at the end of a journal may be taken for torn
			if name == "journal" {
				last = int(s.ends[len(s.ends)-2])
			}
			dir := s.with(t, name, flip(0, 0))
			for i := range last {
				s.change(t, dir, name, flip(i, 1<<(i%8)))
				s.testFlip(t, dir, name, i)
			}
		})
	}
}

func (s sample) testFlip(t *testing.T, dir, name string, i int) {
	store, err := open(t.Context(), dir, Options{ReadOnly: true}, quickDisk{})
	if err != nil {
		if name != "journal" || i >= fileHead || !isCorrupt(t, err, name) {
			t.Fatalf("byte %d of %s: open: %v", i, name, err)
		}
		return
	}
	defer store.Close()
	corrupt := s.reads(t, store, name)
	if limit := len(s.in[filepath.Base(name)]); !strings.HasSuffix(name, ".idx") && corrupt > limit {
		t.Errorf("byte %d of %s: %d blocks are corrupt, and only %d are in the file", i, name, corrupt, limit)
	}
	id, err := store.Ref(t.Context(), "heads/main")
	right := id == s.main[len(s.main)-1]
	if name == "journal" && int64(i) < s.covers { // it need not be noticed before the block is read
		right = right || isCorrupt(t, err, name)
	} else if name == "journal" {
		right = isCorrupt(t, err, name)
	}
	if !right {
		t.Fatalf("byte %d of %s: main points at %v, %v", i, name, id, err)
	}
	listed, listErr := 0, error(nil)
	for _, err := range store.All(t.Context()) {
		if listErr = err; err == nil {
			listed++
		}
	}
	if listed < len(s.blocks) && !isCorrupt(t, listErr, name) {
		t.Fatalf("byte %d of %s: All lists %d of %d blocks, then %v", i, name, listed, len(s.blocks), listErr)
	}
}

// TestTornJournal cuts the journal at each byte, and puts garbage behind the
// cut: everything up to the last whole record is there, and the store goes on.
func TestTornJournal(t *testing.T) {
	s := newSample(t, false)
	for name, garbage := range map[string]string{
		"cut":     "",
		"zeros":   string(make([]byte, 500)),
		"garbage": strings.Repeat("\xa5\x5a garbage", 30),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.testNoFirst(t, int(s.ends[0])-1, garbage)
			s.testNoFirst(t, fileHead, garbage)
			dir := s.with(t, "journal", flip(0, 0))
			for cut := int(s.ends[0]); cut <= s.size(t, "journal"); cut++ {
				torn := func(b []byte) []byte { return append(b[:cut:cut], garbage...) }
				s.change(t, dir, "journal", torn)
				s.testTorn(t, dir, cut, 0) // reading changes nothing
				if cut%7 == 0 {
					s.testTorn(t, s.with(t, "journal", torn), cut, 3) // writing cuts the torn end off
				}
			}
		})
	}
}

// testNoFirst cuts into the first record, which a journal never is without.
func (s sample) testNoFirst(t *testing.T, cut int, garbage string) {
	dir := s.with(t, "journal", func(b []byte) []byte { return append(b[:cut:cut], garbage...) })
	store, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := store.Ref(t.Context(), "heads/main"); !isCorrupt(t, err, "journal") {
		t.Errorf("cut at %d: Ref: %v", cut, err)
	}
	if err := store.Put(t.Context(), []cas.Block{block(9000)}); !isCorrupt(t, err, "journal") {
		t.Errorf("cut at %d: Put: %v", cut, err)
	}
}

func (s sample) testTorn(t *testing.T, dir string, cut, steps int) {
	whole := 0 // records of the journal that are left
	for whole < len(s.ends) && s.ends[whole] <= int64(cut) {
		whole++
	}
	blocks := s.blocks[:len(s.blocks)-2*(len(s.ends)-whole)]
	h := &history{n: 5000, acked: slices.Clip(blocks), refs: []cid.Cid{s.main[whole-1]}}
	for range 2 {
		store, err := openTiny(t, dir, quickDisk{})
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		h.holds(t, store)
		if steps == 0 {
			store.Close()
			return
		}
		for range steps {
			h.step(t, store)
			info, err := os.Stat(filepath.Join(dir, "journal"))
			if end := store.journal.mark.end; err != nil || info.Size() != end {
				t.Fatalf("cut at %d: the journal has %d bytes, and records up to %d", cut, info.Size(), end)
			}
		}
		store.Close()
	}
}
