package engine

import (
	"context"
	"fmt"
	"slices"
)

// renumber finds out what the entities that are new in theirs are in the result. One with the identity of an entity that
// is new in ours is that one. Others keep their ids where ours never used them, and get new ones elsewhere.
func (w *threeWay) renumber(ctx context.Context) error {
	fresh := w.fresh()
	if err := w.identify(ctx, fresh); err != nil {
		return err
	}
	free := max(w.ours.s.next, w.theirs.s.next)
	attr := w.ours.Schema().nextAttr()
	for _, id := range fresh {
		if _, known := w.ids[id]; known {
			continue
		}
		if isAttr(id) { // attributes are numbered as they are declared
			w.ids[id] = attr
			attr++
			continue
		}
		used, err := w.used(ctx, id)
		if err != nil {
			return err
		}
		if w.ids[id] = id; used {
			w.ids[id] = free
			free++
		}
	}
	for from, to := range w.ids {
		w.origin[to] = from
	}
	return w.rename()
}

// fresh are the entities that theirs made since base, and those that it refers to without saying anything of them, by rising id.
func (w *threeWay) fresh() []ID {
	var ids []ID
	add := func(id ID) {
		if w.isNew(id) {
			ids = append(ids, id)
		}
	}
	for _, s := range w.other.order {
		add(s.e)
		for _, v := range w.other.at[s].added {
			eachRef(v, func(id ID) {
				if _, isTx := TxOf(id); !isTx && !isAttr(id) {
					add(id)
				}
			})
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// eachRef visits the entities that a value refers to.
func eachRef(v Value, visit func(ID)) {
	switch v.Kind() {
	case RefKind:
		visit(v.Ref())
	case TupleKind:
		for _, item := range v.Tuple() {
			eachRef(item, visit)
		}
	}
}

// used tells whether an id of theirs means something else in ours: it is, or was, an entity there, or ours newly refers to something by
// that number, of which nothing was said, and theirs made it one, if only for a time. So it is decided alike when theirs merges ours.
func (w *threeWay) used(ctx context.Context, id ID) (bool, error) {
	if id >= w.ours.s.next {
		return false, nil
	}
	if known, err := everKnown(ctx, w.ours, id); known || err != nil {
		return known, err
	}
	switch {
	case len(w.mine.refs[id]) == 0:
		return false, nil
	case len(w.other.of(id)) > 0:
		return true, nil
	}
	return everKnown(ctx, w.theirs, id)
}

// everKnown tells whether anything was ever said of an entity.
func everKnown(ctx context.Context, db DB, id ID) (bool, error) {
	for _, err := range db.History().Match(ctx, Pattern{E: Some(id)}) {
		return true, err
	}
	return false, nil
}

// identify finds those that are new in ours too, by their unique identities. Identities may be refs to others of them, so
// it goes on until no more are found.
func (w *threeWay) identify(ctx context.Context, fresh []ID) error {
	for found := true; found; {
		found = false
		for _, id := range fresh {
			if _, known := w.ids[id]; known {
				continue
			}
			twin, ok, err := w.twin(ctx, id)
			if err != nil {
				return err
			}
			if ok {
				w.ids[id], found = twin, true
			}
		}
	}
	return nil
}

// twin is the entity, new in ours, that has an identity of the entity of theirs.
func (w *threeWay) twin(ctx context.Context, id ID) (ID, bool, error) {
	for d, err := range w.theirs.Match(ctx, Pattern{E: Some(id)}) {
		if err != nil {
			return 0, false, err
		}
		if !w.named(Ref(d.A)) || !w.named(d.V) {
			continue
		}
		a, ok := w.ours.Schema().ByID(w.id(d.A))
		their, _ := w.theirs.Schema().ByID(d.A)
		if !ok || a.Unique != UniqueIdentity || !w.unique(a.ID, a, their) {
			continue
		}
		twin, ok, err := w.ours.Entid(ctx, a.ID, w.value(d.V))
		if err != nil {
			return 0, false, err
		}
		if ok && w.isNewHere(twin) && isAttr(twin) == isAttr(id) {
			return twin, true, nil
		}
	}
	return 0, false, nil
}

// isNew tells whether an entity of theirs came after what both sides have in common.
func (w *threeWay) isNew(id ID) bool {
	_, _, old := w.common.old(id, inTheirs, (*part).has)
	return !old
}

// isNewHere is the same of an entity of ours.
func (w *threeWay) isNewHere(id ID) bool {
	_, _, old := w.common.old(id, inOurs, (*part).has)
	return !old
}

// named tells whether all entities that a value refers to have their names in the result.
func (w *threeWay) named(v Value) bool {
	switch v.Kind() {
	case RefKind:
		_, known := w.ids[v.Ref()]
		return known || !w.isNew(v.Ref())
	case TupleKind:
		return !slices.ContainsFunc(v.Tuple(), func(item Value) bool { return !w.named(item) })
	}
	return true
}

// id is the name in the result of an entity of theirs.
func (w *threeWay) id(id ID) ID {
	if to, ok := w.ids[id]; ok {
		return to
	}
	return id
}

// before is the name in theirs of an entity of the result.
func (w *threeWay) before(id ID) ID {
	if from, ok := w.origin[id]; ok {
		return from
	}
	return id
}

// value is a value of theirs with the names of the result.
func (w *threeWay) value(v Value) Value {
	switch v.Kind() {
	case RefKind:
		return Ref(w.id(v.Ref()))
	case TupleKind:
		items := v.Tuple()
		for i, item := range items {
			items[i] = w.value(item)
		}
		return Tuple(items...)
	}
	return v
}

// rename gives what theirs did the names of the result.
func (w *threeWay) rename() error {
	renamed := changes{at: map[slot]*change{}, refs: map[ID][]slot{}}
	for _, s := range w.other.order {
		to := slot{w.id(s.e), w.id(s.a)}
		ch := w.other.at[s]
		for _, v := range ch.removed {
			renamed.add(to, w.value(v), false)
		}
		for _, v := range ch.added {
			if t, isTx := TxOf(v.Ref()); v.Kind() == RefKind && isTx && t > w.base.T() {
				return fmt.Errorf("entity %d refers to transaction %d of the other branch, which this one will not have: point it at something else there first", s.e, t)
			}
			renamed.add(to, w.value(v), true)
		}
	}
	w.other = renamed
	return nil
}
