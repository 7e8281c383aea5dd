package lang

import (
	"maps"
	"slices"
	"strings"
)

// CheckRules checks that all rules that are called exist and have the number
// of arguments that they are called with, in the query and in the rules.
func (q *Query) CheckRules(rules Rules) error {
	if err := rules.checkCalls(q.Where); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		for _, b := range rules[name].Branches {
			if err := rules.checkCalls(b.Body); err != nil {
				return err
			}
			if err := q.checkRuleSources(b.Body); err != nil {
				return err
			}
		}
	}
	return nil
}

func (rs Rules) checkCalls(body []Clause) error {
	for _, c := range body {
		if err := rs.checkClause(c); err != nil {
			return err
		}
	}
	return nil
}

func (rs Rules) checkClause(c Clause) error {
	switch c := c.(type) {
	case *Not:
		return rs.checkCalls(c.Body)
	case *Or:
		for _, b := range c.Branches {
			if err := rs.checkCalls(b); err != nil {
				return err
			}
		}
	case *RuleCall:
		rule, ok := rs[c.Name]
		if !ok {
			return rs.unknown(c)
		}
		if len(c.Args) != rule.Arity {
			return Refuse(RuleArity, c.Pos, "%s has %d parameters and is called with %d", c.Name, rule.Arity, len(c.Args))
		}
	}
	return nil
}

func (rs Rules) unknown(c *RuleCall) error {
	e := Refuse(UnknownRule, c.Pos, "there is no rule %s", c.Name)
	names := slices.Sorted(maps.Keys(rs))
	if near := Nearest(c.Name, names); near != "" {
		return e.Try("did you mean %s?", near)
	}
	return e.Try("%s", c.instead("there are "+strings.Join(names, ", ")))
}

// checkRuleSources is checkSources for the clauses of a rule, where "" is the caller's source.
func (q *Query) checkRuleSources(body []Clause) error {
	withCaller := &Query{In: append(slices.Clone(q.In), Binding{Kind: BindSource})}
	return withCaller.checkSources(body)
}
