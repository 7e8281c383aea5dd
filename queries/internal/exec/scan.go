package exec

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// A pattern is answered in one of two ways: by one scan of all that its
// constants select, joined with the rows so far, or by a look-up for each of the
// rows. Both give the same; the cheaper one is chosen by exact counts.

// treeCost is what one look-up in a tree costs, in datoms scanned.
const treeCost = 40

// scans chooses how a pattern is answered.
func (r *run) scans(left *rel, a *access) (how string, scans iter.Seq2[batch, error], err error) {
	all, err := r.count(a.p)
	if err != nil {
		return "", nil, err
	}
	cost := r.lookups(a, left.n) * treeCost
	if cost >= 0 && cost < all {
		keys := a.keys(left)
		return a.index("look up"), columns(r.ctx, a.p.Source.Input.DB, a.each(keys)), nil
	}
	if v, ok := slotAt(a.fresh, logic.PlaceV); ok {
		if lo, hi := r.bounds(left, a.p, v); lo.Set || hi.Set {
			return "range of AVET", batches(a.p.Attr.ID, a.p.Source.Input.DB.Range(r.ctx, a.p.Attr.ID, lo, hi)), nil
		}
	}
	return a.index("scan"), columns(r.ctx, a.p.Source.Input.DB, slices.Values(a.constant())), nil
}

// lookups is how many look-ups n rows need at most, -1 when nothing is bound that can be looked up by.
func (r *run) lookups(a *access, n int) float64 {
	_, e := slotAt(a.bound, logic.PlaceE)
	_, attr := slotAt(a.bound, logic.PlaceA)
	_, v := slotAt(a.bound, logic.PlaceV)
	switch {
	case a.p.Anywhere != nil || !e && !attr && !v:
		return -1
	case v && !e && !attr && a.p.Attr == nil && a.p.Terms[logic.PlaceE].Kind != lang.Constant:
		return float64(n * len(attributes(a.p.Source.Input.DB)))
	}
	return float64(n)
}

// attributes lists all attributes of a database.
func attributes(db engine.DB) []*engine.Attribute {
	list := slices.Collect(db.Schema().Attributes())
	return slices.AppendSeq(list, db.Schema().System())
}

// constant are the patterns of the engine that give all that the constants select.
func (a *access) constant() []engine.Pattern {
	var base engine.Pattern
	if t := a.p.Terms[logic.PlaceE]; t.Kind == lang.Constant {
		if t.Value.Int() <= 0 {
			return nil
		}
		base.E = engine.Some(engine.ID(t.Value.Int()))
	}
	if t := a.p.Terms[logic.PlaceT]; t.Kind == lang.Constant {
		n, ok := engine.TxOf(engine.ID(t.Value.Int()))
		if !ok {
			return nil
		}
		base.T = engine.Some(n)
	}
	if t := a.p.Terms[logic.PlaceOp]; t.Kind == lang.Constant {
		base.Added = engine.Some(t.Value.Bool())
	}
	if a.p.Anywhere != nil {
		return a.anywhere(base)
	}
	if a.p.Attr != nil {
		base.A = engine.Some(a.p.Attr.ID)
		if t := a.p.Terms[logic.PlaceV]; t.Kind == lang.Constant {
			v, err := a.p.Source.Input.DB.Schema().FromEDN(a.p.Attr, t.Value)
			if err != nil {
				return nil
			}
			base.V = engine.Some(v)
		}
	}
	return []engine.Pattern{base}
}

// anywhere is a pattern for each attribute that can have the value.
func (a *access) anywhere(base engine.Pattern) []engine.Pattern {
	var out []engine.Pattern
	for _, id := range slices.Sorted(maps.Keys(a.p.Anywhere)) {
		base.A, base.V = engine.Some(id), engine.Some(a.p.Anywhere[id])
		out = append(out, base)
	}
	return out
}

