package engine

import (
	"context"
	"errors"
	"slices"
)

// virtual is the merge of commits that two heads come from, bareDatom by bareDatom: what the commits do not agree on is as the one has it
// that changed it since they in turn parted. It is never stored. Ids are those of ours.
type virtual struct {
	env   *env
	ours  Commit
	parts []part
	older map[int]*virtual // what the first n parts and the next one come from

	failed *error // the first of looking for entities
}

// has tells whether a bareDatom holds in the merge; split says that the commits do not agree.
func (v *virtual) has(ctx context.Context, c bareDatom) (held, split bool, err error) {
	for i := range v.parts {
		there, err := v.parts[i].holds(ctx, c)
		if err != nil {
			return false, false, err
		}
		if i == 0 || there == held {
			held = there
			continue
		}
		older, err := v.before(ctx, i)
		if err != nil {
			return false, false, err
		}
		was, _, err := older.has(ctx, c)
		if err != nil {
			return false, false, err
		}
		held, split = !was, true
	}
	return held, split, nil
}

// holds tells whether the commit has a bareDatom, given in the ids of ours.
func (p *part) holds(ctx context.Context, c bareDatom) (bool, error) {
	there, ok := c.mapped(p.inOurs.back, p.inOurs.back)
	if !ok {
		return false, nil
	}
	return holds(ctx, p.db, there)
}

// before is what the first n parts and the next one come from.
func (v *virtual) before(ctx context.Context, n int) (*virtual, error) {
	if known, ok := v.older[n]; ok {
		return known, nil
	}
	var firsts []Commit
	for _, p := range v.parts[:n] {
		firsts = append(firsts, p.commit)
	}
	bases, err := mergeBases(ctx, v.env, firsts, []Commit{v.parts[n].commit})
	if err != nil {
		return nil, err
	}
	older := &virtual{env: v.env, ours: v.ours, older: map[int]*virtual{}, failed: v.failed}
	for _, c := range bases {
		p, err := openPart(ctx, v.env, c, v.ours)
		if err != nil {
			return nil, err
		}
		p.exists = existing(ctx, p.db, v.failed)
		older.parts = append(older.parts, p)
	}
	v.older[n] = older
	return older, nil
}

func openPart(ctx context.Context, e *env, c, ours Commit) (p part, err error) {
	p.commit = c
	if p.db, err = Open(ctx, e, c.ID); err != nil {
		return p, err
	}
	p.inOurs, err = renames(ctx, e, c, ours)
	return p, err
}

// slotDatoms are what the commits, and those that they come from, have in a slot.
func (v *virtual) slotDatoms(ctx context.Context, s slot) (bareDatoms, error) {
	all := bareDatoms{}
	for i := range v.parts {
		p := &v.parts[i]
		e, ok := p.inOurs.back(s.e)
		a, known := p.inOurs.back(s.a)
		if !ok || !known {
			continue
		}
		for d, err := range p.db.Match(ctx, Pattern{E: Some(e), A: Some(a)}) {
			if err != nil {
				return nil, err
			}
			stored, _, _ := outline(d.V)
			c, _ := bareDatom{d.E, d.A, stored}.mapped(called(p.inOurs), called(p.inOurs))
			all.add(c)
		}
		if i == 0 {
			continue
		}
		older, err := v.before(ctx, i)
		if err != nil {
			return nil, err
		}
		more, err := older.slotDatoms(ctx, s)
		if err != nil {
			return nil, err
		}
		for c := range more {
			all.add(c)
		}
	}
	return all, nil
}

// contest tells whether two of the commits gave a slot of one value different ones since they parted, and what it had before.
func (v *virtual) contest(ctx context.Context, all bareDatoms) (was bareDatoms, contested bool, err error) {
	older, err := v.before(ctx, len(v.parts)-1)
	if err != nil {
		return nil, false, err
	}
	was = bareDatoms{}
	for c := range all {
		held, _, err := older.has(ctx, c)
		if err != nil {
			return nil, false, err
		}
		if held {
			was[c] = true
		}
	}
	var changed []bareDatoms
	for i := range v.parts {
		have := bareDatoms{}
		for c := range all {
			there, err := v.parts[i].holds(ctx, c)
			if err != nil {
				return nil, false, err
			}
			if there {
				have[c] = true
			}
		}
		if !sameBare(have, was) && !slices.ContainsFunc(changed, func(other bareDatoms) bool { return sameBare(other, have) }) {
			changed = append(changed, have)
		}
	}
	return was, len(changed) > 1, nil
}

func sameBare(a, b bareDatoms) bool {
	if len(a) != len(b) {
		return false
	}
	for c := range a {
		if !b[c] {
			return false
		}
	}
	return true
}

// merging finds what ours and theirs have in common, given the newest commits that both come from. Of a revert theirs is the value before the commit.
func merging(ctx context.Context, e *env, bases []Commit, ours, theirs DB, revert bool) (*common, error) {
	v := &virtual{env: e, ours: ours.s.commit, older: map[int]*virtual{}}
	same := len(bases) == 1
	for _, b := range bases {
		p, err := openPart(ctx, e, b, ours.s.commit)
		if err != nil {
			return nil, err
		}
		if !revert {
			if p.inTheirs, err = renames(ctx, e, b, theirs.s.commit); err != nil {
				return nil, err
			}
		}
		same = same && len(p.inOurs.to)+len(p.inTheirs.to) == 0
		v.parts = append(v.parts, p)
	}
	if same {
		return plain(v.parts[0].db), nil
	}
	c := &common{parts: v.parts, virtual: v, ids: map[ID]ID{}, contested: map[slot]bool{}}
	v.failed = &c.failed
	for i := range v.parts {
		p := &v.parts[i]
		p.exists = existing(ctx, p.db, &c.failed)
		for _, renamed := range []map[ID]ID{p.inOurs.to, p.inTheirs.to} {
			for id := range renamed {
				c.ids[p.inTheirs.id(id)] = p.inOurs.id(id)
			}
		}
	}
	return c, errors.Join(c.build(ctx, ours, theirs), c.failed)
}
