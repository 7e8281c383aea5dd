package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// purged are datoms to be removed as if they had never been: nothing of them
// stays in the trees, nor in the names, of the states that follow. Commits before
// the purge still show them.
type purged struct {
	now []Datom // of what is now
	was []Datom // of what is over
}

func (p *purged) count() int { return len(p.now) + len(p.was) }

// all are the datoms of both, in the order of EAVT keys in history; nil when there are none.
func (p *purged) all() []Datom {
	if p.count() == 0 {
		return nil
	}
	all := slices.Concat(p.now, p.was)
	slices.SortFunc(all, compareHistory)
	return all
}

// tidy puts the datoms in the order of their keys, each there once.
func (p *purged) tidy() {
	for _, ds := range []*[]Datom{&p.now, &p.was} {
		slices.SortFunc(*ds, compareHistory)
		*ds = slices.Compact(*ds)
	}
}

// compareHistory is the order of keys of EAVT in history.
func compareHistory(a, b Datom) int {
	if c := compareDatoms(&a, &b); c != 0 {
		return c
	}
	if c := cmp.Compare(a.T, b.T); c != 0 || a.Added == b.Added {
		return c
	}
	if b.Added {
		return -1
	}
	return 1
}

// without is the state that s would be if the purged datoms had never been. It
// is pure: nothing is stored.
func (s *state) without(ctx context.Context, p purged) (*state, error) {
	f := folded{now: slices.Clone(p.now), was: p.was, erase: true}
	for i := range f.now {
		f.now[i].Added = false
	}
	next := s.edited()
	if err := next.editDatoms(ctx, f, nil); err != nil {
		return nil, fmt.Errorf("purge: %w", err)
	}
	if err := next.editNames(ctx, s, f); err != nil {
		return nil, fmt.Errorf("purge: names: %w", err)
	}
	return next, nil
}
