package logic

import (
	"slices"

	"github.com/dhfs/dhfs/queries/internal/lang"
)

// group numbers the rules such that those which call each other share a number
// and those they call have lower ones, orders them so, and refuses rules that deny themselves:
// they have no meaning. The algorithm is Tarjan's for strongly connected components.
func group(p *Program) error {
	g := &grouping{index: map[*Rule]int{}, low: map[*Rule]int{}}
	for _, r := range p.Rules {
		if g.index[r] == 0 {
			g.visit(r)
		}
	}
	for _, r := range p.Rules {
		for _, b := range r.Branches {
			if err := checkDenied(r, b.Body, false); err != nil {
				return err
			}
		}
	}
	slices.SortStableFunc(p.Rules, func(a, b *Rule) int { return a.Group - b.Group })
	return nil
}

type grouping struct {
	index, low map[*Rule]int
	next       int
	groups     int
	stack      []*Rule
}

func (g *grouping) visit(r *Rule) {
	g.next++
	g.index[r], g.low[r] = g.next, g.next
	g.stack = append(g.stack, r)
	for _, called := range callees(r) {
		r.Loops = r.Loops || called == r
		if g.index[called] == 0 {
			g.visit(called)
			g.low[r] = min(g.low[r], g.low[called])
		} else if slices.Contains(g.stack, called) {
			g.low[r] = min(g.low[r], g.index[called])
		}
	}
	if g.low[r] != g.index[r] {
		return
	}
	at := slices.Index(g.stack, r)
	g.groups++
	for _, member := range g.stack[at:] {
		member.Group = g.groups
		member.Loops = member.Loops || len(g.stack)-at > 1
	}
	g.stack = g.stack[:at]
}

// callees lists the rules that a rule calls.
func callees(r *Rule) []*Rule {
	var out []*Rule
	for _, b := range r.Branches {
		EachCall(b.Body, func(c *RuleCall) { out = append(out, c.Rule) })
	}
	return out
}

// EachCall visits the rule calls of clauses, those inside of other clauses too.
func EachCall(body []Clause, visit func(*RuleCall)) {
	for _, c := range body {
		switch c := c.(type) {
		case *RuleCall:
			visit(c)
		case *Not:
			EachCall(c.Body, visit)
		case *Or:
			for _, b := range c.Branches {
				EachCall(b, visit)
			}
		}
	}
}

// checkDenied refuses calls of r's own group inside of a not.
func checkDenied(r *Rule, body []Clause, denied bool) error {
	for _, c := range body {
		var err error
		switch c := c.(type) {
		case *RuleCall:
			if denied && c.Rule.Group == r.Group {
				err = lang.Refuse(lang.DeniedRecursion, c.Pos, "the rule %s depends on not being true itself", r.Name).
					Try("take %s out of the not", c.Rule.Name)
			}
		case *Not:
			err = checkDenied(r, c.Body, true)
		case *Or:
			for _, b := range c.Branches {
				if err == nil {
					err = checkDenied(r, b, denied)
				}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
