package casfile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
)

// asFound decides that refs stay where they were found, and keeps what it was told.
func asFound(loss *Loss) func(Loss) ([]cas.Ref, error) {
	return func(l Loss) ([]cas.Ref, error) {
		*loss = l
		var refs []cas.Ref
		for _, r := range l.Refs {
			refs = append(refs, r.Ref)
		}
		return refs, nil
	}
}

// TestRecoverFlippedBits flips a bit all over the journal: what is whole is there afterwards, refs that are said to be sure are right, what was
// damaged is said, and the damaged file is kept.
func TestRecoverFlippedBits(t *testing.T) {
	for name, s := range map[string]sample{"plain": newSample(t, false), "indexed": newSample(t, true)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := 0; i < s.size(t, "journal"); i += 5 {
				s.testRecoverFlip(t, i)
			}
		})
	}
}

func (s sample) testRecoverFlip(t *testing.T, i int) {
	t.Helper()
	dir := s.with(t, "journal", flip(i, 1<<(i%8)))
	flipped := mustRead(t, dir, "journal")
	last := s.ends[len(s.ends)-2] // behind it, damage is taken for a torn append
	var loss Loss
	aside, err := recoverJournal(t.Context(), dir, quickDisk{}, asFound(&loss))
	switch {
	case err != nil:
		t.Fatalf("byte %d: %v", i, err)
	case aside == "" && int64(i) < last:
		t.Fatalf("byte %d: the damage is not noticed", i)
	case aside == "":
		if !bytes.Equal(mustRead(t, dir, "journal"), flipped) {
			t.Fatalf("byte %d: nothing is damaged, and the journal was changed", i)
		}
		return
	}
	if !bytes.Equal(mustRead(t, filepath.Dir(aside), filepath.Base(aside)), flipped) {
		t.Fatalf("byte %d: %s is not what the journal was", i, aside)
	}
	if want := i >= fileHead && int64(i) >= s.covers; loss.RefsLost != want {
		t.Fatalf("byte %d: refs may be lost: %v, want %v; %v", i, loss.RefsLost, want, loss.Damage)
	}
	main := slices.IndexFunc(loss.Refs, func(r LossyRef) bool { return r.Name == "heads/main" })
	if main < 0 || loss.Refs[main].CID != s.main[len(s.main)-1] || !loss.Refs[main].Sure {
		t.Fatalf("byte %d: %+v, and main was at %s", i, loss.Refs, s.main[len(s.main)-1])
	}
	s.testRecovered(t, dir, 2)
}

