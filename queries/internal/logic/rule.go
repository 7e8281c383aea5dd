package logic

import (
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// instance is a rule as called with a source.
type instance struct {
	name   string
	source *Source
}

func (b *builder) ruleCall(c *lang.RuleCall, sc *scope) (Clause, error) {
	s := b.source(c.Source, sc)
	rule, err := b.rule(instance{c.Name, s})
	if err != nil {
		return nil, err
	}
	call := &RuleCall{Pos: c.Pos, Rule: rule, Args: slices.Clone(c.Args)}
	for i, p := range b.params[instance{c.Name, s}] {
		if err := b.argument(&call.Args[i], p, sc); err != nil {
			return nil, err
		}
	}
	return call, nil
}

// argument translates an argument of a rule.
func (b *builder) argument(t *lang.Term, p param, sc *scope) error {
	if at := firstOf(p.attributes); at != nil && t.Kind == lang.Constant && t.Value.Kind() == edn.Keyword {
		if err := b.knownAttribute(at, t.Value); err != nil {
			return err
		}
	}
	if at := firstOf(p.entities); at != nil {
		return b.entityTerm(t, at, sc)
	}
	return nil
}

// rule translates a rule for the source that it is called with, once.
func (b *builder) rule(of instance) (*Rule, error) {
	if r, ok := b.instances[of]; ok {
		return r, nil
	}
	def := b.rules[of.name]
	r := &Rule{Name: of.name, Source: of.source, Required: make([]bool, def.Arity)}
	for _, i := range def.Required {
		r.Required[i] = true
	}
	b.instances[of] = r
	for _, br := range def.Branches {
		sc := &scope{b: b, source: of.source}
		sc.find(br.Body)
		body, err := b.body(br.Body, sc, br.Head)
		if err != nil {
			return nil, err
		}
		r.Branches = append(r.Branches, Branch{Pos: br.Pos, Head: br.Head, Body: body})
	}
	b.program.Rules = append(b.program.Rules, r)
	return r, nil
}
