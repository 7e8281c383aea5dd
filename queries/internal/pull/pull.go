// Package pull reads trees of attributes of entities.
package pull

import (
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/limit"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// maxDepth bounds how deep results nest: a chain of refs may be as long as the database.
const maxDepth = 10_000

// Puller pulls from one source. It belongs to one goroutine.
type Puller struct {
	source *logic.Source
	guard  *limit.Guard
	env    *fn.Env
}

// New makes a Puller.
func New(s *logic.Source, g *limit.Guard) *Puller {
	return &Puller{source: s, guard: g, env: fn.NewEnv(g.Check)}
}

// Pull reads of the entity that form names what the pattern says. It is nil when there is no such
// entity or nothing of what is asked for.
func (p *Puller) Pull(ctx context.Context, pattern *lang.PullPattern, form edn.Value) (edn.Value, error) {
	id, ok, err := p.source.Entity(ctx, form)
	if err != nil || !ok {
		return edn.Value{}, err
	}
	if exists, err := p.exists(ctx, id); err != nil || !exists {
		return edn.Value{}, err
	}
	return p.entity(ctx, pattern, id, visit{})
}

// visit is where a pull is in a tree.
type visit struct {
	seen  []engine.ID // entities on the way here that a recursion or a component led to
	depth map[*lang.PullPattern]map[int]int
	level int
}

func (v visit) enter(id engine.ID) visit {
	v.seen = append(v.seen[:len(v.seen):len(v.seen)], id)
	v.level++
	return v
}

// tree is the result for one entity while it grows.
type tree struct {
	keys, values []edn.Value
}

// set puts a value under a key, in place of an older one.
func (t *tree) set(key, value edn.Value) {
	at, found := slices.BinarySearchFunc(t.keys, key, edn.Compare)
	if found {
		t.values[at] = value
		return
	}
	t.keys = slices.Insert(t.keys, at, key)
	t.values = slices.Insert(t.values, at, value)
}

func (t *tree) value() edn.Value {
	if len(t.keys) == 0 {
		return edn.Value{}
	}
	pairs := make([]edn.Value, 0, 2*len(t.keys))
	for i, k := range t.keys {
		pairs = append(pairs, k, t.values[i])
	}
	return edn.MakeMap(pairs...)
}

var dbID = edn.MakeKeyword("db/id")

func reference(id engine.ID) edn.Value {
	return edn.MakeMap(dbID, edn.MakeInt(int64(id)))
}

func (p *Puller) entity(ctx context.Context, pattern *lang.PullPattern, id engine.ID, v visit) (edn.Value, error) {
	if v.level > maxDepth {
		return edn.Value{}, lang.Refuse(lang.Limit, edn.Pos{}, "the pull nests deeper than %d levels", maxDepth).Try("give the recursion a number of levels")
	}
	t := &tree{}
	if pattern.Wildcard {
		if err := p.wildcard(ctx, t, pattern, id, v); err != nil {
			return edn.Value{}, err
		}
	}
	for i := range pattern.Specs {
		if err := p.spec(ctx, t, pattern, i, id, v); err != nil {
			return edn.Value{}, err
		}
	}
	return t.value(), nil
}

func (p *Puller) exists(ctx context.Context, id engine.ID) (bool, error) {
	for _, err := range p.source.Input.DB.Match(ctx, engine.Pattern{E: engine.Some(id)}) {
		return err == nil, err
	}
	return false, nil
}

// wildcard adds all attributes but those that the pattern asks for by name: components with all of theirs, other refs as {:db/id n}.
func (p *Puller) wildcard(ctx context.Context, t *tree, pattern *lang.PullPattern, id engine.ID, v visit) error {
	attrs, err := p.attributes(ctx, id)
	if err != nil {
		return err
	}
	for _, at := range attrs {
		a, ok := p.source.Input.DB.Schema().ByID(at)
		if !ok {
			continue
		}
		name := edn.MakeKeyword(a.Ident)
		if pattern.Names(name) {
			continue
		}
		if err := p.attribute(ctx, t, a, lang.PullSpec{Attr: name, As: name, Limit: -1}, id, v); err != nil {
			return err
		}
	}
	if len(attrs) > 0 && !pattern.Names(dbID) {
		t.set(dbID, edn.MakeInt(int64(id)))
	}
	return nil
}

// attributes lists those that an entity has.
func (p *Puller) attributes(ctx context.Context, id engine.ID) ([]engine.ID, error) {
	var attrs []engine.ID
	for d, err := range p.source.Input.DB.Match(ctx, engine.Pattern{E: engine.Some(id)}) {
		if err == nil {
			err = p.guard.Step()
		}
		if err != nil {
			return nil, err
		}
		if !slices.Contains(attrs, d.A) {
			attrs = append(attrs, d.A)
		}
	}
	return attrs, nil
}
