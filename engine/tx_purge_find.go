package engine

import (
	"context"
	"fmt"
	"slices"
	"sort"
)

// reach is how far a purge goes beyond the datoms that it names.
type reach struct {
	parts bool             // also to the entities that components refer to
	alone bool             // not even to the composite tuples that are made of them
	match func(Datom) bool // nil: all
}

// ofAttribute purges values of an attribute of an entity.
func (p *purger) ofAttribute(ctx context.Context, e ID, a *Attribute, r reach) error {
	return p.under(ctx, p.s.trees.eavt, a.ID, datomPrefix(e, a.ID), r)
}

// whole purges an entity with its parts and all references to them.
func (p *purger) whole(ctx context.Context, e ID) error {
	if p.gone[e] {
		return nil
	}
	p.gone[e] = true
	if err := p.under(ctx, p.s.trees.eavt, 0, appendUint(nil, uint64(e)), reach{parts: true}); err != nil {
		return err
	}
	for _, t := range p.s.trees.attrs {
		if a, ok := p.s.schema.ByID(t.id); ok && a.Type != RefKind && a.Type != NilKind {
			continue
		}
		if err := p.under(ctx, t.avet, t.id, valuePrefix(Ref(e)), reach{}); err != nil {
			return err
		}
	}
	return nil
}

// under purges what is now and what was under a prefix. In trees of one attribute, a is that.
func (p *purger) under(ctx context.Context, trees pair, a ID, prefix []byte, r reach) error {
	now, err := p.take(ctx, trees.now, a, prefix, r)
	p.out.now = append(p.out.now, now...)
	if err != nil {
		return err
	}
	was, err := p.take(ctx, trees.was, a, prefix, r)
	p.out.was = append(p.out.was, was...)
	return err
}

// take lists what a tree has under the prefix, and purges what goes with it.
func (p *purger) take(ctx context.Context, t tree, a ID, prefix []byte, r reach) ([]Datom, error) {
	found, err := collect(ctx, nil, t, prefix, prefixEnd(prefix))
	if err != nil {
		return nil, fmt.Errorf("read what is to be purged: %w", err)
	}
	if r.match != nil {
		found = slices.DeleteFunc(found, func(d Datom) bool { return !r.match(d) })
	}
	for i := range found {
		d := &found[i]
		if a != 0 {
			d.A = a
		}
		if err := p.along(ctx, *d, r); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// along purges what a purged datom takes along: the part that it refers to, and composite tuples that hold its value.
func (p *purger) along(ctx context.Context, d Datom, r reach) error {
	if a, ok := p.s.schema.ByID(d.A); ok && r.parts && a.Component && d.V.kind == RefKind {
		if err := p.whole(ctx, d.V.Ref()); err != nil {
			return err
		}
	}
	if r.alone {
		return nil
	}
	for _, whole := range p.s.schema.tuples[d.A] {
		at := slices.Index(whole.TupleAttrs, d.A)
		holds := func(t Datom) bool {
			items := t.V.Tuple()
			return t.V.kind == TupleKind && at < len(items) && items[at] == d.V
		}
		if err := p.ofAttribute(ctx, d.E, whole, reach{match: holds}); err != nil {
			return err
		}
	}
	return nil
}

// parted are the parts of composite tuples that are purged from what is now: the tuples are to be made anew.
func (p *purged) parted(schema *Schema) (acts []act) {
	for _, d := range p.now {
		if schema.tuples[d.A] == nil {
			continue
		}
		a, _ := schema.ByID(d.A)
		acts = append(acts, act{e: ent(d.E), a: a, v: d.V, do: wipe})
	}
	return acts
}

// firstSince is the first transaction at that time or later; all have t of at least 1.
func (s *state) firstSince(ctx context.Context, ms int64) (uint64, error) {
	var failed error
	n := sort.Search(int(s.t), func(i int) bool {
		at, _, err := s.instant(ctx, uint64(i)+1)
		if err != nil && failed == nil {
			failed = fmt.Errorf("read the time of transaction %d: %w", i+1, err)
		}
		return at >= ms
	})
	return uint64(n) + 1, failed
}
