// Package logic makes a parsed query ready to be run: it takes the inputs apart,
// resolves attributes, idents and lookup refs against the databases that the
// query asks, and checks that some order of the clauses can bind every
// variable. What it makes is what evaluators run; it has no order and no plan.
package logic

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// Input is what one :in name is bound to.
type Input struct {
	DB    engine.DB
	IsDB  bool
	Value edn.Value
}

// Source is a database or a collection of tuples that clauses ask.
type Source struct {
	Name  string
	Input Input
	Rows  [][]edn.Value // of a collection
}

func newSource(name string, in Input, pos edn.Pos) (*Source, error) {
	s := &Source{Name: name, Input: in}
	if in.IsDB {
		return s, nil
	}
	items, ok := fn.Elements(in.Value)
	for _, item := range items {
		if k := item.Kind(); k != edn.Vector && k != edn.List {
			ok = false
		}
		s.Rows = append(s.Rows, item.Items())
	}
	if !ok {
		return nil, lang.Refuse(lang.BadInput, pos, "the input %s is neither a database nor a collection of tuples", name)
	}
	return s, nil
}

// Attribute finds an attribute of a database by its ident or id. It is nil
// when there is none and the schema is on read.
func (s *Source) Attribute(form edn.Value) (*engine.Attribute, error) {
	schema := s.Input.DB.Schema()
	switch form.Kind() {
	case edn.Keyword:
		if form.Is(":db/id") {
			return nil, lang.Refuse(lang.UnknownAttribute, form.Pos(), ":db/id is no attribute that entities have").Try("the id of an entity is what stands first in a pattern")
		}
		if a, ok := schema.ByIdent(form.Text()); ok {
			return a, nil
		}
	case edn.Int:
		if a, ok := schema.ByID(engine.ID(form.Int())); ok {
			return a, nil
		}
	case edn.Symbol, edn.String:
		return nil, lang.Refuse(lang.Syntax, form.Pos(), "%v is no attribute", form).Try("attributes are keywords: :%s", form.Text())
	default:
		return nil, lang.Refuse(lang.Syntax, form.Pos(), "%v is no attribute", form).Try("attributes are keywords: :person/name")
	}
	if schema.OnRead() && form.Kind() == edn.Keyword {
		return nil, nil
	}
	e := lang.Refuse(lang.UnknownAttribute, form.Pos(), "there is no attribute %v", form)
	if near := schema.Nearest(form.Text()); near != "" {
		return nil, e.Try("did you mean :%s?", near)
	}
	return nil, e
}

// Entity is the id of the entity that a form names: a number, an ident or a
// lookup ref. ok is false when there is no such entity or the form names none.
func (s *Source) Entity(ctx context.Context, form edn.Value) (id engine.ID, ok bool, err error) {
	switch form.Kind() {
	case edn.Int:
		return engine.ID(form.Int()), form.Int() > 0, nil
	case edn.Keyword:
		return s.Input.DB.Ident(ctx, form.Text())
	case edn.Vector, edn.List:
		if items := form.Items(); len(items) == 2 && items[0].Kind() == edn.Keyword {
			return s.lookup(ctx, form, items[0], items[1])
		}
	}
	return 0, false, nil
}

func (s *Source) lookup(ctx context.Context, form, attr, value edn.Value) (engine.ID, bool, error) {
	a, err := s.Attribute(attr.At(form.Pos()))
	if err != nil || a == nil {
		return 0, false, err
	}
	if a.Unique == engine.NotUnique {
		return 0, false, lang.Refuse(lang.LookupNotUnique, form.Pos(), "%v is not unique, so %v names no entity", attr, form)
	}
	v, ok, err := s.Value(ctx, a, value)
	if err != nil || !ok {
		return 0, false, err
	}
	return s.Input.DB.Entid(ctx, a.ID, v)
}

// Value is a form as a value of the attribute; ok is false when it cannot be one.
func (s *Source) Value(ctx context.Context, a *engine.Attribute, form edn.Value) (v engine.Value, ok bool, err error) {
	if a.Type == engine.RefKind {
		id, ok, err := s.Entity(ctx, form)
		return engine.Ref(id), ok, err
	}
	if a.Type == engine.TupleKind && (form.Kind() == edn.Vector || form.Kind() == edn.List) {
		if form, ok, err = s.resolveTuple(ctx, a, form); err != nil || !ok {
			return v, false, err
		}
	}
	v, err = s.Input.DB.Schema().FromEDN(a, form)
	return v, err == nil && !v.IsNil(), nil
}

// pointer is the first entity whose attribute points to the one given, nil for none.
func (s *Source) pointer(ctx context.Context, a *engine.Attribute, to engine.ID) (edn.Value, error) {
	for d, err := range s.Input.DB.Match(ctx, engine.Pattern{A: engine.Some(a.ID), V: engine.Some(engine.Ref(to)), Added: engine.Some(true)}) {
		return edn.MakeInt(int64(d.E)), err
	}
	return edn.Value{}, nil
}

// mustEntity is Entity for a form that has to name one.
func (s *Source) mustEntity(ctx context.Context, form edn.Value) (engine.ID, error) {
	id, ok, err := s.Entity(ctx, form)
	switch {
	case err != nil:
		return 0, err
	case ok:
		return id, nil
	case form.Kind() == edn.Keyword || form.Kind() == edn.Vector || form.Kind() == edn.List:
		return 0, lang.Refuse(lang.LookupMissing, form.Pos(), "there is no entity %v%s", form, in(s.Name))
	}
	return 0, lang.Refuse(lang.Syntax, form.Pos(), "%v is no entity", form).Try("an entity is an id, an ident such as :some/name or a lookup ref such as [:person/email \"…\"]")
}

func in(source string) string {
	if source == "$" {
		return ""
	}
	return fmt.Sprintf(" in %s", source)
}
