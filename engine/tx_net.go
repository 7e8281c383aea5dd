package engine

import (
	"cmp"
	"context"
	"slices"
)

// compareActs brings together what is about one value, one attribute and one entity.
func compareActs(a, b act) int {
	if c := cmp.Compare(a.e, b.e); c != 0 {
		return c
	}
	if c := cmp.Compare(a.a.ID, b.a.ID); c != 0 {
		return c
	}
	if c := Compare(a.v, b.v); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.do, b.do), cmp.Compare(a.seq, b.seq))
}

// compare works out what acts change, one attribute of one entity at a time.
func (x *tx) compare(ctx context.Context) error {
	slices.SortFunc(x.acts, compareActs)
	x.out = make([]Datom, 0, len(x.acts)+1)
	now, g := newCurrent(x.db), &group{}
	for i := 0; i < len(x.acts); {
		j := i + 1
		for j < len(x.acts) && x.acts[j].e == x.acts[i].e && x.acts[j].a == x.acts[i].a {
			j++
		}
		*g = group{acts: x.acts[i:j], a: x.acts[i].a, e: ID(x.acts[i].e), adds: g.adds[:0]}
		if err := x.compareGroup(ctx, g, now); err != nil {
			return err
		}
		i = j
	}
	return nil
}

// group is all that a transaction does to one attribute of one entity.
type group struct {
	acts  []act // by value
	a     *Attribute
	e     ID
	now   []Value // before the transaction
	adds  []Value // distinct
	wiped bool    // all values are retracted that are not added
}

func (x *tx) compareGroup(ctx context.Context, g *group, now *current) (err error) {
	if len(g.a.TupleAttrs) > 0 {
		x.state(g)
		return nil
	}
	if err := g.collect(); err != nil {
		return err
	}
	if !x.isNew(g.e) {
		if g.now, err = now.values(ctx, g); err != nil {
			return err
		}
	}
	if x.schema.tuples[g.a.ID] != nil && (len(x.touched) == 0 || x.touched[len(x.touched)-1] != g.e) {
		x.touched = append(x.touched, g.e)
	}
	x.emit(g)
	return nil
}

// state keeps what tx data says of a composite tuple, which is made of its parts.
func (x *tx) state(g *group) {
	for _, o := range g.acts {
		if o.do != wipe {
			x.stated = append(x.stated, o)
		}
	}
}

// collect lists the values that are added, and refuses contradictions.
func (g *group) collect() error {
	first, last := int32(-1), int32(-1) // first add, last wipeAll
	for i := range g.acts {
		o := &g.acts[i]
		switch {
		case o.do == wipeAll:
			g.wiped, last = true, max(last, o.seq)
			continue
		case o.do != add:
			continue
		}
		if n := len(g.adds); n == 0 || g.adds[n-1] != o.v {
			g.adds = append(g.adds, o.v)
		}
		if first < 0 || o.seq < first {
			first = o.seq
		}
	}
	switch {
	case !g.a.Many && len(g.adds) > 1:
		return g.conflict("an entity has one value of it; declare it :db.cardinality/many for more",
			"is given two values: %s and %s", show(g.adds[0]), show(g.adds[1]))
	case first >= 0 && first < last:
		return g.conflict("put the retraction first, or leave one of them out", "is added, but a later form retracts all its values")
	}
	return g.both()
}

// both refuses to add and retract one datom.
func (g *group) both() error {
	if len(g.adds) == 0 || len(g.adds) == len(g.acts) {
		return nil
	}
	for i := range g.acts {
		if o := &g.acts[i]; o.do == retract && g.isAdded(o.v) {
			return g.conflict("leave one of them out", "has %s both added and retracted", show(o.v))
		}
	}
	return nil
}

func (g *group) conflict(hint, format string, args ...any) error {
	last := g.acts[0]
	for _, o := range g.acts {
		if o.seq >= last.seq {
			last = o
		}
	}
	args = append([]any{g.a.Ident, g.e}, args...)
	return refuse(codeConflict, last.pos, hint, ":%s of entity %d "+format, args...)
}

func (g *group) isAdded(v Value) bool {
	_, ok := slices.BinarySearchFunc(g.adds, v, Compare)
	return ok
}

// isGone tells whether a value that was there is there no more.
func (g *group) isGone(v Value) bool {
	if g.isAdded(v) {
		return false
	}
	if g.wiped || !g.a.Many && len(g.adds) > 0 {
		return true
	}
	i, _ := slices.BinarySearchFunc(g.acts, v, func(o act, v Value) int { return Compare(o.v, v) })
	return i < len(g.acts) && g.acts[i].v == v
}

// emit appends the datoms by value: what was there and is gone, what was not and is added.
func (x *tx) emit(g *group) {
	now, adds := g.now, g.adds
	for len(now) > 0 || len(adds) > 0 {
		c := order(now, adds)
		if c < 0 && g.isGone(now[0]) {
			x.out = append(x.out, Datom{E: g.e, A: g.a.ID, V: now[0], T: x.t})
		}
		if c > 0 {
			x.out = append(x.out, Datom{E: g.e, A: g.a.ID, V: adds[0], T: x.t, Added: true})
		}
		if c <= 0 {
			now = now[1:]
		}
		if c >= 0 {
			adds = adds[1:]
		}
	}
}

// order compares the first of two sorted lists of values; an empty one comes last.
func order(a, b []Value) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	}
	return Compare(a[0], b[0])
}
