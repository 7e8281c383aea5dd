package datahike

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/engine/fressian"
)

func millis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func errNoAttribute(ident string) error {
	return fmt.Errorf("attribute :%s is not in the schema", ident)
}

// find is where datoms that fit are, and perhaps others, and which of them sort together in the store and in the engine.
func (l *lazy) find(ctx context.Context, w engine.Want) (all iter.Seq2[Datom, error], group func(x, y *engine.Datom) bool, ok bool) {
	a, name, known := l.attribute(w.A)
	if w.A.Set && !known {
		return nil, nil, false
	}
	byEntity := func(x, y *engine.Datom) bool { return x.E == y.E }
	together := func(*engine.Datom, *engine.Datom) bool { return true }
	switch {
	case w.E.Set:
		e, ok := l.number(w.E.Val)
		return l.ofEntity(ctx, w.View, e, name), together, ok
	case !w.A.Set:
		every := func(*Datom) bool { return true }
		return l.read(ctx, EAVT, w.View, every, every), byEntity, true
	case w.V.Set && l.seeks(a):
		if v, ok := l.stored(w.V.Val); ok {
			return l.ofValue(ctx, w.View, name, v, v), together, true
		}
		return l.ofAttribute(ctx, w.View, name), together, true
	case w.Order == engine.AVET && l.rises(a):
		var lo, hi any
		if w.Lo.Set {
			lo, _ = fromEDN(engine.ToEDN(w.Lo.Val))
		}
		if w.Hi.Set {
			hi, _ = fromEDN(engine.ToEDN(w.Hi.Val))
		}
		return l.ofValue(ctx, w.View, name, lo, hi), func(x, y *engine.Datom) bool { return x.V == y.V }, true
	case w.Order == engine.AVET:
		return l.ofAttribute(ctx, w.View, name), together, true
	}
	return l.ofAttribute(ctx, w.View, name), byEntity, true
}

// attribute is an attribute, and what datoms have for it.
func (l *lazy) attribute(id engine.Opt[engine.ID]) (a *engine.Attribute, name any, ok bool) {
	if !id.Set {
		return nil, nil, false
	}
	if a, ok = l.schema.ByID(id.Val); !ok {
		return nil, nil, false
	}
	if !l.c.config.refs {
		return a, fressian.Keyword(a.Ident), true
	}
	n, ok := l.numbers[id.Val]
	return a, n, ok
}

// seeks tells whether AVET finds the values of an attribute: it has them, and orders them as compareValues does.
func (l *lazy) seeks(a *engine.Attribute) bool {
	switch a.Type {
	case engine.NilKind, engine.URIKind:
		return false
	}
	return l.indexed[a.Ident]
}

// rises tells whether AVET has the values of an attribute in the order of the engine.
func (l *lazy) rises(a *engine.Attribute) bool {
	return (a.Type == engine.LongKind || a.Type == engine.InstantKind) && l.indexed[a.Ident]
}

func (l *lazy) ofEntity(ctx context.Context, view engine.View, e int64, name any) iter.Seq2[Datom, error] {
	return l.read(ctx, EAVT, view,
		func(d *Datom) bool { return d.E > e || d.E == e && (name == nil || compareValues(d.A, name) >= 0) },
		func(d *Datom) bool { return d.E == e && (name == nil || compareValues(d.A, name) == 0) })
}

func (l *lazy) ofAttribute(ctx context.Context, view engine.View, name any) iter.Seq2[Datom, error] {
	return l.read(ctx, AEVT, view,
		func(d *Datom) bool { return compareValues(d.A, name) >= 0 },
		func(d *Datom) bool { return compareValues(d.A, name) == 0 })
}

// ofValue yields the datoms of an attribute from a value to another, both nil where there is no bound.
func (l *lazy) ofValue(ctx context.Context, view engine.View, name, lo, hi any) iter.Seq2[Datom, error] {
	return l.read(ctx, AVET, view,
		func(d *Datom) bool {
			c := compareValues(d.A, name)
			return c > 0 || c == 0 && (lo == nil || compareValues(d.V, lo) >= 0)
		},
		func(d *Datom) bool {
			return compareValues(d.A, name) == 0 && (hi == nil || compareValues(d.V, hi) <= 0)
		})
}

// read yields of what holds, what is over, or both, the datoms from the first that is reached to the last that belongs.
func (l *lazy) read(ctx context.Context, i Index, view engine.View, reached, belongs func(*Datom) bool) iter.Seq2[Datom, error] {
	now := while(l.c.from(ctx, i, reached), belongs)
	was := while(l.c.from(ctx, "temporal-"+i, reached), belongs)
	switch view {
	case engine.Current:
		return now
	case engine.Over:
		return without(i.order(), was, now)
	}
	return merged(i.order(), now, was)
}

// stored is a value as the store has it; ok is false for one that it cannot have.
func (l *lazy) stored(v engine.Value) (any, bool) {
	switch v.Kind() {
	case engine.RefKind:
		return l.number(v.Ref())
	case engine.TupleKind:
		items := fressian.List{}
		for _, item := range v.Tuple() {
			x, ok := l.stored(item)
			if !ok {
				return nil, false
			}
			items = append(items, x)
		}
		return items, true
	}
	return fromEDN(engine.ToEDN(v))
}

// fromEDN is a value of EDN as a store has it, but for what has no type there.
func fromEDN(v edn.Value) (any, bool) {
	switch v.Kind() {
	case edn.Nil:
		return nil, true
	case edn.Bool:
		return v.Bool(), true
	case edn.Int:
		return v.Int(), true
	case edn.BigInt:
		return v.Big(), true
	case edn.BigDec:
		return fressian.BigDec{Unscaled: v.Big(), Scale: v.Scale()}, true
	case edn.Float:
		return v.Float(), v.Float() == v.Float()
	case edn.String:
		return v.Text(), true
	case edn.Bytes:
		return []byte(v.Text()), true
	case edn.Keyword:
		return fressian.Keyword(v.Text()), true
	case edn.Symbol:
		return fressian.Symbol(v.Text()), true
	case edn.Inst:
		return fressian.Inst(v.Millis()), true
	case edn.UUID:
		return fressian.UUID([]byte(v.Text())), true
	}
	return nil, false
}
