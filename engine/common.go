package engine

import (
	"context"
	"slices"
)

// common is what two sides of a merge have in common, seen from ours. Lines that merged with each other in both directions come from several newest commits, and
// a merge gives ids anew; so base need not be the value of any commit.
type common struct {
	base      DB // in the ids of ours
	parts     []part
	ids       map[ID]ID // entities of theirs that are called otherwise in ours
	contested map[slot]bool
	attrs     map[ID]*Attribute // as base has them; those of which nobody said anything since are in any of parts
	theirs    changes           // what theirs did since base, in its own ids
	failed    error
	virtual   *virtual // nil where base is the value of a commit, in whose ids both sides are
}

// part is one of the commits that both come from.
type part struct {
	commit           Commit
	db               DB
	inOurs, inTheirs names
	exists           func(ID) bool // tells whether an entity is there; nil: all below the next id are taken to be
}

// plain is a base that both sides share the ids of.
func plain(base DB) *common {
	return &common{base: base, parts: []part{{commit: base.s.commit, db: base}}}
}

// old tells whether an id of ours, or of theirs, is an entity of one of the commits that both come from, and which.
func (c *common) old(id ID, of func(*part) names, has func(*part, ID) bool) (*part, ID, bool) {
	for i := range c.parts {
		p := &c.parts[i]
		e, ok := of(p).back(id)
		if ok && has(p, e) {
			return p, e, true
		}
	}
	return nil, 0, false
}

func inOurs(p *part) names   { return p.inOurs }
func inTheirs(p *part) names { return p.inTheirs }

// has tells whether an entity is in the commit.
func (p *part) has(id ID) bool {
	return p.gave(id) && (p.exists == nil || !isUsers(id) || p.exists(id))
}

func isUsers(id ID) bool { return id < dbPart }

// gave tells whether the commit may refer to an id, of which nothing need be said.
func (p *part) gave(id ID) bool {
	_, isTx := TxOf(id)
	switch {
	case isTx || isSystem(id):
		return true
	case isAttr(id):
		return id < p.db.Schema().nextAttr()
	}
	return id < p.db.s.next
}

// isReferredTo tells whether a datom refers to an entity.
func isReferredTo(ctx context.Context, db DB, id ID) (bool, error) {
	for _, err := range db.Match(ctx, Pattern{V: Some(Ref(id))}) {
		return true, err
	}
	return false, nil
}

// existing makes part.exists: whether anything is said of an entity, or refers to it. Ids that users give leave others free, which the other
// side may have used, and so do entities that came and went between two merges. The first error is kept in failed.
func existing(ctx context.Context, db DB, failed *error) func(ID) bool {
	known := map[ID]bool{}
	return func(id ID) bool {
		if there, ok := known[id]; ok {
			return there
		}
		there, err := hasDatoms(ctx, db, id)
		if err == nil && !there {
			there, err = isReferredTo(ctx, db, id)
		}
		if err != nil && *failed == nil {
			*failed = err
		}
		known[id] = there
		return there
	}
}

// attr is an attribute as base has it.
func (c *common) attr(id ID) (*Attribute, bool) {
	p, e, ok := c.old(id, inOurs, (*part).has)
	if !ok {
		return nil, false
	}
	if a, said := c.attrs[id]; said {
		return a, true
	}
	return p.db.Schema().ByID(e)
}

// toTheirs is what an entity of ours is called in theirs, if both have it.
func (c *common) toTheirs(id ID) (ID, bool) {
	p, e, ok := c.old(id, inOurs, (*part).has)
	if !ok {
		return 0, false
	}
	return p.inTheirs.id(e), true
}

// renamed gives a datom that both sides may have, in the ids of one, those of the other. An entity of which nothing is said is who it is in the commit that
// refers to it so: others may have given its number to something that came and went.
func (c *common) renamed(ctx context.Context, d bareDatom, from, to func(*part) names) (bareDatom, bool) {
	by := func(id ID, has func(*part, ID) bool) (ID, bool) {
		p, e, ok := c.old(id, from, has)
		if !ok {
			return 0, false
		}
		return to(p).id(e), true
	}
	subject := func(id ID) (ID, bool) { return by(id, (*part).has) }
	return d.mapped(subject, func(id ID) (ID, bool) {
		if there, ok := subject(id); ok {
			return there, true
		}
		there, ok := by(id, func(p *part, e ID) bool { return p.gave(e) && c.saidIn(ctx, p, d, from(p)) })
		if !ok {
			there, ok = by(id, (*part).gave)
		}
		_, _, taken := c.old(there, to, (*part).has)
		return there, ok && !taken
	})
}

