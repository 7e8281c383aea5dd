package engine

import (
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// values goes through what theirs did, slot by slot.
func (w *threeWay) values(ctx context.Context) error {
	if err := w.declarations(); err != nil {
		return err
	}
	for _, s := range w.other.order {
		if w.settled[s.e] || isAttr(s.e) && w.declared(s.e) {
			continue
		}
		a := w.attr(s.a)
		var err error
		switch {
		case len(a.parts) > 0:
			err = w.composite(ctx, s, a)
		case a.many:
			err = w.set(ctx, s, a)
		default:
			err = w.single(ctx, s, a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// declared tells whether an attribute is new in theirs and unknown to ours.
func (w *threeWay) declared(id ID) bool { return id >= w.ours.Schema().nextAttr() }

// declarations makes the attributes that only theirs has, in the order of the numbers that they will get.
func (w *threeWay) declarations() error {
	for _, s := range w.other.order {
		if !isAttr(s.e) || !w.declared(s.e) || s.a != attrIdent {
			continue
		}
		var pairs []edn.Value
		for _, of := range w.other.of(s.e) {
			a := w.attr(of.a)
			for _, v := range w.other.at[of].added {
				pairs = append(pairs, w.attrForm(of.a, a), ToEDN(v))
			}
		}
		w.forms = append(w.forms, edn.MakeMap(pairs...))
	}
	return nil
}

// left is a change without what refers to entities that were decided upon.
func (w *threeWay) left(ch *change) change {
	out := *ch
	about := func(v Value) bool { return v.Kind() == RefKind && w.unref[v.Ref()] }
	if slices.ContainsFunc(ch.added, about) || slices.ContainsFunc(ch.removed, about) {
		out.added = slices.DeleteFunc(slices.Clone(ch.added), about)
		out.removed = slices.DeleteFunc(slices.Clone(ch.removed), about)
	}
	return out
}

// set merges a slot of many values: what theirs added is added, what it took is taken.
func (w *threeWay) set(ctx context.Context, s slot, a attrs) error {
	ch := w.left(w.other.at[s])
	have, err := slotValues(ctx, w.ours, s.e, s.a)
	if err != nil {
		return err
	}
	for _, v := range ch.removed {
		if slices.Contains(have, v) {
			w.retract(s, a, v)
		}
	}
	for _, v := range ch.added {
		if slices.Contains(have, v) {
			continue
		}
		if ok, err := w.mayHold(ctx, s, a, v); err != nil || !ok {
			if err != nil {
				return err
			}
			continue
		}
		w.assert(s, a, v)
	}
	return nil
}

// single merges a slot of one value.
func (w *threeWay) single(ctx context.Context, s slot, a attrs) error {
	ch := w.left(w.other.at[s])
	if len(ch.added)+len(ch.removed) == 0 && !w.common.contested[s] {
		return nil
	}
	have, err := slotValues(ctx, w.ours, s.e, s.a)
	if err != nil || sameValues(have, ch.added) {
		return err
	}
	kept := slices.DeleteFunc(slices.Clone(have), func(v Value) bool { return slices.Contains(ch.removed, v) })
	if _, changed := w.mine.at[s]; !changed && (len(kept) == 0 || len(ch.added) == 0) {
		return w.replace(ctx, s, a, have, append(kept, ch.added...))
	}
	c := Conflict{Kind: ConflictValue, Entity: s.e, Attr: a.ident(), Base: ch.removed, Ours: have, Theirs: ch.added}
	choice, ok, err := w.decide(ctx, c)
	if err != nil || !ok || choice.Take == TakeOurs {
		return err
	}
	next := ch.added
	if choice.Take == TakeValues {
		next = choice.Values
	}
	return w.replace(ctx, s, a, have, next)
}

// replace gives a slot of one value another one, or none.
func (w *threeWay) replace(ctx context.Context, s slot, a attrs, have, next []Value) error {
	for _, v := range next {
		if ok, err := w.mayHold(ctx, s, a, v); err != nil || !ok {
			return err
		}
	}
	for _, v := range have {
		if !slices.Contains(next, v) {
			w.retract(s, a, v)
		}
	}
	for _, v := range next {
		w.assert(s, a, v)
	}
	return nil
}

// mayHold tells whether an entity can be given a value, which another one may have that is to be the only one.
func (w *threeWay) mayHold(ctx context.Context, s slot, a attrs, v Value) (bool, error) {
	if !a.unique || a.ours == nil {
		return true, nil
	}
	holder, ok, err := w.ours.Entid(ctx, s.a, v)
	if err != nil || !ok || holder == s.e {
		return true, err
	}
	if ch, ok := w.other.at[slot{holder, s.a}]; ok && slices.Contains(ch.removed, v) {
		return true, nil // theirs took it away there
	}
	c := Conflict{Kind: ConflictUnique, Entity: s.e, Attr: a.ident(), Ours: []Value{v}, Theirs: []Value{v}, Holder: holder}
	choice, ok, err := w.decide(ctx, c)
	if err != nil || !ok || choice.Take == TakeOurs {
		return false, err
	}
	w.retract(slot{holder, s.a}, a, v)
	return true, nil
}

// composite asserts the parts of a tuple that the database makes itself: that makes it, even where the parts stay as they are.
func (w *threeWay) composite(ctx context.Context, s slot, a attrs) error {
	if len(w.other.at[s].added) == 0 {
		return nil
	}
	for _, part := range a.parts {
		if _, changed := w.other.at[slot{s.e, part}]; changed {
			continue
		}
		have, err := slotValues(ctx, w.ours, s.e, part)
		if err != nil {
			return err
		}
		for _, v := range have {
			w.assert(slot{s.e, part}, w.attr(part), v)
		}
	}
	return nil
}

func (w *threeWay) assert(s slot, a attrs, v Value) {
	w.add("db/add", entityForm(s.e), w.attrForm(s.a, a), ToEDN(v))
}

func (w *threeWay) retract(s slot, a attrs, v Value) {
	w.add("db/retract", entityForm(s.e), w.attrForm(s.a, a), ToEDN(v))
}
