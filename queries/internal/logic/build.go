package logic

import (
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
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

func (b *builder) source(name string, sc *scope) *Source {
	if name == "" {
		return sc.source
	}
	return b.program.Sources[name]
}
