package engine

import (
	"context"
	"slices"
)

// build makes base, and what theirs did since.
func (c *common) build(ctx context.Context, ours, theirs DB) error {
	held, err := c.judge(ctx, ours)
	if err != nil {
		return err
	}
	if c.base, err = c.rebase(ctx, ours, held); err != nil {
		return err
	}
	return c.doneByTheirs(ctx, theirs, held)
}

// judge tells of every bareDatom in which ours may differ from what it comes from whether that had it.
func (c *common) judge(ctx context.Context, ours DB) (bareDatoms, error) {
	all, held := bareDatoms{}, bareDatoms{}
	for _, p := range c.parts {
		if err := all.differing(ctx, p.db, p.inOurs, ours); err != nil {
			return nil, err
		}
	}
	disputed := bareDatoms{}
	for cl := range all {
		was, split, err := c.virtual.has(ctx, cl)
		if err != nil {
			return nil, err
		}
		held[cl], disputed[cl] = was, split
	}
	if err := c.attributes(ctx, ours, held); err != nil {
		return nil, err
	}
	split := map[slot]bool{}
	holders := map[bareDatom][]ID{} // of unique values
	for cl, was := range held {
		a, known := c.attr(cl.a)
		here, _ := ours.Schema().ByID(cl.a)
		if disputed[cl] && known && !a.Many && !(here != nil && here.Many) { // in what has many by now, values do not dispute each other
			split[slot{cl.e, cl.a}] = true
		}
		if was && known && a.Unique != NotUnique {
			value := bareDatom{a: cl.a, v: cl.v}
			holders[value] = append(holders[value], cl.e)
		}
	}
	for value, entities := range holders {
		for _, e := range entities {
			if s := (slot{e, value.a}); len(entities) > 1 {
				split[s] = true
				c.contested[s] = true
			}
		}
	}
	for s := range split {
		if err := c.dispute(ctx, s, held); err != nil {
			return nil, err
		}
	}
	return held, nil
}

// attributes finds what base says of the attributes of which the commits in common, or ours, say something else: of the commits, each may have changed another field since they parted.
func (c *common) attributes(ctx context.Context, ours DB, held bareDatoms) error {
	c.attrs = map[ID]*Attribute{}
	var changes []Datom
	for cl, was := range held {
		a, ok := ours.Schema().ByID(cl.e)
		if !ok || !isSystem(cl.a) {
			continue
		}
		c.attrs[cl.e] = a
		is, err := holds(ctx, ours, cl)
		if err != nil {
			return err
		}
		if is != was {
			changes = append(changes, Datom{E: cl.e, A: cl.a, V: cl.v, Added: was})
		}
	}
	for id, a := range c.attrs {
		base := draft{Attribute: *a}
		for _, added := range []bool{false, true} {
			for _, d := range changes {
				switch {
				case d.E != id || d.Added != added:
				case !added:
					base.clear(d.A)
				default:
					if err := base.set(d.A, d.V); err != nil {
						return err
					}
				}
			}
		}
		c.attrs[id] = &base.Attribute
	}
	return nil
}

// dispute gives a slot that the commits in common changed differently what it had before, and marks it: where ours and theirs differ in it, they are in conflict.
func (c *common) dispute(ctx context.Context, s slot, held bareDatoms) error {
	all, err := c.virtual.slotDatoms(ctx, s)
	if err != nil {
		return err
	}
	was, contested, err := c.virtual.contest(ctx, all)
	if err != nil || !contested && !c.contested[s] {
		return err
	}
	c.contested[s] = true
	for cl := range all {
		held[cl] = was[cl]
	}
	return nil
}

// rebase is ours changed into what it comes from. No rules of transactions hold for it.
func (c *common) rebase(ctx context.Context, ours DB, held bareDatoms) (DB, error) {
	newest := c.parts[0]
	var f folded
	for cl, was := range held {
		is, err := holds(ctx, ours, cl)
		if err != nil {
			return DB{}, err
		}
		if is != was {
			f.now = append(f.now, Datom{cl.e, cl.a, cl.v, newest.commit.T, was})
		}
	}
	slices.SortFunc(f.now, func(a, b Datom) int { return compareDatoms(&a, &b) })
	s, err := ours.s.settled(ctx)
	if err != nil {
		return DB{}, err
	}
	base := s.edited()
	base.commit, base.before, base.t, base.at = newest.commit, nil, newest.commit.T, newest.commit.At
	if err := base.editDatoms(ctx, f, nil); err != nil {
		return DB{}, err
	}
	return DB{s: base}, nil
}

// doneByTheirs finds what theirs did since base, in its own ids.
func (c *common) doneByTheirs(ctx context.Context, theirs DB, held bareDatoms) error {
	all := bareDatoms{}
	for _, p := range c.parts {
		if err := all.differing(ctx, p.db, p.inTheirs, theirs); err != nil {
			return err
		}
	}
	for cl := range held {
		there, err := c.images(ctx, cl, inOurs, inTheirs)
		if err != nil {
			return err
		}
		for _, image := range there {
			all.add(image)
		}
	}
	var changed []Datom
	for cl := range all {
		is, err := holds(ctx, theirs, cl)
		if err != nil {
			return err
		}
		was, err := c.wasHeld(ctx, cl, held)
		if err != nil {
			return err
		}
		if is != was {
			changed = append(changed, Datom{E: cl.e, A: cl.a, V: cl.v, Added: is})
		}
	}
	slices.SortFunc(changed, func(a, b Datom) int { return compareDatoms(&a, &b) })
	c.theirs = changes{at: map[slot]*change{}, refs: map[ID][]slot{}}
	for _, d := range changed {
		v, err := theirs.Resolve(ctx, d.V)
		if err != nil {
			return err
		}
		c.theirs.add(slot{d.E, d.A}, v, d.Added)
	}
	return c.disputeTheirs(ctx, theirs)
}

// wasHeld tells whether base has a bareDatom of theirs.
func (c *common) wasHeld(ctx context.Context, cl bareDatom, held bareDatoms) (bool, error) {
	here, err := c.images(ctx, cl, inTheirs, inOurs)
	if err != nil {
		return false, err
	}
	for _, image := range here {
		was, known := held[image]
		if !known {
			if was, _, err = c.virtual.has(ctx, image); err != nil {
				return false, err
			}
		}
		if was {
			return true, nil
		}
	}
	return false, nil
}

// disputeTheirs has theirs touch every contested slot, with what it has there.
func (c *common) disputeTheirs(ctx context.Context, theirs DB) error {
	for s := range c.contested {
		e, ok := c.toTheirs(s.e)
		a, known := c.toTheirs(s.a)
		if !ok || !known {
			continue
		}
		if err := c.theirs.touch(ctx, theirs, slot{e, a}); err != nil {
			return err
		}
	}
	return nil
}

// touch notes the values of a slot as said, unless it was changed anyway.
func (c *changes) touch(ctx context.Context, db DB, s slot) error {
	if _, ok := c.at[s]; ok {
		return nil
	}
	values, err := slotValues(ctx, db, s.e, s.a)
	if err != nil {
		return err
	}
	c.at[s] = &change{}
	c.order = append(c.order, s)
	for _, v := range values {
		c.add(s, v, true)
	}
	return nil
}