// images are what a datom of one side is in the other: what each commit that has it makes of all of it, since a number of which nothing is said may stand for what the other side tells
// apart. Where none has it, what renamed gives.
func (c *common) images(ctx context.Context, d bareDatom, from, to func(*part) names) (all []bareDatom, err error) {
	for i := range c.parts {
		p := &c.parts[i]
		there, ok := d.mapped(from(p).back, from(p).back)
		if !ok {
			continue
		}
		held, err := holds(ctx, p.db, there)
		if err != nil {
			return nil, err
		}
		if !held {
			continue
		}
		image, _ := there.mapped(called(to(p)), called(to(p)))
		if !slices.Contains(all, image) {
			all = append(all, image)
		}
	}
	if image, ok := c.renamed(ctx, d, from, to); len(all) == 0 && ok {
		all = append(all, image)
	}
	return all, nil
}

// saidIn tells whether a commit has a datom that is given in other names. The first error is kept in failed.
func (c *common) saidIn(ctx context.Context, p *part, d bareDatom, n names) bool {
	there, ok := d.mapped(n.back, n.back)
	if !ok {
		return false
	}
	held, err := holds(ctx, p.db, there)
	if err != nil && c.failed == nil {
		c.failed = err
	}
	return held
}

// bareDatom is a datom without its transaction, its value as it is stored.
type bareDatom struct {
	e, a ID
	v    Value
}

// mapped gives a bareDatom other ids; false when one of them has none.
func (c bareDatom) mapped(subject, object func(ID) (ID, bool)) (bareDatom, bool) {
	e, ok := subject(c.e)
	a, known := subject(c.a)
	v, all := mappedValue(c.v, object)
	return bareDatom{e, a, v}, ok && known && all
}

func mappedValue(v Value, to func(ID) (ID, bool)) (Value, bool) {
	switch v.Kind() {
	case RefKind:
		id, ok := to(v.Ref())
		return Ref(id), ok
	case TupleKind:
		items, all := slices.Clone(v.Tuple()), true
		for i, item := range items {
			var ok bool
			items[i], ok = mappedValue(item, to)
			all = all && ok
		}
		return Tuple(items...), all
	}
	return v, true
}

// called is what n calls entities, as mapped wants it.
func called(n names) func(ID) (ID, bool) { return func(id ID) (ID, bool) { return n.id(id), true } }

// holds tells whether a database has a bareDatom.
func holds(ctx context.Context, db DB, c bareDatom) (bool, error) {
	_, ok, err := db.s.currentT(ctx, Datom{E: c.e, A: c.a, V: c.v})
	return ok, err
}

// bareDatoms are some of them, none about transactions.
type bareDatoms map[bareDatom]bool

func (all bareDatoms) add(c bareDatom) {
	if _, isTx := TxOf(c.e); !isTx {
		all[c] = true
	}
}

// differing adds all bareDatoms, in the ids of side, in which it may differ from p; n is what entities of p are called there.
func (all bareDatoms) differing(ctx context.Context, p DB, n names, side DB) error {
	for d, err := range Diff(ctx, p, side) {
		if err != nil {
			return err
		}
		c := bareDatom{d.E, d.A, d.V}
		if !d.Added {
			c, _ = c.mapped(called(n), called(n))
		}
		all.add(c)
	}
	if len(n.to) == 0 {
		return nil
	}
	patterns := make([]Pattern, 0, 3*len(n.to))
	for e := range n.to {
		patterns = append(patterns, Pattern{E: Some(e)}, Pattern{V: Some(Ref(e))})
		if isAttr(e) {
			patterns = append(patterns, Pattern{A: Some(e)})
		}
	}
	for a := range p.Schema().Attributes() {
		if a.Type == TupleKind {
			patterns = append(patterns, Pattern{A: Some(a.ID)})
		}
	}
	for _, pattern := range patterns {
		for d, err := range p.Match(ctx, pattern) {
			if err != nil {
				return err
			}
			v, _, _ := outline(d.V)
			raw := bareDatom{d.E, d.A, v}
			c, _ := raw.mapped(called(n), called(n))
			all.add(raw)
			all.add(c)
		}
	}
	return nil
}
