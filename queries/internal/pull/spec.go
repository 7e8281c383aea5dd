package pull

import (
	"context"
	"maps"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// everything is what is pulled of a component.
var everything = &lang.PullPattern{Wildcard: true}

// spec adds what one part of a pattern asks for.
func (p *Puller) spec(ctx context.Context, t *tree, pattern *lang.PullPattern, i int, id engine.ID, v visit) error {
	spec := pattern.Specs[i]
	if spec.Attr.Is(":db/id") {
		return p.finish(t, spec, edn.MakeInt(int64(id)))
	}
	a, err := p.source.Attribute(spec.Attr)
	if err != nil {
		return err
	}
	if a == nil {
		return p.finish(t, spec, edn.Value{})
	}
	if spec.Recursive {
		var more bool
		if v, more = v.recur(pattern, i, spec.Depth); !more {
			return nil
		}
		spec.Sub = pattern
	}
	if spec.Reverse {
		return p.reverse(ctx, t, a, spec, id, v)
	}
	return p.attribute(ctx, t, a, spec, id, v)
}

// recur counts the levels of a recursion; more is false at its end.
func (v visit) recur(pattern *lang.PullPattern, i, depth int) (next visit, more bool) {
	if depth < 0 {
		return v, true
	}
	left, ok := v.depth[pattern][i]
	if !ok {
		left = depth
	}
	if left == 0 {
		return v, false
	}
	specs := maps.Clone(v.depth[pattern])
	if specs == nil {
		specs = map[int]int{}
	}
	specs[i] = left - 1
	v.depth = maps.Clone(v.depth)
	if v.depth == nil {
		v.depth = map[*lang.PullPattern]map[int]int{}
	}
	v.depth[pattern] = specs
	return v, true
}

// attribute adds the values of an attribute.
func (p *Puller) attribute(ctx context.Context, t *tree, a *engine.Attribute, spec lang.PullSpec, id engine.ID, v visit) error {
	var values []edn.Value
	for d, err := range p.source.Input.DB.Match(ctx, engine.Pattern{E: engine.Some(id), A: engine.Some(a.ID), Added: engine.Some(true)}) {
		if err == nil {
			err = p.guard.Step()
		}
		if err != nil {
			return err
		}
		if spec.Limit >= 0 && len(values) == spec.Limit {
			break
		}
		value, err := p.value(ctx, a, spec, d.V, v)
		if err != nil {
			return err
		}
		if !value.IsNil() {
			values = append(values, value)
		}
	}
	return p.finish(t, spec, collect(values, a.Many))
}

// collect is a vector for many values, the value alone for one, nil for none.
func collect(values []edn.Value, many bool) edn.Value {
	switch {
	case len(values) == 0:
		return edn.Value{}
	case many:
		return edn.MakeVector(values...)
	}
	return values[len(values)-1]
}

func (p *Puller) value(ctx context.Context, a *engine.Attribute, spec lang.PullSpec, stored engine.Value, v visit) (edn.Value, error) {
	if stored.Kind() != engine.RefKind {
		return engine.ToEDN(stored), nil
	}
	if spec.Sub == nil && a.Component {
		spec.Sub, spec.Recursive = everything, true
	}
	return p.target(ctx, spec, stored.Ref(), v)
}

// target is what stands for an entity at the other end of a ref.
func (p *Puller) target(ctx context.Context, spec lang.PullSpec, id engine.ID, v visit) (edn.Value, error) {
	switch {
	case spec.Sub == nil:
		return reference(id), nil
	case !spec.Recursive:
		return p.entity(ctx, spec.Sub, id, visit{level: v.level + 1})
	case slices.Contains(v.seen, id):
		return reference(id), nil
	}
	found, err := p.entity(ctx, spec.Sub, id, v.enter(id))
	if found.IsNil() && spec.Sub == everything {
		return reference(id), err
	}
	return found, err
}

// reverse adds the entities that point here: one for the whole that a component belongs to.
func (p *Puller) reverse(ctx context.Context, t *tree, a *engine.Attribute, spec lang.PullSpec, id engine.ID, v visit) error {
	var values []edn.Value
	for d, err := range p.source.Input.DB.Match(ctx, engine.Pattern{A: engine.Some(a.ID), V: engine.Some(engine.Ref(id)), Added: engine.Some(true)}) {
		if err == nil {
			err = p.guard.Step()
		}
		if err != nil {
			return err
		}
		if spec.Limit >= 0 && len(values) == spec.Limit {
			break
		}
		value, err := p.target(ctx, spec, d.E, v)
		if err != nil {
			return err
		}
		if !value.IsNil() {
			values = append(values, value)
		}
	}
	return p.finish(t, spec, collect(values, !a.Component))
}

// finish adds the value, or the default, unless there is neither. The function of a spec is applied to
// values, and not to defaults; of what is missing it is asked too, and may have no answer.
func (p *Puller) finish(t *tree, spec lang.PullSpec, value edn.Value) error {
	missing := value.IsNil()
	if missing {
		value = spec.Default
	}
	if spec.Xform != nil && value.IsNil() == missing {
		made, err := spec.Xform.Call(p.env, []edn.Value{value})
		switch {
		case err == nil:
			value = made
		case !missing:
			return lang.Refuse(lang.BadValue, spec.Pos, "%s of %v: %v", spec.Xform.Name, spec.Attr, err)
		}
	}
	if !value.IsNil() {
		t.set(spec.As, value)
	}
	return nil
}
