package engine

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// apply is the state after transaction t, made at the time at, added and
// retracted datoms, in EAVT order. It is pure: nothing is stored, unless there is somewhere to store to: out is for
// transactions whose nodes are too many to hold.
func (s *state) apply(ctx context.Context, t uint64, at time.Time, datoms []Datom, out *writer) (*state, error) {
	return s.replay(ctx, []step{{t, at, datoms}}, out)
}

// replay is the state after steps. Taken together or one by one, they lead to the same state.
func (s *state) replay(ctx context.Context, steps []step, out *writer) (*state, error) {
	s, err := s.settled(ctx)
	if err != nil || len(steps) == 0 {
		return s, err
	}
	schemas, err := s.schemasAfter(steps)
	if err != nil {
		return nil, err
	}
	s.ahead(ctx, steps)
	f, err := s.fold(ctx, steps, schemas)
	if err != nil {
		return nil, err
	}
	next := s.edited()
	last := steps[len(steps)-1]
	next.t, next.at = last.t, last.at
	if schema := schemas[len(schemas)-1]; schema != s.schema {
		next.schema, next.ids = schema, identitiesOf(schema)
	}
	next.count(steps)
	if err := next.editDatoms(ctx, f, out); err != nil {
		return nil, fmt.Errorf("transaction %d: %w", last.t, err)
	}
	if err := next.editNames(ctx, s, f); err != nil {
		return nil, fmt.Errorf("transaction %d: names: %w", last.t, err)
	}
	return next, nil
}

func (s *state) schemasAfter(steps []step) ([]*Schema, error) {
	schemas := make([]*Schema, len(steps))
	schema := s.schema
	for i, st := range steps {
		var err error
		if schema, err = schema.apply(st.datoms); err != nil {
			return nil, fmt.Errorf("transaction %d: schema: %w", st.t, err)
		}
		schemas[i] = schema
	}
	return schemas, nil
}

// count keeps the number of novel datoms and the next id.
func (s *state) count(steps []step) {
	for _, st := range steps {
		s.tail.datoms += len(st.datoms)
		for i := range st.datoms {
			d := &st.datoms[i]
			s.use(d.E)
			if d.V.kind == RefKind {
				s.use(d.V.Ref())
			}
		}
	}
}

// use notes that an id is taken, unless next is not known since s is a bare snapshot.
func (s *state) use(id ID) {
	if s.next != 0 && id < dbPart && id >= s.next {
		s.next = id + 1
	}
}

// attrChanges is what changes in the trees of one attribute.
type attrChanges struct {
	id   ID
	rows picked
}

// editDatoms makes the changes in all trees of datoms, as many at once as there are processors. It stores them where
// out is not nil.
func (s *state) editDatoms(ctx context.Context, f folded, out *writer) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	eavt := s.trees.eavt
	g.Go(func() error { return eavt.edit(ctx, EAVT, &f, f.everything(), out) })
	changes := f.byAttribute()
	attrs := make([]attrTrees, len(changes))
	for i, c := range changes {
		a, ok := s.trees.attr(c.id)
		if !ok {
			a = emptyAttr(s.env.nodes, c.id)
		}
		attrs[i] = a
		g.Go(func() error { return attrs[i].aevt.edit(ctx, AEVT, &f, c.rows, out) })
		g.Go(func() error { return attrs[i].avet.edit(ctx, AVET, &f, c.rows, out) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	s.trees.eavt = eavt
	s.trees.attrs = mergeAttrs(s.trees.attrs, attrs)
	if out != nil {
		return out.put() // what follows reads these trees
	}
	return nil
}

// byAttribute splits the changes by attribute, in the order of compareAttrs.
func (f *folded) byAttribute() []attrChanges {
	at := map[ID]*picked{}
	of := func(a ID) *picked {
		p := at[a]
		if p == nil {
			p = &picked{}
			at[a] = p
		}
		return p
	}
	for i := range f.now {
		p := of(f.now[i].A)
		p.now = append(p.now, int32(i))
	}
	for i := range f.was {
		p := of(f.was[i].A)
		p.was = append(p.was, int32(i))
	}
	all := make([]attrChanges, 0, len(at))
	for a, p := range at {
		all = append(all, attrChanges{a, *p})
	}
	slices.SortFunc(all, func(a, b attrChanges) int { return compareAttrs(a.id, b.id) })
	return all
}

// mergeAttrs puts edited in the place of what old has, and drops what became empty.
func mergeAttrs(old, edited []attrTrees) []attrTrees {
	merged := make([]attrTrees, 0, len(old)+len(edited))
	for _, a := range edited {
		for len(old) > 0 && compareAttrs(old[0].id, a.id) < 0 {
			merged = append(merged, old[0])
			old = old[1:]
		}
		if len(old) > 0 && old[0].id == a.id {
			old = old[1:]
		}
		if !a.aevt.empty() {
			merged = append(merged, a)
		}
	}
	return append(merged, old...)
}
