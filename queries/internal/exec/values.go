package exec

import (
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// Functions that ask for the values of an entity, such as get-else, are outer joins
// with an attribute. Like patterns they look into its tree until that has cost as much as making a side.

// asking is an attribute of a source that functions ask for.
type asking struct {
	source *logic.Source
	attr   engine.ID
}

// Values are the values that an entity has of an attribute, in their order.
func (r *run) Values(ctx context.Context, s *logic.Source, e engine.ID, a *engine.Attribute) ([]edn.Value, error) {
	p, ok := r.asked[asking{s, a.ID}]
	if !ok {
		p = &logic.Pattern{Source: s, Attr: a, Terms: make([]lang.Term, logic.PlaceOp+1)}
		r.asked[asking{s, a.ID}] = p
	}
	if sided(p) {
		sd, err := r.side(p, engine.AEVT, 1)
		if err != nil {
			return nil, err
		}
		if sd != nil {
			return r.valuesOf(sd, r.entity(e)), nil
		}
	}
	return r.storedValues(ctx, s, e, a)
}

func (r *run) valuesOf(sd *side, e term) []edn.Value {
	s := sd.groups.find(e)
	r.scanned += s.len()
	values := make([]edn.Value, 0, s.len())
	for i := s.lo; i < s.hi; i++ {
		if sd.added == nil || sd.added[i] {
			values = append(values, r.dict.Value(sd.others[i]))
		}
	}
	return values
}

func (r *run) storedValues(ctx context.Context, s *logic.Source, e engine.ID, a *engine.Attribute) ([]edn.Value, error) {
	var stored []engine.Value
	for d, err := range s.Input.DB.Match(ctx, engine.Pattern{E: engine.Some(e), A: engine.Some(a.ID), Added: engine.Some(true)}) {
		if err != nil {
			return nil, err
		}
		stored = append(stored, d.V)
	}
	slices.SortFunc(stored, engine.Compare)
	values := make([]edn.Value, len(stored))
	for i, v := range stored {
		values[i] = engine.ToEDN(v)
	}
	r.scanned += len(stored)
	return values, nil
}