// keys are the different values that look-ups are made by, in rising order of the entities.
func (a *access) keys(left *rel) *rel {
	var vars []lang.Var
	for _, s := range a.bound {
		if s.place <= logic.PlaceV {
			vars = append(vars, s.v)
		}
	}
	keys := a.run.project(left, vars)
	if _, ok := slotAt(a.bound, logic.PlaceE); !ok {
		return keys
	}
	order := make([]int32, keys.n)
	for i := range order {
		order[i] = int32(i)
	}
	v, _ := slotAt(a.bound, logic.PlaceE)
	col := keys.col(v)
	slices.SortFunc(order, func(x, y int32) int { return cmp.Compare(col[x].Int(), col[y].Int()) })
	return keys.rows(order)
}

// each is the patterns of the engine that look up the keys.
func (a *access) each(keys *rel) iter.Seq[engine.Pattern] {
	return func(yield func(engine.Pattern) bool) {
		for row := range keys.n {
			for _, p := range a.lookup(keys, row) {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// lookup is the patterns of the engine for one key: none when it can match nothing, several when
// the value is known and the attribute is not.
func (a *access) lookup(keys *rel, row int) []engine.Pattern {
	patterns := a.constant()
	if len(patterns) != 1 {
		return nil
	}
	p, attr := patterns[0], a.p.Attr
	if v, ok := slotAt(a.bound, logic.PlaceE); ok {
		t := keys.col(v)[row]
		if !t.IsInt() || t.Int() <= 0 {
			return nil
		}
		p.E = engine.Some(engine.ID(t.Int()))
	}
	if v, ok := slotAt(a.bound, logic.PlaceA); ok {
		ident := a.run.dict.Value(keys.col(v)[row])
		if attr, ok = a.p.Source.Input.DB.Schema().ByIdent(ident.Text()); !ok || ident.Kind() != edn.Keyword {
			return nil
		}
		p.A = engine.Some(attr.ID)
	}
	v, ok := slotAt(a.bound, logic.PlaceV)
	switch {
	case !ok:
		return []engine.Pattern{p}
	case attr != nil:
		return a.withValue(nil, p, attr, keys.col(v)[row])
	case p.E.Set:
		return []engine.Pattern{p}
	}
	var out []engine.Pattern
	for _, attr := range attributes(a.p.Source.Input.DB) {
		out = a.withValue(out, p, attr, keys.col(v)[row])
	}
	return out
}

// withValue adds the pattern for a value of an attribute, if it can have it.
func (a *access) withValue(out []engine.Pattern, p engine.Pattern, attr *engine.Attribute, t term) []engine.Pattern {
	v, ok := a.run.dict.AsAttribute(t, a.p.Source.Input.DB.Schema(), attr)
	if !ok {
		return out
	}
	p.A, p.V = engine.Some(attr.ID), engine.Some(v)
	return append(out, p)
}

// index names how a pattern is read, for the plan.
func (a *access) index(verb string) string {
	known := func(place int) bool {
		_, bound := slotAt(a.bound, place)
		return bound && verb == "look up" || a.p.Terms[place].Kind == lang.Constant
	}
	switch e, at, v := known(logic.PlaceE), known(logic.PlaceA), known(logic.PlaceV); {
	case e:
		return verb + " in EAVT"
	case v:
		return verb + " in AVET"
	case at:
		return verb + " of AEVT"
	}
	return verb + " of EAVT"
}

// columns chains the answers to several patterns.
func columns(ctx context.Context, db engine.DB, patterns iter.Seq[engine.Pattern]) iter.Seq2[batch, error] {
	return func(yield func(batch, error) bool) {
		for p := range patterns {
			for c, err := range db.Columns(ctx, p) {
				if !yield(batch{c, p.A.Val}, err) || err != nil {
					return
				}
			}
		}
	}
}

// batches makes batches of single datoms of one attribute.
func batches(attr engine.ID, datoms iter.Seq2[engine.Datom, error]) iter.Seq2[batch, error] {
	return func(yield func(batch, error) bool) {
		b := batch{attr: attr}
		for d, err := range datoms {
			if err != nil {
				yield(batch{}, err)
				return
			}
			b.E, b.V, b.T, b.Added = append(b.E, d.E), append(b.V, d.V), append(b.T, d.T), append(b.Added, d.Added)
			if len(b.E) == 1024 {
				if !yield(b, nil) {
					return
				}
				b = batch{attr: attr}
			}
		}
		if len(b.E) > 0 {
			yield(b, nil)
		}
	}
}
