//go:build !race

package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// TestExplainEachBlock damages blocks of each kind: what they were for is told.
func TestExplainEachBlock(t *testing.T) {
	s, line := newDamageable(t)
	refs, err := s.Refs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	told := map[string][]Damage{}
	var blocks []cid.Cid
	for id, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, id)
	}
	slices.SortFunc(blocks, func(a, b cid.Cid) int { return strings.Compare(a.KeyString(), b.KeyString()) })
	snapshots := map[cid.Cid]bool{}
	for _, c := range line {
		snapshots[c.Base] = true
	}
	for i, id := range blocks {
		if i%3 != 0 && id.Type() != cas.Raw && !snapshots[id] { // the clock is the test's, so they are the same each time
			continue
		}
		d := explainOne(t, lossy{s, id, false}, refs)
		kind, _, _ := strings.Cut(d.What, ",")
		kind = strings.TrimRight(kind, "0123456789")
		told[kind] = append(told[kind], d)
		if d.Lost == "" || d.Commits == 0 || d.First > d.Last {
			t.Errorf("%s: %+v", d.What, d)
		}
	}
	for _, want := range []string{
		"commit of t ", "transaction of t ", "part of the transaction of t ", "snapshot", "leaf of EAVT", "branch of AEVT of :p/name", "root of EAVT", "root of history of EAVT",
		"leaf of AEVT of :p/name", "root of AEVT of :p/id", "leaf of AVET of :p/name", "root of AVET of :p/name", "leaf of names of kind p",
		"root of names of kind p", "value of entity ",
	} {
		if len(told[want]) == 0 {
			t.Errorf("none is told as %q: %q", want, slices.Sorted(maps.Keys(told)))
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(told)) {
		all := told[kind]
		for _, n := range []int{0, len(all) / 2, len(all) - 1} {
			checkDamage(t, lossy{s, all[n].CID, n%2 == 0}, refs, line, all[n])
		}
	}
}

// checkDamage opens and reads every commit without the block, and compares what fails with what was told.
func checkDamage(t *testing.T, s lossy, refs []cas.Ref, line []Commit, d Damage) {
	t.Helper()
	told := d.What
	if d = explainOne(t, s, refs); d.What != told { // as missing or as damaged
		t.Errorf("%s, and then %s", told, d.What)
	}
	closed, failed := 0, 0
	for _, c := range line {
		db, err := Open(t.Context(), s, c.ID)
		if err != nil {
			closed++
		} else if c.T == d.First || c.T == d.Last || c.T+1 == d.First || c.T == d.Last+1 {
			err = readAll(t.Context(), db)
		}
		if _, terr := ReadTx(t.Context(), s, c); err == nil {
			err = terr
		}
		if err == nil {
			continue
		}
		failed++
		if d.What != "commit" && (c.T < d.First || c.T > d.Last) {
			t.Errorf("%s: t %d fails and is not from %d to %d: %v", d.What, c.T, d.First, d.Last, err)
		}
		for _, r := range refs {
			if r.CID == c.ID && !slices.Contains(d.Refs, r.Name) {
				t.Errorf("%s: %s fails and is not among %v", d.What, r.Name, d.Refs)
			}
		}
	}
	// Without its snapshot a commit may be opened from an older one, but not with a damaged one.
	if closed != d.Closed || failed == 0 && (d.What != "snapshot" || !s.gone) {
		t.Errorf("%s: %d commits do not open, %d were told; %d cannot be read", d.What, closed, d.Closed, failed)
	}
}

// readAll reads every tree of db, and every value.
func readAll(ctx context.Context, db DB) error {
	return db.s.eachTree(func(_ damagedTree, root tree) error {
		for run, err := range root.Scan(ctx, nil, nil) {
			if err != nil {
				return err
			}
			leaf, ok := run.Leaf.(*datomLeaf)
			if !ok {
				continue
			}
			for _, v := range leaf.V {
				if _, err := db.Resolve(ctx, v); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
