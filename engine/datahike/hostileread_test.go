package datahike

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/fressian"
)

// readAll reads a store in place as a mount would: refs, commits, what they did, what holds and held, and names.
func readAll(s *Store) error {
	ctx := context.Background()
	p := NewInPlace(s, nil)
	refs, err := p.Refs(ctx)
	if err != nil {
		return err
	}
	for _, r := range refs {
		var last engine.DB
		for c, err := range engine.Log(ctx, p, r.CID) {
			if err == nil {
				_, err = engine.Counted(ctx, p, c)
			}
			if err != nil {
				return err
			}
			db, err := engine.Open(ctx, p, c.ID)
			if err != nil {
				return err
			}
			for _, err := range db.History().Match(ctx, engine.Pattern{}) {
				if err != nil {
					return err
				}
			}
			kinds, err := db.Kinds(ctx)
			for _, k := range kinds {
				if _, _, err2 := db.NameRank(ctx, k.Kind, ""); err == nil {
					err = err2
				}
			}
			if err != nil {
				return err
			}
			if last.IsForeign() {
				for _, err := range engine.Diff(ctx, db, last) {
					if err != nil {
						return err
					}
				}
			}
			last = db
		}
	}
	return nil
}

// A store with a byte changed, cut off or too long somewhere is read in place or refused, with the file that is wrong, and never anything worse.
func TestDamagedInPlace(t *testing.T) {
	for _, name := range []string{"small-bf8", "fused-bf8", "attrrefs"} {
		files := copied(t, name)
		names := make([]string, 0, len(files))
		for n := range files {
			names = append(names, n)
		}
		slices.Sort(names)
		rng := rand.New(rand.NewPCG(8, 2))
		refused := 0
		for i := range *flips / 2 {
			f := files[names[rng.IntN(len(names))]]
			whole := f.Data
			f.Data = slices.Clone(whole)
			switch at := rng.IntN(len(whole)); i % 3 {
			case 0:
				f.Data = f.Data[:at]
			case 1:
				f.Data[at] ^= byte(1) << rng.IntN(8)
			case 2:
				f.Data = append(f.Data, f.Data[at:]...)
			}
			if err := readAll(New(files, "store")); err != nil {
				if refused++; isCorrupt(err) && !strings.Contains(err.Error(), ".ksv") {
					t.Errorf("%s: no file in %v", name, err)
				}
			}
			f.Data = whole
		}
		if err := readAll(New(files, "store")); err != nil || refused == 0 {
			t.Errorf("%s: %d refused; whole: %v", name, refused, err)
		}
	}
}

// FuzzStoreFile reads a store one of whose files is anything.
func FuzzStoreFile(f *testing.F) {
	w := newWriter()
	w.Factor = 3
	var now []Datom
	for e := range int64(9) {
		now = append(now, Datom{e + 1, kw("name"), "Ada", FirstTx + 1, true})
	}
	w.commit(MainBranch, FirstTx+1, nil, now, nil, fressian.Map{})
	w.Branches(MainBranch)
	names := make([]string, 0, len(w.Files))
	for name := range w.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		f.Add(uint8(i), w.Files[name].Data)
	}
	f.Fuzz(func(t *testing.T, at uint8, data []byte) {
		name := names[int(at)%len(names)]
		whole := w.Files[name].Data
		w.Files[name].Data = data
		err := readAll(New(w.Files, "store"))
		w.Files[name].Data = whole
		if isCorrupt(err) && !strings.Contains(err.Error(), ".ksv") {
			t.Errorf("no file in %v", err)
		}
	})
}

// Commits that come from each other, which no ids of contents can, end in an error.
func TestCycleOfCommits(t *testing.T) {
	w := newWriter()
	w.Last = 50
	first := w.NewID() // which the second one gets
	w.Last = 0
	one := w.commit(MainBranch, FirstTx+2, fressian.Set{first}, nil, nil, fressian.Map{})
	w.Last = 50
	w.commit(MainBranch, FirstTx+2, fressian.Set{one}, nil, nil, fressian.Map{})
	w.Branches(MainBranch)
	if err := readAll(New(w.Files, "store")); err == nil {
		t.Error("no error")
	}
}
