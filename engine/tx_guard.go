package engine

import (
	"context"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// readGuards reads the value of :db/ensure in a map: one entity spec or several.
func (x *tx) readGuards(e ent, val edn.Value) error {
	for _, f := range x.each(systemByIdent["db/ensure"], val) {
		if err := x.readGuard(e, f); err != nil {
			return err
		}
	}
	return nil
}

func (x *tx) readGuard(e ent, f edn.Value) error {
	spec, err := x.entity(f)
	if err != nil {
		return err
	}
	for _, must := range []ent{e, spec} {
		if n, ok := must.node(); ok {
			x.nodes.want(n)
		}
	}
	x.guards = append(x.guards, guard{e: e, spec: spec, pos: f.Pos()})
	return nil
}

// checkGuards verifies that entities meet the specs that :db/ensure names, once everything is done.
func (x *tx) checkGuards(ctx context.Context) error {
	for _, g := range x.guards {
		if err := x.checkGuard(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

func (x *tx) checkGuard(ctx context.Context, g guard) error {
	attrs, err := x.after(ctx, ID(g.spec), attrEntityAttrs)
	if err != nil {
		return err
	}
	preds, err := x.after(ctx, ID(g.spec), attrEntityPreds)
	switch {
	case err != nil:
		return err
	case len(preds) > 0:
		return refuse(codeEnsure, g.pos, "this version knows :db.entity/attrs only", "predicate %s of entity spec %d cannot be resolved", show(preds[0]), g.spec)
	case len(attrs) == 0:
		return refuse(codeEnsure, g.pos, "an entity spec has :db.entity/attrs", "entity %d is no entity spec", g.spec)
	}
	return x.checkRequired(ctx, g, attrs)
}

// checkRequired verifies that the entity has all attributes of a spec.
func (x *tx) checkRequired(ctx context.Context, g guard, attrs []Value) error {
	var missing []string
	for _, ident := range attrs {
		a, ok := x.schema.ByIdent(ident.Text())
		if !ok {
			return refuse(codeEnsure, g.pos, didYouMean(x.schema.Nearest(ident.Text())), "entity spec %d requires the unknown attribute %s", g.spec, show(ident))
		}
		vals, err := x.after(ctx, ID(g.e), a.ID)
		if err != nil {
			return err
		}
		if len(vals) == 0 {
			missing = append(missing, show(ident))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return refuse(codeEnsure, g.pos, "", "entity %d does not meet entity spec %d: it has no %s", g.e, g.spec, strings.Join(missing, ", "))
}
