package oracle

import (
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// fact is one datom or tuple of a source.
type fact struct {
	values []edn.Value
	datom  engine.Datom // of a database
}

// read reads all that a source holds, once.
func (r *run) read(s *logic.Source) ([]fact, error) {
	if facts, ok := r.facts[s]; ok {
		return facts, nil
	}
	facts := []fact{}
	for _, row := range s.Rows {
		facts = append(facts, fact{values: row})
	}
	if s.Input.IsDB {
		for d, err := range s.Input.DB.Match(r.ctx, engine.Pattern{}) {
			if err == nil {
				err = r.guard.Step()
			}
			if err != nil {
				return nil, err
			}
			a, _ := s.Input.DB.Schema().ByID(d.A)
			facts = append(facts, fact{datom: d, values: []edn.Value{
				edn.MakeInt(int64(d.E)), edn.MakeKeyword(a.Ident), engine.ToEDN(d.V), edn.MakeInt(int64(engine.TxID(d.T))), edn.MakeBool(d.Added),
			}})
		}
	}
	r.facts[s] = facts
	r.scanned += len(facts)
	return facts, nil
}

func (r *run) pattern(rel relation, p *logic.Pattern) (relation, error) {
	u := newUnifier(rel.vars, p.Terms)
	out := relation{vars: u.vars}
	facts, err := r.candidates(p)
	if err != nil {
		return out, err
	}
	for _, row := range rel.rows {
		for _, f := range facts {
			if err := r.guard.Step(); err != nil {
				return out, err
			}
			if next, ok := u.unify(row, f.values); ok {
				out.rows = append(out.rows, next)
			}
		}
	}
	return out.distinct(), nil
}

// candidates are the facts that have the constants of a pattern, found once.
func (r *run) candidates(p *logic.Pattern) ([]fact, error) {
	if found, ok := r.fitting[p]; ok {
		return found, nil
	}
	facts, err := r.read(p.Source)
	if err != nil {
		return nil, err
	}
	var found []fact
	for _, f := range facts {
		if fits(p, f) {
			found = append(found, f)
		}
	}
	r.fitting[p] = found
	return found, nil
}

// fits tells whether a fact is long enough for the pattern and has its constants. A
// constant in the place of the value is what the fact's attribute would store, where that matters.
func fits(p *logic.Pattern, f fact) bool {
	if p.Never {
		return false
	}
	for i, t := range p.Terms {
		if t.Kind == lang.Blank {
			continue
		}
		if i >= len(f.values) {
			return false
		}
		want, ok := t.Value, true
		if i == logic.PlaceV && p.Anywhere != nil {
			var stored engine.Value
			stored, ok = p.Anywhere[f.datom.A]
			want = engine.ToEDN(stored)
		}
		if t.Kind == lang.Constant && !(ok && same(want, f.values[i])) {
			return false
		}
	}
	return true
}

// Values are the values that an entity has of an attribute.
func (r *run) Values(_ context.Context, s *logic.Source, e engine.ID, a *engine.Attribute) ([]edn.Value, error) {
	facts, err := r.read(s)
	var stored []engine.Value
	for _, f := range facts {
		if f.datom.E == e && f.datom.A == a.ID && f.datom.Added {
			stored = append(stored, f.datom.V)
		}
	}
	slices.SortFunc(stored, engine.Compare)
	var values []edn.Value
	for _, v := range stored {
		values = append(values, engine.ToEDN(v))
	}
	return values, err
}

// Ask runs a query inside of the query.
func (r *run) Ask(ctx context.Context, q *lang.Query, inputs []logic.Input) (edn.Value, error) {
	return r.ask(ctx, q, inputs)
}
