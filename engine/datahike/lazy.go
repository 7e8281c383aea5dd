package datahike

import (
	"context"
	"iter"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
)

// lazy is a commit that is read where it is, node by node, as the engine's trees would be.
type lazy struct {
	c       *Commit
	conv    *converter
	schema  *engine.Schema
	ids     map[int64]engine.ID // attributes by their entity
	numbers map[engine.ID]int64
	indexed map[string]bool // idents of attributes that AVET has
}

// DB is the commit as a database that is read where it is: a look-up reads the nodes on its way. It answers what the
// converted one answers; what comes before it is found in from, which may be nil. ok is false for what only a conversion tells: tuples of types
// that dhfs does not have.
func (c *Commit) DB(ctx context.Context, from cas.Getter) (db engine.DB, ok bool, err error) {
	db, _, ok, err = c.lazyDB(ctx, from)
	return db, ok, err
}

func (c *Commit) lazyDB(ctx context.Context, from cas.Getter) (db engine.DB, l *lazy, ok bool, err error) {
	schema, err := c.Schema(ctx)
	if err != nil {
		return db, nil, false, err
	}
	l = &lazy{c: c}
	l.conv = &converter{schema: schema, attrs: schema.attributes(), maxTx: c.MaxTx, notes: &notes{}}
	attrs, ok := l.attributes()
	if !ok {
		return db, nil, false, nil
	}
	if c.config.flexible {
		if attrs, err = l.withUsed(ctx, attrs); err != nil {
			return db, nil, false, err
		}
	}
	db, err = engine.FromForeign(l, engine.AboutForeign{
		Name: c.name(c.MaxTx), T: uint64(c.MaxTx - FirstTx), At: millis(c.At), From: from,
		Options: engine.Options{NoHistory: !c.config.history, SchemaOnRead: c.config.flexible || l.anyType()}, Attributes: attrs,
	})
	if err != nil {
		return db, nil, false, err
	}
	l.schema = db.Schema()
	for e, ident := range l.conv.attrs {
		if a, ok := l.schema.ByIdent(ident); ok {
			l.ids[e] = a.ID
			l.numbers[a.ID] = e
		}
	}
	return db, l, true, nil
}

// withUsed adds the attributes that datoms have and nothing declares, by name: with a schema on read.
func (l *lazy) withUsed(ctx context.Context, attrs []*engine.Attribute) ([]*engine.Attribute, error) {
	known := map[string]bool{}
	for _, a := range attrs {
		known[a.Ident] = true
	}
	for _, i := range []Index{AEVT, TemporalAEVT} {
		used, err := l.c.used(ctx, i)
		if err != nil {
			return nil, err
		}
		for _, name := range used {
			ident, err := l.conv.schema.ident(name)
			if err != nil || known[ident] || isSystem(ident) {
				continue
			}
			known[ident] = true
			a, _ := l.conv.schema.attribute(ident, map[string]engine.ID{ident: engine.AttributeID(len(attrs))})
			attrs = append(attrs, a)
		}
	}
	return attrs, nil
}

// used are the attributes that a tree in the order of attributes has, in its order. The nodes at which one begins are read.
func (c *Commit) used(ctx context.Context, i Index) (all []any, err error) {
	var last any
	for more := true; more; {
		more = false
		for d, err := range c.from(ctx, i, func(d *Datom) bool { return last == nil || compareValues(d.A, last) > 0 }) {
			if err != nil {
				return nil, err
			}
			all, last, more = append(all, d.A), d.A, true
			break
		}
	}
	return all, nil
}

// maxTogether is how many datoms are yielded together, unless one group has more.
const maxTogether = 512

// Select implements engine.Foreign.
func (l *lazy) Select(ctx context.Context, w engine.Want) iter.Seq2[[]engine.Datom, error] {
	return func(yield func([]engine.Datom, error) bool) {
		all, group, ok := l.find(ctx, w)
		if !ok {
			return
		}
		g := &grouper{order: w.Order, whole: !w.E.Set, yield: yield, same: group}
		for d, err := range all {
			if err != nil {
				yield(nil, err)
				return
			}
			x, shown, err := l.datom(d)
			if err != nil {
				yield(nil, l.c.store.damaged(toKey(l.c.ID), "%v", err))
				return
			}
			if !shown || w.A.Set && x.A != w.A.Val || w.V.Set && x.V != w.V.Val || w.Lo.Set && engine.Compare(x.V, w.Lo.Val) < 0 || w.Hi.Set && engine.Compare(x.V, w.Hi.Val) >= 0 {
				continue
			}
			if !g.add(x) {
				return
			}
		}
		g.finish()
	}
}

// grouper puts datoms that come in the order of a store into that of the engine: in a group of what sorts together in both. What belongs to
// attributes and transactions comes last.
type grouper struct {
	order engine.Index
	whole bool // what belongs to attributes and transactions is among others
	same  func(x, y *engine.Datom) bool
	yield func([]engine.Datom, error) bool

	ready, group, last []engine.Datom
}

