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
	out := rel.extend(lang.TermVars(nil, p.Terms))
	facts, err := r.read(p.Source)
	if err != nil || p.Never {
		return out, err
	}
	for _, row := range rel.rows {
		for _, f := range facts {
			if err := r.guard.Step(); err != nil {
				return out, err
			}
			terms, ok := fits(p, f)
			if !ok {
				continue
			}
			if next, ok := unify(out.vars, row, terms, f.values); ok {
				out.rows = append(out.rows, next)
			}
		}
	}
	return out.distinct(), nil
}

// fits tells whether a fact is long enough for the pattern. It returns the
// terms, with the value as the fact's attribute would store it where that matters.
func fits(p *logic.Pattern, f fact) ([]lang.Term, bool) {
	for i := len(f.values); i < len(p.Terms); i++ {
		if p.Terms[i].Kind != lang.Blank {
			return nil, false
		}
	}
	terms := p.Terms[:min(len(p.Terms), len(f.values))]
	if p.Anywhere == nil {
		return terms, true
	}
	v, ok := p.Anywhere[f.datom.A]
	terms = slices.Clone(terms)
	terms[logic.PlaceV].Value = engine.ToEDN(v)
	return terms, ok
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
