package datahike

import (
	"context"
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
)

var flips = flag.Int("flips", 30, "how many damaged stores are imported")

// A store with a byte changed somewhere is imported or refused, and a file that is no more what it was is named.
func TestDamagedImport(t *testing.T) {
	files := copied(t, "attrrefs")
	names := slices.Sorted(maps.Keys(files))
	rng := rand.New(rand.NewPCG(8, 1))
	refused := 0
	for range *flips {
		name := names[rng.IntN(len(names))]
		f := files[name]
		whole := f.Data
		f.Data = slices.Clone(whole)
		at, bit := rng.IntN(len(whole)), byte(1)<<rng.IntN(8)
		f.Data[at] ^= bit
		_, err := Import(context.Background(), cas.NewMemory(), New(files, "store"), ImportOptions{})
		if err != nil {
			refused++
		}
		if isCorrupt(err) && !strings.Contains(err.Error(), ".ksv") {
			t.Errorf("%s, byte %d xor %d: no file in %v", name, at, bit, err)
		}
		f.Data = whole
	}
	if refused < *flips/10 {
		t.Errorf("only %d of %d refused", refused, *flips)
	}
}

// A commit that tells of more transactions than there can be is refused before any is made.
func TestAbsurdTransactions(t *testing.T) {
	f := newFilm()
	f.commit(1 << 60)
	_, err := Import(context.Background(), cas.NewMemory(), New(f.Files, "film"), ImportOptions{})
	if err == nil || !strings.Contains(err.Error(), "transactions in one commit") {
		t.Errorf("got %v", err)
	}
}