func (g *grouper) add(d engine.Datom) bool {
	if g.whole && !isUser(d.E) {
		g.last = append(g.last, d)
		return true
	}
	if len(g.group) > 0 && !g.same(&g.group[0], &d) && !g.end() {
		return false
	}
	g.group = append(g.group, d)
	return true
}

// isUser tells whether an entity is neither an attribute nor a transaction.
func isUser(e engine.ID) bool { return e < engine.AttributeID(0) }

// end ends a group.
func (g *grouper) end() bool {
	engine.SortDatoms(g.order, g.group)
	g.ready = append(g.ready, g.group...)
	g.group = g.group[:0]
	return len(g.ready) < maxTogether || g.give()
}

func (g *grouper) give() bool {
	list := g.ready
	g.ready = nil
	return g.yield(list, nil)
}

func (g *grouper) finish() {
	if !g.end() {
		return
	}
	g.group = append(g.group, g.last...)
	if g.end() && len(g.ready) > 0 {
		g.give()
	}
}

// datom is a datom in the words of the engine; shown is false for what has no counterpart.
func (l *lazy) datom(d Datom) (x engine.Datom, shown bool, err error) {
	s, shown, err := l.conv.say(d)
	if err != nil || !shown {
		return x, false, err
	}
	a, ok := l.schema.ByIdent(s.ident)
	if !ok {
		return x, false, errNoAttribute(s.ident)
	}
	x = engine.Datom{E: l.entity(d.E), A: a.ID, T: uint64(d.Tx - FirstTx), Added: d.Added}
	if n, isNumber := d.V.(int64); isNumber && a.Type == engine.RefKind {
		x.V = engine.Ref(l.entity(n))
		return x, true, nil
	}
	x.V, err = l.schema.FromEDN(a, s.value)
	return x, true, err
}

// entity is the id of an entity of the store.
func (l *lazy) entity(e int64) engine.ID {
	if id, ok := l.ids[e]; ok {
		return id
	}
	if e > FirstTx && e <= l.c.MaxTx {
		return engine.TxID(uint64(e - FirstTx))
	}
	return engine.ID(e)
}

// number is the number that an entity has in the store; ok is false where there is none.
func (l *lazy) number(id engine.ID) (e int64, ok bool) {
	if e, ok := l.numbers[id]; ok {
		return e, true
	}
	if t, ok := engine.TxOf(id); ok {
		return FirstTx + int64(t), t > 0 && FirstTx+int64(t) <= l.c.MaxTx
	}
	return int64(id), isUser(id) && l.entity(int64(id)) == id
}

// Estimate implements engine.Foreign.
func (l *lazy) Estimate(ctx context.Context, w engine.Want) (uint64, error) {
	a, known := l.schema.ByID(w.A.Val)
	switch {
	case w.E.Set && w.A.Set && known && !a.Many:
		return 1, nil
	case w.E.Set:
		return 8, nil
	case w.A.Set && w.V.Set && l.seeks(a):
		return l.countFew(ctx, w)
	}
	n, err := l.count(ctx)
	switch {
	case w.A.Set && w.V.Set:
		n /= 16 * int64(1+len(l.numbers))
	case w.A.Set:
		n /= int64(1 + len(l.numbers))
	}
	return uint64(n) + 1, err
}

// countFew counts up to maxTogether.
func (l *lazy) countFew(ctx context.Context, w engine.Want) (n uint64, err error) {
	for list, err := range l.Select(ctx, w) {
		if n += uint64(len(list)); err != nil || n >= maxTogether {
			return n, err
		}
	}
	return n, nil
}

// count is how many datoms hold.
func (l *lazy) count(ctx context.Context) (n int64, err error) {
	if told := l.c.trees[EAVT].count; told >= 0 {
		return told, nil
	}
	top, err := l.c.open(ctx, EAVT)
	if err != nil || top == nil {
		return 0, err
	}
	if top.count >= 0 {
		return top.count, nil
	}
	return int64(len(top.keys)) << (8 * top.level), nil
}

// anyType tells whether an attribute has a type that dhfs does not have: then the schema is on read.
func (l *lazy) anyType() bool {
	for _, ident := range l.conv.attrs {
		if name := l.conv.schema.valueType(ident); !isSystem(ident) && name != "" && !knownType("db.type/"+name) {
			return true
		}
	}
	return false
}

// attributes are those of the schema, with the ids that an import gives them; ok is false where one cannot be told from the schema.
func (l *lazy) attributes() (list []*engine.Attribute, ok bool) {
	l.ids, l.numbers, l.indexed = map[int64]engine.ID{}, map[engine.ID]int64{}, l.conv.schema.indexed()
	var numbers []int64
	for e, ident := range l.conv.attrs {
		if !isSystem(ident) {
			numbers = append(numbers, e)
		}
	}
	slices.Sort(numbers)
	ids := map[string]engine.ID{}
	for i, e := range numbers {
		ids[l.conv.attrs[e]] = engine.AttributeID(i)
	}
	for _, e := range numbers {
		ident := l.conv.attrs[e]
		a, ok := l.conv.schema.attribute(ident, ids)
		if !ok {
			return nil, false
		}
		list = append(list, a)
	}
	return list, true
}
