package engine

import (
	"context"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// purger works out what purge forms remove. They come before all other forms of the
// transaction, which then sees a database that never had what is purged.
type purger struct {
	x    *tx // reads attributes and values
	s    *state
	out  purged
	gone map[ID]bool // entities that are purged whole
}

// purgeVerbs are the forms that purge, and what reads them.
var purgeVerbs = map[string]func(p *purger, ctx context.Context, args []edn.Value) error{
	"db/purge":                (*purger).value,
	"db.purge/entity":         (*purger).entity,
	"db.purge/attribute":      (*purger).attribute,
	"db.history.purge/before": (*purger).before,
}

// purge is db without what forms purge, and what that is.
func purge(ctx context.Context, db DB, forms []edn.Value) (DB, purged, error) {
	if !slices.ContainsFunc(forms, isPurge) {
		return db, purged{}, nil
	}
	p := &purger{x: newTx(db, db.Schema(), db.T()+1, db.s.next), s: db.s, gone: map[ID]bool{}}
	for _, f := range forms {
		if !isPurge(f) {
			continue
		}
		if err := p.form(ctx, f); err != nil {
			return db, purged{}, err
		}
	}
	p.out.tidy()
	if p.out.count() == 0 {
		return db, purged{}, nil
	}
	s, err := db.s.without(ctx, p.out)
	return DB{s: s}, p.out, err
}

// isPurge tells whether a form purges. It is asked of every form of every transaction.
func isPurge(f edn.Value) bool {
	if f.Kind() != edn.Vector && f.Kind() != edn.List {
		return false
	}
	items := f.Items()
	return len(items) > 0 && items[0].Kind() == edn.Keyword &&
		strings.Contains(items[0].Text(), "purge") && purgeVerbs[items[0].Text()] != nil
}

func (p *purger) form(ctx context.Context, f edn.Value) error {
	args, err := verbs[f.Items()[0].Text()].args(f)
	if err != nil {
		return err
	}
	if p.s.opts.NoHistory {
		return refuse(codePurge, f.Pos(), "retract it: nothing that is retracted is kept here",
			"%s: the database has no history to purge", brief(f.Items()[0]))
	}
	return purgeVerbs[f.Items()[0].Text()](p, ctx, args)
}

// value reads [:db/purge e a v]: one value, however often it came and went.
func (p *purger) value(ctx context.Context, args []edn.Value) error {
	e, a, err := p.subject(ctx, args[0], args[1])
	if err != nil || a == nil {
		return err
	}
	v, err := p.operand(ctx, a, args[2])
	if err != nil {
		return err
	}
	stored, _, _ := outline(v)
	return p.ofAttribute(ctx, e, a, reach{match: func(d Datom) bool { return d.V == stored }})
}

// attribute reads [:db.purge/attribute e a]: all values, and the parts that they refer to.
func (p *purger) attribute(ctx context.Context, args []edn.Value) error {
	e, a, err := p.subject(ctx, args[0], args[1])
	if err != nil || a == nil {
		return err
	}
	return p.ofAttribute(ctx, e, a, reach{parts: true})
}

// entity reads [:db.purge/entity e]: all of it, its parts, and all references to those.
func (p *purger) entity(ctx context.Context, args []edn.Value) error {
	e, err := p.find(ctx, args[0])
	if err != nil {
		return err
	}
	if e >= dbPart && e < 4*dbPart {
		return refuse(codePurge, args[0].Pos(), "attributes can be renamed, and their :db/doc changed",
			"entity %d is an attribute or a transaction and cannot be purged", e)
	}
	return p.whole(ctx, e)
}

// before reads [:db.history.purge/before instant]: what transactions before that time did, unless it holds still. What defined attributes stays, as with the
// other forms: without their old names the log could not be run again.
func (p *purger) before(ctx context.Context, args []edn.Value) error {
	if args[0].Kind() != edn.Inst {
		return refuse(codePurge, args[0].Pos(), `write #inst "2026-01-31"`, "%s is no instant", brief(args[0]))
	}
	t, err := p.s.firstSince(ctx, args[0].Millis())
	if err != nil {
		return err
	}
	old, err := p.take(ctx, p.s.trees.eavt.was, 0, nil, reach{match: func(d Datom) bool { return d.T < t && !isAttr(d.E) }, alone: true})
	p.out.was = append(p.out.was, old...)
	return err
}

// subject reads an entity and an attribute. The attribute is nil when there is none of that name and, with
// schema on read, that is no error.
func (p *purger) subject(ctx context.Context, entity, attr edn.Value) (ID, *Attribute, error) {
	a, err := p.x.known(attr)
	if err != nil || a == nil {
		return 0, nil, err
	}
	e, err := p.find(ctx, entity)
	switch {
	case err != nil:
	case a.ID == attrTxInstant:
		err = refuse(codePurge, attr.Pos(), "", "the time of a transaction cannot be purged")
	case len(a.TupleAttrs) > 0:
		err = refuse(codePurge, attr.Pos(), "purge the parts", "composite tuple :%s is made of its parts and cannot be purged by itself", a.Ident)
	case isSystem(e) || isAttr(e):
		err = refuse(codePurge, entity.Pos(), "attributes can be renamed, and their :db/doc changed", "entity %d is an attribute: what defines it cannot be purged", e)
	}
	return e, a, err
}

// operand reads a value of the attribute. What a reference leads to may be long gone.
func (p *purger) operand(ctx context.Context, a *Attribute, f edn.Value) (Value, error) {
	if a.Type == RefKind {
		e, err := p.find(ctx, f)
		return Ref(e), err
	}
	v, err := p.x.value(a, f)
	if err == nil && len(p.x.late) > 0 {
		err = refuse(codePurge, f.Pos(), "write references in tuples as ids", "%s names an entity by something else than its id", brief(f))
	}
	return v, err
}

// find reads an entity by its id, an ident or a lookup ref, past ones too.
func (p *purger) find(ctx context.Context, f edn.Value) (ID, error) {
	e, err := p.x.entity(f)
	if err != nil {
		return 0, err
	}
	n, ok := e.node()
	switch {
	case !ok && ID(e) != p.x.id:
		return ID(e), nil
	case !ok || p.x.nodes[n].what != lookupNode:
		return 0, refuse(codeEntity, f.Pos(), "write an id, an ident or a lookup ref", "%s: only an entity that is there can be purged", brief(f))
	}
	by := p.x.nodes[n].by
	if _, isNode := by.v.refNode(); isNode {
		return 0, refuse(codeLookup, f.Pos(), "write the id in it", "%s: a lookup ref within a lookup ref cannot be purged by", brief(f))
	}
	return p.everHeld(ctx, f, by)
}

// everHeld is who has the value, or had it last.
func (p *purger) everHeld(ctx context.Context, f edn.Value, by lookup) (e ID, err error) {
	newest := uint64(0)
	for d, err := range (DB{s: p.s}).History().Match(ctx, Pattern{A: Some(by.a), V: Some(by.v)}) {
		if err != nil {
			return 0, err
		}
		if d.T > newest || d.T == newest && d.Added {
			e, newest = d.E, d.T
		}
	}
	if e == 0 {
		return 0, refuse(codeMissing, f.Pos(), "", "nothing is or was found under %s", brief(f))
	}
	return e, nil
}
