package logic

import (
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// call translates a function and its arguments.
func (b *builder) call(pos edn.Pos, c lang.Call, sc *scope) (Call, error) {
	out := Call{Pos: pos, Text: c.Text, Fn: c.Fn, Negate: c.Negate, Args: c.Args, Nested: c.Nested, Sources: make([]*Source, len(c.Args))}
	for i, t := range c.Args {
		switch t.Kind {
		case lang.SourceName:
			out.Sources[i] = b.source(t.Name, sc)
		case lang.RulesName:
			out.Rules = b.rulesForm
		}
	}
	if c.Fn.Kind == fn.Pure || c.Fn.Kind == fn.Nested {
		return out, b.checkNested(out)
	}
	if !out.Sources[0].Input.IsDB {
		return out, lang.Refuse(lang.BadInput, c.Args[0].Pos, "%s asks a database, and %s is a collection", c.Fn.Name, out.Sources[0].Name)
	}
	attrs := c.Args[2:]
	if c.Fn.Kind == fn.GetElse {
		attrs = attrs[:1]
	}
	for _, t := range attrs {
		if t.Kind != lang.Constant {
			continue
		}
		attr, _ := lang.ReverseAttr(t.Value)
		if err := b.knownAttribute(out.Sources[0], attr); err != nil {
			return out, err
		}
	}
	return out, nil
}

// knownAttribute refuses an attribute that a database does not have, or warns under schema on read.
func (b *builder) knownAttribute(s *Source, form edn.Value) error {
	a, err := s.Attribute(form)
	if err == nil && a == nil {
		b.warn(s, form)
	}
	return err
}

func (b *builder) warn(s *Source, form edn.Value) {
	text := "there is no attribute " + form.String() + in(s.Name)
	if near := s.Input.DB.Schema().Nearest(form.Text()); near != "" {
		text += "; did you mean :" + near + "?"
	}
	if !slices.Contains(b.program.Warnings, text) {
		b.program.Warnings = append(b.program.Warnings, text)
	}
}

// checkNested refuses an inner query that asks for attributes which its sources do not have.
func (b *builder) checkNested(c Call) error {
	if c.Nested == nil {
		return nil
	}
	inner := &builder{ctx: b.ctx, allow: b.allow, program: &Program{Query: c.Nested, Rows: c.Nested.Rows(), Sources: map[string]*Source{}}, instances: map[instance]*Rule{}}
	for i, in := range c.Nested.In {
		switch {
		case in.Kind == lang.BindSource && c.Sources[i] != nil:
			inner.program.Sources[in.Name] = &Source{Name: in.Name, Input: c.Sources[i].Input, Rows: c.Sources[i].Rows}
		case in.Kind == lang.BindSource:
			inner.program.Sources[in.Name] = &Source{Name: in.Name}
		case in.Kind == lang.BindRules:
			if err := inner.takeInput(in, c.rules(i)); err != nil {
				return err
			}
		default:
			inner.program.Inputs = append(inner.program.Inputs, Relation{Vars: in.Vars(nil)})
		}
	}
	err := inner.build()
	b.resolve = append(b.resolve, inner.resolve...)
	return err
}