// testRecovered checks a recovered store in which so many blocks may be missing, and stores these again.
func (s sample) testRecovered(t *testing.T, dir string, most int) {
	t.Helper()
	store, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if missing := s.missing(t, store); len(missing) > most {
		t.Fatalf("%d blocks are missing", len(missing))
	} else if err := store.Put(t.Context(), missing); err != nil {
		t.Fatal(err)
	}
	if missing := s.missing(t, store); len(missing) > 0 {
		t.Fatalf("%d blocks are missing although they were stored again", len(missing))
	}
	old, err := store.Ref(t.Context(), "heads/main")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Commit(t.Context(), []cas.Block{block(9999)}, "heads/main", old, block(9999).CID()); err != nil {
		t.Fatal(err)
	}
	for _, err := range store.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// missing is the sample's blocks that are not there. None may be damaged.
func (s sample) missing(t *testing.T, store *Store) (blocks []cas.Block) {
	t.Helper()
	for _, b := range s.blocks {
		got, err := store.Get(t.Context(), b.CID())
		switch {
		case errors.Is(err, cas.ErrNotFound):
			blocks = append(blocks, b)
		case err != nil:
			t.Fatal(err)
		case !bytes.Equal(got.Data(), b.Data()):
			t.Fatalf("%s has other bytes", b.CID())
		}
	}
	return blocks
}

// TestRecoverLost has a journal that is gone, one of which nothing can be told, and one that is cut before its first record: refs are as the pack before it has them.
func TestRecoverLost(t *testing.T) {
	s := newSample(t, false)
	inJournal := len(s.in["journal"])
	before := s.blocks[len(s.blocks)-inJournal-1].CID() // where main was when the journal began
	for name, change := range map[string]func([]byte) []byte{
		"missing":  nil,
		"empty":    func([]byte) []byte { return nil },
		"rubbish":  func(b []byte) []byte { return bytes.Repeat([]byte("rubbish "), 100) },
		"headless": func(b []byte) []byte { clear(b[:fileHead]); return b },
		"beheaded": func(b []byte) []byte { return b[:fileHead+20] },
	} {
		t.Run(name, func(t *testing.T) {
			dir := s.with(t, "journal", change)
			var loss Loss
			aside, err := recoverJournal(t.Context(), dir, quickDisk{}, asFound(&loss))
			if err != nil || (aside == "") != (change == nil) {
				t.Fatalf("%q, %v", aside, err)
			}
			if len(loss.Refs) != 1 || loss.Refs[0].CID != before || loss.Refs[0].Sure || !loss.RefsLost || loss.Records != 0 {
				t.Fatalf("%+v, and main was at %s", loss, before)
			}
			s.testRecovered(t, dir, inJournal)
		})
	}
}

// TestRecoverWhole has nothing to do: torn ends are none of its business.
func TestRecoverWhole(t *testing.T) {
	s := newSample(t, true)
	for name, change := range map[string]func([]byte) []byte{
		"whole": flip(0, 0),
		"torn":  func(b []byte) []byte { return append(b, "the beginning of a record"...) },
	} {
		dir := s.with(t, "journal", change)
		aside, err := recoverJournal(t.Context(), dir, quickDisk{}, func(Loss) ([]cas.Ref, error) {
			t.Errorf("%s: asked where refs are to point", name)
			return nil, nil
		})
		if err != nil || aside != "" {
			t.Errorf("%s: %q, %v", name, aside, err)
		}
	}
}

// TestRecoverDecides has refs set as was decided, and nothing written when nobody decides.
func TestRecoverDecides(t *testing.T) {
	s := newSample(t, false)
	dir := s.with(t, "journal", flip(int(s.ends[1])+30, 4))
	before := mustRead(t, dir, "journal")
	if _, err := recoverJournal(t.Context(), dir, quickDisk{}, func(Loss) ([]cas.Ref, error) { return nil, errFault }); !errors.Is(err, errFault) {
		t.Fatal(err)
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 4 || !bytes.Equal(mustRead(t, dir, "journal"), before) {
		t.Fatalf("%v, %v: something was written", names, err)
	}
	want := []cas.Ref{{Name: "heads/main", CID: s.main[0]}, {Name: "tags/v1", CID: s.main[1]}}
	if _, err := recoverJournal(t.Context(), dir, quickDisk{}, func(Loss) ([]cas.Ref, error) { return want, nil }); err != nil {
		t.Fatal(err)
	}
	store, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if refs, err := store.Refs(t.Context()); err != nil || !slices.Equal(refs, want) {
		t.Fatalf("%v, %v", refs, err)
	}
}

// TestRecoverWhileOpen recovers a journal that another process has open: it goes on with the new one, and a writer
// who counted on what was lost begins anew.
func TestRecoverWhileOpen(t *testing.T) {
	s := newSample(t, false)
	dir := s.with(t, "journal", flip(0, 0))
	store, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	writer := store.Begin()
	s.change(t, dir, "journal", flip(int(s.ends[1])+30, 4))
	var loss Loss
	if aside, err := recoverJournal(t.Context(), dir, quickDisk{}, asFound(&loss)); err != nil || aside == "" {
		t.Fatalf("%q, %v", aside, err)
	}
	last := s.main[len(s.main)-1]
	if err := writer.SetRef(t.Context(), "heads/main", last, s.main[0]); !errors.Is(err, cas.ErrConflict) {
		t.Errorf("a writer who began before: %v", err)
	}
	if id, err := store.Ref(t.Context(), "heads/main"); err != nil || id != last {
		t.Errorf("main is at %s, %v", id, err)
	}
	if err := store.SetRef(t.Context(), "heads/main", last, s.main[len(s.main)-2]); err != nil {
		t.Error(err)
	}
}

// TestRecoverFaults fails at each operation of a recovery in turn: the damaged journal or the new one is there, and done again it succeeds.
func TestRecoverFaults(t *testing.T) {
	s := newSample(t, false)
	change := flip(int(s.ends[1])+30, 4)
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				dir := s.with(t, "journal", change)
				flipped := mustRead(t, dir, "journal")
				d := newFaultyDisk(n, f)
				var loss Loss
				_, _ = recoverJournal(t.Context(), dir, d, asFound(&loss))
				if _, err := recoverJournal(t.Context(), dir, quickDisk{}, asFound(&loss)); err != nil {
					t.Fatalf("operation %d: again: %v", n, err)
				}
				if !bytes.Equal(mustRead(t, dir, "journal.damaged.1"), flipped) {
					t.Fatalf("operation %d: the damaged journal was not kept", n)
				}
				s.testRecovered(t, dir, 2)
				store, err := openTiny(t, dir, quickDisk{})
				if err != nil {
					t.Fatal(err)
				}
				if id, err := store.Ref(t.Context(), "heads/main"); err != nil || id != block(9999).CID() {
					t.Fatalf("operation %d: main at %s, %v", n, id, err)
				}
				store.Close()
				if !d.met() {
					if n < 10 {
						t.Fatalf("only %d operations", n)
					}
					return
				}
			}
		})
	}
}

// TestRecoverKeepsDensePacks has a store whose blocks are in a dense pack: a recovery of the journal leaves it where it is.
func TestRecoverKeepsDensePacks(t *testing.T) {
	dir := newStore(t)
	chain := castest.Chain(3, 200)
	s := gathered(t, dir, chain)
	for n := range 3 {
		if err := s.Put(t.Context(), []cas.Block{block(n)}); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	data := mustRead(t, dir, "journal")
	data[fileHead+recordHead] ^= 1
	if err := os.WriteFile(filepath.Join(dir, "journal"), data, 0o666); err != nil {
		t.Fatal(err)
	}
	var loss Loss
	if aside, err := recoverJournal(t.Context(), dir, quickDisk{}, asFound(&loss)); err != nil || aside == "" {
		t.Fatalf("%q, %v", aside, err)
	}
	again, err := open(t.Context(), dir, Options{}, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if len(again.dense) != 1 {
		t.Fatalf("%d dense packs", len(again.dense))
	}
	if _, err := again.Collect(t.Context(), true, keepAll); err != nil {
		t.Fatal(err)
	}
	for _, b := range append(chain, block(1), block(2)) {
		if _, err := again.Get(t.Context(), b.CID()); err != nil {
			t.Fatal(err)
		}
	}
}
