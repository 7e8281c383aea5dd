package engine

import (
	"context"
	"fmt"
)

// remove turns retracted entities into acts: all their datoms, all references
// to them, and the same for their parts.
func (x *tx) remove(ctx context.Context) error {
	if len(x.removals) == 0 {
		return nil
	}
	x.removed = map[ID]int32{}
	for i := 0; i < len(x.removals); i++ { // grows by the parts
		r := x.removals[i]
		if r.e == 0 {
			continue // a lookup ref that finds nothing
		}
		if err := x.removeOne(ctx, r); err != nil {
			return err
		}
	}
	return x.addedBefore()
}

func (x *tx) removeOne(ctx context.Context, r removal) error {
	id := ID(r.e)
	if r.parts != nil {
		return x.own(ctx, r, Pattern{E: Some(id), A: Some(r.parts.ID)})
	}
	if _, ok := x.removed[id]; ok {
		return nil
	}
	if id >= dbPart && id < 4*dbPart {
		return refuse(codeSchema, r.pos, "attributes can be renamed, and their :db/doc changed", "entity %d is an attribute or a transaction and cannot be retracted", id)
	}
	x.removed[id] = r.seq
	if err := x.own(ctx, r, Pattern{E: Some(id)}); err != nil {
		return err
	}
	return x.incoming(ctx, r)
}

// own retracts what fits p, the datoms of r's entity, and schedules its parts.
func (x *tx) own(ctx context.Context, r removal, p Pattern) error {
	for d, err := range x.db.Match(ctx, p) {
		if err != nil {
			return fmt.Errorf("read entity %d: %w", r.e, err)
		}
		a, ok := x.schema.ByID(d.A)
		if !ok {
			return fmt.Errorf("entity %d has attribute %d, which is not in the schema", d.E, d.A)
		}
		if r.parts == nil {
			x.wipe(d, a, r)
		}
		if a.Component && d.V.kind == RefKind {
			x.removals = append(x.removals, removal{e: ent(d.V.Ref()), pos: r.pos, seq: r.seq})
		}
	}
	return nil
}

// incoming retracts the references to r's entity.
func (x *tx) incoming(ctx context.Context, r removal) error {
	for a := range x.schema.Attributes() {
		if a.Type != RefKind {
			continue
		}
		for d, err := range x.db.Match(ctx, Pattern{A: Some(a.ID), V: Some(Ref(ID(r.e)))}) {
			if err != nil {
				return fmt.Errorf("read references to entity %d: %w", r.e, err)
			}
			x.wipe(d, a, r)
		}
	}
	return nil
}

func (x *tx) wipe(d Datom, a *Attribute, r removal) {
	x.acts = append(x.acts, act{e: ent(d.E), a: a, v: d.V, pos: r.pos, seq: r.seq, do: wipe})
}

// addedBefore refuses to retract an entity of which an earlier form says
// something. What later forms say stays: so an entity can be replaced.
func (x *tx) addedBefore() error {
	for i := range x.acts {
		o := &x.acts[i]
		if o.do != add {
			continue
		}
		at, gone := x.removed[ID(o.e)]
		if !gone && o.v.kind == RefKind {
			at, gone = x.removed[o.v.Ref()]
		}
		if gone && o.seq < at {
			return refuse(codeConflict, o.pos, "put the retraction first, or leave one of them out",
				"[%d :%s %s] is added, but a later form retracts the entity", o.e, o.a.Ident, show(o.v))
		}
	}
	return nil
}
