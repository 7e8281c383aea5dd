package logic

import (
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// Build binds a query to its inputs. It refuses what cannot be answered and
// reads no data except to find the entities that idents and lookup refs name. allow refuses inputs of too many rows.
func Build(ctx context.Context, q *lang.Query, inputs []Input, allow func(rows int) error) (*Program, error) {
	b := &builder{
		ctx:       ctx,
		allow:     allow,
		program:   &Program{Query: q, Rows: q.Rows(), Sources: map[string]*Source{}},
		instances: map[instance]*Rule{},
	}
	if err := b.takeInputs(inputs); err != nil {
		return nil, err
	}
	if err := b.build(); err != nil {
		return nil, err
	}
	for _, step := range b.resolve {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return b.program, nil
}

// builder translates clauses. It lives as long as one call of Build, which is why it may hold a context.
type builder struct {
	ctx       context.Context
	allow     func(rows int) error
	program   *Program
	rules     lang.Rules
	rulesForm edn.Value
	instances map[instance]*Rule
	params    map[instance][]param // what parameters stand for
	resolve   []func() error       // what needs data, to be done when all else is checked
}

// instance is a rule as called with a source.
type instance struct {
	name   string
	source *Source
}

func (b *builder) build() error {
	p := b.program
	b.findParams()
	var entry []lang.Var
	for _, in := range p.Inputs {
		entry = union(entry, in.Vars)
	}
	top := b.top()
	if err := top.checkInputs(); err != nil {
		return err
	}
	where, err := b.body(p.Query.Where, top, entry)
	if err != nil {
		return err
	}
	p.Where = where
	if err := b.checkPulls(); err != nil {
		return err
	}
	return b.check(Bound{}.With(entry...))
}

// check refuses rules and clauses that no order can run.
func (b *builder) check(entry Bound) error {
	p := b.program
	if err := requireParameters(p.Rules); err != nil {
		return err
	}
	if err := group(p); err != nil {
		return err
	}
	for _, r := range p.Rules {
		for _, br := range r.Branches {
			if err := checkBody(br.Body, r.entry(br)); err != nil {
				return err
			}
		}
	}
	if err := checkBody(p.Where, entry); err != nil {
		return err
	}
	after, _ := simulate(p.Where, entry)
	if lack := after.lacks(p.Rows); len(lack) > 0 {
		return unbound(p.Query.Find[0].Pos, lack, ":find", after)
	}
	return nil
}

// body translates clauses that share their variables. entry are those that are
// bound before.
func (b *builder) body(clauses []lang.Clause, sc *scope, entry []lang.Var) ([]Clause, error) {
	var out []Clause
	for _, c := range clauses {
		next, err := b.clause(c, sc)
		if err != nil {
			return nil, err
		}
		out = append(out, next)
	}
	out = append(sc.translations(), out...)
	positive := slices.Clone(entry)
	for _, c := range out {
		positive = Binds(positive, c)
	}
	for _, c := range out {
		if not, ok := c.(*Not); ok && not.Join == nil {
			vars := bodyVars(nil, not.Body)
			not.Join = union(intersect(vars, positive), sc.foreign(vars))
		}
	}
	return out, nil
}

func (b *builder) clause(c lang.Clause, sc *scope) (Clause, error) {
	switch c := c.(type) {
	case *lang.Pattern:
		return b.pattern(c, sc)
	case *lang.Predicate:
		call, err := b.call(c.Pos, c.Call, sc)
		return &Predicate{Pos: c.Pos, Call: call}, err
	case *lang.Function:
		call, err := b.call(c.Pos, c.Call, sc)
		return &Function{Pos: c.Pos, Call: call, Out: c.Out}, err
	case *lang.Not:
		return b.not(c, sc)
	case *lang.Or:
		return b.or(c, sc)
	}
	return b.ruleCall(c.(*lang.RuleCall), sc)
}

// not translates a not, whose Join is set once the clauses around it are known, or a not-join.
func (b *builder) not(c *lang.Not, sc *scope) (Clause, error) {
	inner, entry := sc.nested(), bodyLangVars(c.Body)
	if c.Explicit {
		inner, entry = sc.private(c.Join), c.Join
		inner.find(c.Body)
	}
	body, err := b.body(c.Body, inner, entry)
	if err != nil {
		return nil, err
	}
	not := &Not{Pos: c.Pos, Body: body}
	if c.Explicit {
		not.Join = union(slices.Clone(c.Join), inner.foreign(bodyVars(nil, body)))
	}
	return not, nil
}

func bodyLangVars(body []lang.Clause) []lang.Var { return lang.BodyVars(nil, body) }

func (b *builder) or(c *lang.Or, sc *scope) (Clause, error) {
	or := &Or{Pos: c.Pos, Required: c.Required, Join: union(slices.Clone(c.Required), c.Join)}
	for _, branch := range c.Branches {
		inner := sc.nested()
		if c.Explicit {
			inner = sc.private(or.Join)
			inner.find(branch)
		}
		body, err := b.body(branch, inner, or.Join)
		if err != nil {
			return nil, err
		}
		or.Branches = append(or.Branches, body)
		or.Join = union(or.Join, inner.foreign(bodyVars(nil, body)))
	}
	return or, nil
}

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

func (b *builder) source(name string, sc *scope) *Source {
	if name == "" {
		return sc.source
	}
	return b.program.Sources[name]
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
