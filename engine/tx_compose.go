package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// compose keeps composite tuples as their parts are, for all entities of which a part was touched.
func (x *tx) compose(ctx context.Context) error {
	var made []Datom
	for _, e := range x.touched {
		for _, whole := range x.wholes(e) {
			ds, err := x.composed(ctx, e, whole)
			if err != nil {
				return err
			}
			made = append(made, ds...)
		}
	}
	if len(made) > 0 {
		x.out = append(x.out, made...)
		slices.SortFunc(x.out, func(a, b Datom) int { return compareDatoms(&a, &b) })
	}
	return x.checkStated(ctx)
}

// wholes are the composite tuples with a part that acts touch of e.
func (x *tx) wholes(e ID) (wholes []*Attribute) {
	for _, o := range x.about(e) {
		for _, w := range x.schema.tuples[o.a.ID] {
			if !slices.Contains(wholes, w) {
				wholes = append(wholes, w)
			}
		}
	}
	return wholes
}

// composed are the datoms that bring one composite tuple up to date.
func (x *tx) composed(ctx context.Context, e ID, whole *Attribute) (ds []Datom, err error) {
	want, err := x.wholeOf(ctx, e, whole)
	if err != nil {
		return nil, err
	}
	was, err := x.before(ctx, e, whole.ID)
	if err != nil {
		return nil, err
	}
	for _, v := range was {
		if v != want {
			ds = append(ds, Datom{E: e, A: whole.ID, V: v, T: x.t})
		}
	}
	if want.IsNil() || slices.Contains(was, want) {
		return ds, nil
	}
	if whole.Unique != NotUnique {
		x.claim(claim{a: whole, v: want, e: ent(e), asserts: true, pos: x.posOf(e)})
	}
	return append(ds, Datom{E: e, A: whole.ID, V: want, T: x.t, Added: true}), nil
}

// wholeOf is the composite tuple that e should have: nil when it has none of the parts, and for one that
// is unique also when it lacks some, as in SQL: half a key identifies nothing.
func (x *tx) wholeOf(ctx context.Context, e ID, whole *Attribute) (Value, error) {
	parts, found := make([]Value, len(whole.TupleAttrs)), 0
	for i, id := range whole.TupleAttrs {
		vals, err := x.after(ctx, e, id)
		if err != nil {
			return Value{}, err
		}
		if len(vals) > 0 {
			parts[i] = vals[0]
			found++
		}
	}
	if found == 0 || whole.Unique != NotUnique && found < len(parts) {
		return Value{}, nil
	}
	v := Tuple(parts...)
	if err := checkSize(v); err != nil {
		return v, refuse(codeValue, x.posOf(e), "", "composite tuple :%s of entity %d: %s", whole.Ident, e, err)
	}
	return v, nil
}

// checkStated verifies what tx data says of composite tuples: it cannot differ from their parts.
func (x *tx) checkStated(ctx context.Context) error {
	for _, o := range x.stated {
		vals, err := x.after(ctx, ID(o.e), o.a.ID)
		if err != nil {
			return err
		}
		if o.do != add || len(vals) != 1 || vals[0] != o.v {
			return refuse(codeSyntax, o.pos, "add or retract the parts", "composite tuple :%s is made of its parts and cannot be set by itself", o.a.Ident)
		}
	}
	return nil
}

// about are the acts on entity e.
func (x *tx) about(e ID) []act {
	i, _ := slices.BinarySearchFunc(x.acts, e, func(o act, e ID) int { return cmp.Compare(ID(o.e), e) })
	j := i
	for j < len(x.acts) && ID(x.acts[j].e) == e {
		j++
	}
	return x.acts[i:j]
}

// posOf is where tx data first speaks of e.
func (x *tx) posOf(e ID) edn.Pos {
	acts := x.about(e)
	if len(acts) == 0 {
		return edn.Pos{}
	}
	return slices.MinFunc(acts, func(a, b act) int { return int(a.seq - b.seq) }).pos
}
