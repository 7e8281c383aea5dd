package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
)

// setRef points a new ref at a commit.
func setRef(t *testing.T, s cas.Refs, name string, id cid.Cid) {
	t.Helper()
	if err := s.SetRef(t.Context(), name, cid.Undef, id); err != nil {
		t.Fatal(err)
	}
}

func TestResolveRevs(t *testing.T) {
	s := cas.NewMemory()
	commits := line(t, s, 3000) // from 1970-01-01 to 1970-01-03T02:00
	setRef(t, s, "heads/main", commits[3000].ID)
	setRef(t, s, "heads/fix", commits[2000].ID)
	setRef(t, s, "tags/v1.0", commits[1000].ID)
	now := time.Date(1970, 1, 3, 15, 0, 0, 0, time.FixedZone("", 3600))
	id := commits[7].ID.String()
	for rev, want := range map[string]uint64{
		"": 3000, "head": 3000, "main": 3000, "fix": 2000, "v1.0": 1000, "heads/fix": 0,
		"t0": 0, "t42": 42, "main~0": 3000, "main~3": 2997, "~": 2999, "~~2": 2997, "v1.0~1000": 0, "t5~2": 3,
		"1970-01-01": 1439, "1970-01-02": 2879, "1970-01-03": 3000, "2026-11-01": 3000, "yesterday": 2879, "today": 3000,
		"1970-01-01T120000Z": 720, "1970-01-01T12:00:00Z": 720, "1970-01-01T12:00:30.5Z": 720, "1970-01-01T13:00+01:00": 720, "1970-01-01T115959Z": 719,
		id: 7, strings.TrimPrefix(id, "bafyrei"): 7, id[:24]: 7, id[7:20]: 7,
	} {
		c, err := Resolve(t.Context(), s, rev, now)
		if rev == "heads/fix" {
			if err == nil {
				t.Errorf("%s is %d", rev, c.T)
			}
			continue
		}
		if err != nil || c.T != want {
			t.Errorf("%q is %d, %v; want %d", rev, c.T, err, want)
		}
	}
}

func TestResolveSaysWhatIsNear(t *testing.T) {
	s := cas.NewMemory()
	commits := line(t, s, 10)
	if _, err := Resolve(t.Context(), s, "", time.Now()); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("no branch: %v", err)
	}
	setRef(t, s, "heads/feature", commits[10].ID)
	if c, err := Resolve(t.Context(), s, "head", time.Now()); err != nil || c.T != 10 {
		t.Errorf("the only branch: %d, %v", c.T, err)
	}
	setRef(t, s, "heads/other", commits[9].ID)
	for rev, want := range map[string]string{
		"":           "name one of feature, other",
		"featrue":    "did you mean feature?",
		"zzz":        "there are feature, other",
		"feature~11": `"feature" has only 10 commits before it`,
		"feature~x":  `"x" is not a number of commits`,
		"t11":        "name one of",
		"abcdefgh":   "not a branch, tag, t, day, time or commit",
	} {
		_, err := Resolve(t.Context(), s, rev, time.Now())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", rev, err, want)
		}
	}
	setRef(t, s, "heads/main", commits[5].ID)
	for rev, want := range map[string]string{
		"t6":         "the newest is t5",
		"1969-12-31": "the first is of 1970-01-01T00:00:00Z",
		cas.NewBlock(cas.DagCBOR, []byte{1}).CID().String(): "not found",
	} {
		_, err := Resolve(t.Context(), s, rev, time.Now())
		if !errors.Is(err, cas.ErrNotFound) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", rev, err, want)
		}
	}
}

// The times that tx data gives may lie before the making of the database.
func TestResolveTimesBeforeTheDatabase(t *testing.T) {
	ctx, s, now := t.Context(), cas.NewMemory(), time.Now()
	conn, err := Create(ctx, s, "main", Options{}, now)
	if err != nil {
		t.Fatal(err)
	}
	for year := range 40 {
		forms, err := edn.ParseAll(fmt.Sprintf(`{:db/id "datomic.tx" :db/txInstant #inst "%d-07-01"}`, 1980+year))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Transact(ctx, forms, Meta{}); err != nil {
			t.Fatal(err)
		}
	}
	for rev, want := range map[string]uint64{"1980-07-01": 1, "1981-06-30": 1, "1999-12-31": 20, "2019-06-30": 39, "today": 40} {
		if c, err := Resolve(ctx, s, rev, now); err != nil || c.T != want {
			t.Errorf("%s is %d, %v; want %d", rev, c.T, err, want)
		}
	}
	if _, err := Resolve(ctx, s, "1980-06-30", now); !errors.Is(err, cas.ErrNotFound) || !strings.Contains(err.Error(), "the first is of 1980-07-01T00:00:00Z") {
		t.Error(err)
	}
}

func TestResolveRefusesOtherBlocks(t *testing.T) {
	s := cas.NewMemory()
	leaf := cas.NewBlock(cas.DagCBOR, []byte{0x80})
	raw := cas.NewBlock(cas.Raw, []byte("text"))
	if err := s.Put(t.Context(), []cas.Block{leaf, raw}); err != nil {
		t.Fatal(err)
	}
	for _, b := range []cas.Block{leaf, raw} {
		if _, err := Resolve(t.Context(), s, b.CID().String(), time.Now()); !errors.Is(err, errNoCommit) {
			t.Errorf("%s: %v", b.CID(), err)
		}
	}
}
