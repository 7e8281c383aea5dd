package logic

import (
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// The places of a pattern over a database.
const (
	PlaceE = iota
	PlaceA
	PlaceV
	PlaceT
	PlaceOp
	places
)

// pattern translates a pattern. That of a collection stays as it is.
func (b *builder) pattern(c *lang.Pattern, sc *scope) (Clause, error) {
	p := &Pattern{Pos: c.Pos, Source: b.source(c.Source, sc), Terms: slices.Clone(c.Terms)}
	if v, ok := b.virtual(c, p.Source, sc); ok {
		return v, nil
	}
	if !p.Source.Input.IsDB {
		return p, nil
	}
	if len(p.Terms) > places {
		return nil, lang.Refuse(lang.Syntax, c.Pos, "a pattern has at most five places: entity, attribute, value, transaction, operation")
	}
	for len(p.Terms) < places {
		p.Terms = append(p.Terms, lang.Term{Pos: c.Pos})
	}
	if err := b.attributePlace(p); err != nil {
		return nil, err
	}
	if err := b.entityTerm(&p.Terms[PlaceE], p.Source, sc); err != nil {
		return nil, err
	}
	if err := b.valuePlace(p, sc); err != nil {
		return nil, err
	}
	if err := transactionPlace(&p.Terms[PlaceT]); err != nil {
		return nil, err
	}
	if op := p.Terms[PlaceOp]; op.Kind == lang.Constant && op.Value.Kind() != edn.Bool {
		return nil, lang.Refuse(lang.Syntax, op.Pos, "%v is no operation", op.Value).Try("true for what was added, false for what was retracted")
	}
	return p, nil
}

func (b *builder) attributePlace(p *Pattern) error {
	t := &p.Terms[PlaceA]
	if t.Kind != lang.Constant {
		return nil
	}
	a, err := p.Source.Attribute(t.Value)
	if err != nil {
		return err
	}
	if p.Attr = a; a == nil {
		p.Never = true
		b.warn(p.Source, t.Value)
		return nil
	}
	t.Value = edn.MakeKeyword(a.Ident).At(t.Pos)
	return nil
}

// entityTerm puts an id in place of an ident or lookup ref, and a translated
// variable in place of one that is bound to idents or lookup refs.
func (b *builder) entityTerm(t *lang.Term, s *Source, sc *scope) error {
	switch {
	case t.Kind == lang.Variable:
		t.Var = sc.translate(t.Var, s)
	case t.Kind == lang.Constant && t.Value.Kind() != edn.Int:
		form := t.Value
		b.resolve = append(b.resolve, func() error {
			id, err := s.mustEntity(b.ctx, form)
			t.Value = edn.MakeInt(int64(id)).At(form.Pos())
			return err
		})
	}
	return nil
}

func (b *builder) valuePlace(p *Pattern, sc *scope) error {
	t := &p.Terms[PlaceV]
	isRef := p.Attr != nil && p.Attr.Type == engine.RefKind
	switch {
	case isRef && t.Kind == lang.Variable:
		t.Var = sc.translate(t.Var, p.Source)
	case t.Kind != lang.Constant || p.Never:
	case t.Value.IsNil():
		return lang.Refuse(lang.Syntax, t.Pos, "nil is no value, so nothing has it").Try("[(missing? $ ?e :some/attribute)]")
	case p.Attr != nil:
		b.resolve = append(b.resolve, func() error { return b.resolveValue(p, isRef) })
	default:
		b.resolve = append(b.resolve, func() error { return b.resolveAnywhere(p) })
	}
	return nil
}

// resolveValue makes the constant the value that the attribute would store.
func (b *builder) resolveValue(p *Pattern, isRef bool) error {
	t := &p.Terms[PlaceV]
	v, ok, err := p.Source.Value(b.ctx, p.Attr, t.Value)
	switch {
	case err != nil:
		return err
	case !ok && isRef:
		_, err = p.Source.mustEntity(b.ctx, t.Value)
		return err
	case !ok:
		p.Never = true
		return nil
	}
	t.Value = engine.ToEDN(v).At(t.Pos)
	return nil
}

func (b *builder) resolveAnywhere(p *Pattern) error {
	p.Anywhere = map[engine.ID]engine.Value{}
	schema := p.Source.Input.DB.Schema()
	for _, attrs := range []func(func(*engine.Attribute) bool){schema.Attributes(), schema.System()} {
		for a := range attrs {
			v, ok, err := p.Source.Value(b.ctx, a, p.Terms[PlaceV].Value)
			if err != nil {
				return err
			}
			if ok {
				p.Anywhere[a.ID] = v
			}
		}
	}
	return nil
}

// transactionPlace takes the number of a transaction for its entity.
func transactionPlace(t *lang.Term) error {
	if t.Kind != lang.Constant {
		return nil
	}
	if t.Value.Kind() != edn.Int || t.Value.Int() < 0 {
		return lang.Refuse(lang.Syntax, t.Pos, "%v is no transaction", t.Value).Try("a number t, or the id of the transaction's entity")
	}
	if id := engine.ID(t.Value.Int()); id < engine.TxID(0) {
		t.Value = edn.MakeInt(int64(engine.TxID(uint64(id)))).At(t.Pos)
	}
	return nil
}
