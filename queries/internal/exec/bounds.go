package exec

import (
	"sort"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

type opt = engine.Opt[engine.Value]

// bounds are limits to the value of a pattern that predicates still to be run
// will set anyway, so that a part of an index is read instead of all. The predicates
// are run nevertheless: bounds may let through more than they do, never less.
func (r *run) bounds(left *rel, pattern *logic.Pattern, v lang.Var) (lo, hi opt) {
	if pattern.Attr == nil || !boundable(pattern.Attr.Type) || left.has(v) {
		return lo, hi
	}
	for _, place := range []int{logic.PlaceE, logic.PlaceT, logic.PlaceOp} {
		if pattern.Terms[place].Kind == lang.Constant {
			return lo, hi
		}
	}
	for _, c := range r.scope.left {
		p, ok := c.(*logic.Predicate)
		if !ok || p.Call.Negate {
			continue
		}
		for i := 1; i < len(p.Call.Args); i++ {
			x, y := p.Call.Args[i-1], p.Call.Args[i]
			switch p.Call.Fn.Name {
			case "<", "<=":
				r.bound(left, pattern.Attr, v, x, y, &lo, &hi)
			case ">", ">=":
				r.bound(left, pattern.Attr, v, y, x, &lo, &hi)
			}
		}
	}
	return lo, hi
}

// bound narrows lo and hi by x <= y where one is the variable and the other is known.
func (r *run) bound(left *rel, attr *engine.Attribute, v lang.Var, x, y lang.Term, lo, hi *opt) {
	if y.Kind == lang.Variable && y.Var == v {
		if k, ok := r.fixed(left, attr, x); ok && (!lo.Set || engine.Compare(k, lo.Val) > 0) {
			*lo = engine.Some(k)
		}
	}
	if x.Kind == lang.Variable && x.Var == v {
		if k, ok := r.fixed(left, attr, y); ok {
			if next, ok := after(k); ok && (!hi.Set || engine.Compare(next, hi.Val) < 0) {
				*hi = engine.Some(next)
			}
		}
	}
}

// boundable tells the types whose order in the index is the order of comparisons.
func boundable(k engine.Kind) bool {
	return k == engine.LongKind || k == engine.InstantKind || k == engine.StringKind || k == engine.DoubleKind
}

// fixed is the one value of a term as the attribute stores it.
func (r *run) fixed(left *rel, attr *engine.Attribute, t lang.Term) (engine.Value, bool) {
	var value edn.Value
	switch {
	case t.Kind == lang.Constant:
		value = t.Value
	case t.Kind == lang.Variable && left.n == 1 && left.has(t.Var):
		value = r.dict.Value(left.col(t.Var)[0])
	default:
		return engine.Value{}, false
	}
	if value.Kind() == edn.Float && value.Float() != value.Float() || value.Kind() == edn.Char {
		return engine.Value{}, false // nothing compares with NaN, and no character with a string
	}
	v, err := engine.FromEDN(attr.Type, value)
	return v, err == nil && v.Kind() == attr.Type
}

// after is a value that follows v with none between them, where that is easily said.
func after(v engine.Value) (engine.Value, bool) {
	switch v.Kind() {
	case engine.LongKind:
		return engine.Long(v.Long() + 1), v.Long() < 1<<63-1
	case engine.InstantKind:
		return engine.Instant(v.Millis() + 1), v.Millis() < 1<<63-1
	case engine.StringKind:
		return engine.String(v.Text() + "\x00"), true
	}
	return v, false
}

// valueRange is the rows of an AVET side between the bounds of a pattern's value.
func (r *run) valueRange(left *rel, p *logic.Pattern, sd *side) span {
	lo, hi := r.bounds(left, p, p.Terms[logic.PlaceV].Var)
	s := sd.all()
	if lo.Set {
		s.lo = r.firstFrom(sd, p.Attr, lo.Val)
	}
	if hi.Set {
		s.hi = max(r.firstFrom(sd, p.Attr, hi.Val), s.lo)
	}
	return s
}

// firstFrom is the first row of an AVET side whose value is not less than v.
func (r *run) firstFrom(sd *side, a *engine.Attribute, v engine.Value) int32 {
	return int32(sort.Search(len(sd.keys), func(i int) bool {
		k, err := engine.FromEDN(a.Type, r.dict.Value(sd.keys[i]))
		return err != nil || engine.Compare(k, v) >= 0
	}))
}
