package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// step is what one transaction did: one step from a state to the next.
type step struct {
	t      uint64
	at     time.Time
	datoms []Datom
}

// op is a datom of a step; kept tells whether history keeps what it retracts.
type op struct {
	Datom
	kept bool
}

// folded is the outcome of some steps: changes of what is now, set where Added and else removed, and additions to
// what was, both in EAVT order. Of a purge was are removals.
type folded struct {
	now   []Datom
	was   []Datom
	erase bool
}

// compareDatoms is the order of EAVT keys, without t.
func compareDatoms(a, b *Datom) int {
	if c := cmp.Compare(a.E, b.E); c != 0 {
		return c
	}
	if c := compareAttrs(a.A, b.A); c != 0 {
		return c
	}
	return Compare(a.V, b.V)
}

// fold works out what steps amount to, as if taken one by one. schemas[i] is the
// schema after step i.
func (s *state) fold(ctx context.Context, steps []step, schemas []*Schema) (folded, error) {
	if len(steps) == 1 && onlyAdd(steps[0].datoms) {
		return folded{now: steps[0].datoms}, nil // without a copy: it may be very large
	}
	ops := s.ops(steps, schemas)
	f := folded{now: make([]Datom, 0, len(ops))}
	for len(ops) > 0 {
		n := 1
		for n < len(ops) && compareDatoms(&ops[0].Datom, &ops[n].Datom) == 0 {
			n++
		}
		if err := s.foldOne(ctx, &f, ops[:n]); err != nil {
			return folded{}, err
		}
		ops = ops[n:]
	}
	return f, nil
}

// onlyAdd tells whether datoms retract nothing and are in order.
func onlyAdd(datoms []Datom) bool {
	for i := range datoms {
		if !datoms[i].Added || i > 0 && compareDatoms(&datoms[i-1], &datoms[i]) >= 0 {
			return false
		}
	}
	return true
}

// ops lists the datoms of all steps by key, those of one key in the order of the steps.
func (s *state) ops(steps []step, schemas []*Schema) []op {
	n := 0
	for _, st := range steps {
		n += len(st.datoms)
	}
	ops := make([]op, 0, n)
	for i, st := range steps {
		for _, d := range st.datoms {
			a, ok := schemas[i].ByID(d.A)
			ops = append(ops, op{d, !s.opts.NoHistory && !(ok && a.NoHistory)})
		}
	}
	byKey := func(a, b op) int { return compareDatoms(&a.Datom, &b.Datom) }
	if !slices.IsSortedFunc(ops, byKey) {
		slices.SortStableFunc(ops, byKey)
	}
	return ops
}

// foldOne adds to f what the ops on one datom amount to.
func (s *state) foldOne(ctx context.Context, f *folded, ops []op) error {
	since, err := s.sinceFor(ctx, ops[0])
	if err != nil {
		return err
	}
	stored := since
	for _, o := range ops {
		if o.Added {
			since = o.T
			continue
		}
		if since != 0 && o.kept {
			added := o.Datom
			added.T, added.Added = since, true
			f.was = append(f.was, added, o.Datom)
		}
		since = 0
	}
	d := ops[0].Datom
	d.T, d.Added = since, since != 0
	if since != 0 || stored != 0 {
		f.now = append(f.now, d)
	}
	return nil
}

var errNotThere = errors.New("it is not there")

// sinceFor is the t that the datom of o has in the trees, 0 when it is not
// there: only what begins with a retraction is.
func (s *state) sinceFor(ctx context.Context, o op) (uint64, error) {
	if o.Added {
		return 0, nil
	}
	t, ok, err := s.currentT(ctx, o.Datom)
	if err == nil && !ok {
		err = fmt.Errorf("transaction %d retracts a value of attribute %d of entity %d: %w", o.T, o.A, o.E, errNotThere)
	}
	return t, err
}

// currentT is the t of the datom with d's entity, attribute and value, if there is one.
func (s *state) currentT(ctx context.Context, d Datom) (t uint64, ok bool, err error) {
	key := datomLayout{order: EAVT}.appendKey(nil, d)
	val, ok, err := s.trees.eavt.now.Get(ctx, key)
	if !ok || err != nil {
		return 0, false, err
	}
	r := keyReader{rest: string(val)}
	return r.uint(), true, nil
}
