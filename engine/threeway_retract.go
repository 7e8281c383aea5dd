package engine

import (
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// retractions finds the entities that one side retracted while the other changed them, or began to refer to them.
func (w *threeWay) retractions(ctx context.Context) error {
	for _, side := range []struct {
		gone  DB
		did   *changes
		other *changes
		by    Side
	}{
		{w.theirs, &w.other, &w.mine, TakeTheirs},
		{w.ours, &w.mine, &w.other, TakeOurs},
	} {
		for _, e := range shrunk(side.did) {
			touched := grown(side.other, e)
			if len(touched) == 0 || w.settled[e] {
				continue
			}
			left := e
			if side.by == TakeTheirs {
				left = w.before(e)
			}
			if there, err := hasDatoms(ctx, side.gone, left); err != nil || there {
				if err != nil {
					return err
				}
				continue
			}
			if err := w.retracted(ctx, e, side.by, touched); err != nil {
				return err
			}
		}
	}
	return nil
}

// shrunk are the entities from which something was taken, each once.
func shrunk(c *changes) (ids []ID) {
	seen := map[ID]bool{}
	for _, s := range c.order {
		if len(c.at[s].removed) > 0 && !seen[s.e] {
			seen[s.e] = true
			ids = append(ids, s.e)
		}
	}
	return ids
}

// grown are the slots in which something was said of an entity, or in which it was newly referred to.
func grown(c *changes, e ID) []slot {
	slots := c.refs[e]
	for _, s := range c.of(e) {
		if len(c.at[s].added) > 0 {
			slots = append(slots[:len(slots):len(slots)], s)
		}
	}
	return slots
}

// of are the slots of an entity.
func (c *changes) of(e ID) []slot {
	if c.byEntity == nil {
		c.byEntity = map[ID][]slot{}
		for _, s := range c.order {
			c.byEntity[s.e] = append(c.byEntity[s.e], s)
		}
	}
	return c.byEntity[e]
}

func hasDatoms(ctx context.Context, db DB, e ID) (bool, error) {
	for _, err := range db.Match(ctx, Pattern{E: Some(e)}) {
		return true, err
	}
	return false, nil
}

// retracted decides about an entity that the side by retracted and the other did not leave alone, in the slots touched.
func (w *threeWay) retracted(ctx context.Context, e ID, by Side, touched []slot) error {
	c := Conflict{Kind: ConflictRetracted, Entity: e}
	values := &c.Ours
	did := &w.mine
	if by == TakeOurs {
		values, did = &c.Theirs, &w.other
	}
	for _, s := range touched {
		*values = append(*values, did.at[s].added...)
	}
	choice, ok, err := w.decide(ctx, c)
	if err != nil {
		return err
	}
	if ok && choice.Take == TakeTheirs && by == TakeTheirs {
		w.settle(e)
		w.add("db/retractEntity", entityForm(e))
		return nil
	}
	parts, err := w.withParts(ctx, e)
	if err != nil {
		return err
	}
	for _, part := range parts {
		w.settle(part) // whatever theirs did about it is left out
	}
	if !ok || choice.Take == TakeOurs {
		return nil
	}
	for _, part := range parts {
		if err := w.restore(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (w *threeWay) settle(e ID) { w.settled[e], w.unref[e] = true, true }

// withParts are an entity of base and its components, which are retracted with it.
func (w *threeWay) withParts(ctx context.Context, e ID) ([]ID, error) {
	all := []ID{e}
	for i := 0; i < len(all); i++ {
		for d, err := range w.base.Match(ctx, Pattern{E: Some(all[i])}) {
			if err != nil {
				return nil, err
			}
			if a, ok := w.base.Schema().ByID(d.A); ok && a.Component && !slices.Contains(all, d.V.Ref()) {
				all = append(all, d.V.Ref())
			}
		}
	}
	return all, nil
}

// restore says again all that theirs has of an entity that ours retracted, and what refers to it where ours has nothing else instead.
func (w *threeWay) restore(ctx context.Context, e ID) error {
	for _, p := range []Pattern{{E: Some(w.before(e))}, {V: Some(Ref(w.before(e)))}} {
		for d, err := range w.theirs.Match(ctx, p) {
			if err != nil {
				return err
			}
			if err := w.again(ctx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// again asserts a datom of theirs.
func (w *threeWay) again(ctx context.Context, d Datom) error {
	s := slot{w.id(d.E), w.id(d.A)}
	a := w.attr(s.a)
	if _, isTx := TxOf(d.E); isTx || len(a.parts) > 0 {
		return nil
	}
	have, err := slotValues(ctx, w.ours, s.e, s.a)
	if err != nil || len(have) > 0 && !a.many {
		return err
	}
	v, err := w.theirs.Resolve(ctx, d.V)
	if err != nil {
		return err
	}
	w.assert(s, a, w.value(v))
	return nil
}

func (w *threeWay) add(op string, items ...edn.Value) {
	w.forms = append(w.forms, edn.MakeVector(append([]edn.Value{edn.MakeKeyword(op)}, items...)...))
}

func entityForm(id ID) edn.Value { return edn.MakeInt(int64(id)) }

// attrForm names an attribute in tx data: those of the system and new ones by ident, others by number, since either side may have renamed them.
func (w *threeWay) attrForm(id ID, a attrs) edn.Value {
	if a.ours != nil && !isSystem(id) {
		return entityForm(id)
	}
	return edn.MakeKeyword(a.ident())
}
