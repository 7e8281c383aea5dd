package exec

import (
	"slices"

	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// lifted are the branches of a rule with every or in them that calls the rule's
// own group made a rule of its own, so that such calls stand between the clauses of
// branches and nowhere deeper. A not cannot have any.
func (r *run) lifted(rule *logic.Rule) ([]logic.Branch, error) {
	if branches, ok := r.rules.branches[rule]; ok {
		return branches, nil
	}
	var branches []logic.Branch
	for _, b := range rule.Branches {
		body := slices.Clone(b.Body)
		for i, c := range body {
			or, ok := c.(*logic.Or)
			if !ok || !calls(or, rule.Group) {
				continue
			}
			own, err := ruleOf(or, rule)
			if err != nil {
				return nil, err
			}
			body[i] = &logic.RuleCall{Pos: or.Pos, Rule: own, Args: varTerms(or.Join)}
		}
		branches = append(branches, logic.Branch{Pos: b.Pos, Head: b.Head, Body: body})
	}
	r.rules.branches[rule] = branches
	return branches, nil
}

func calls(or *logic.Or, group int) bool {
	found := false
	logic.EachCall([]logic.Clause{or}, func(c *logic.RuleCall) { found = found || c.Rule.Group == group })
	return found
}

// ruleOf makes an or a rule.
func ruleOf(or *logic.Or, of *logic.Rule) (*logic.Rule, error) {
	own := &logic.Rule{Name: "or in " + of.Name, Source: of.Source, Group: of.Group, Loops: true, Required: make([]bool, len(or.Join))}
	for i, v := range or.Join {
		own.Required[i] = slices.Contains(or.Required, v)
	}
	for _, b := range or.Branches {
		own.Branches = append(own.Branches, logic.Branch{Pos: or.Pos, Head: or.Join, Body: b})
	}
	return own, logic.Require(own)
}

// order is the clauses of a branch in an order in which values can be passed
// from what is known to the calls of the rule's own group: what is joined to
// known variables comes first, then calls that are, then the rest.
func order(b logic.Branch, n *node) []logic.Clause {
	bound := logic.Bound{}
	for i, v := range b.Head {
		if n.known[i] {
			bound[v] = true
		}
	}
	var out []logic.Clause
	left := slices.Clone(b.Body)
	for len(left) > 0 {
		i := next(left, bound, n.rule.Group)
		out = append(out, left[i])
		bound = bound.With(logic.Binds(nil, left[i])...)
		left = slices.Delete(left, i, i+1)
	}
	return out
}

// next is the clause that comes next.
func next(left []logic.Clause, bound logic.Bound, group int) int {
	best, least := 0, 4
	for i, c := range left {
		if !logic.Ready(c, bound) {
			continue
		}
		call, isCall := c.(*logic.RuleCall)
		own := isCall && call.Rule.Group == group
		joined := slices.ContainsFunc(logic.Vars(nil, c), func(v lang.Var) bool { return bound[v] })
		rank := 3
		switch {
		case joined && !own:
			rank = 0
		case joined:
			rank = 1
		case !own:
			rank = 2
		}
		if rank < least {
			best, least = i, rank
		}
	}
	return best
}

// passed tells which parameters of a call within the group are asked for by, once the clauses
// before it bound vars: the same as the caller where that can be, else what is required and one more.
func passed(call *logic.RuleCall, n *node, vars []lang.Var) []bool {
	known := slices.Clone(call.Rule.Required)
	if count(n.known) == count(n.rule.Required) {
		return known
	}
	bound := func(i int) bool {
		t := call.Args[i]
		return t.Kind == lang.Constant || t.Kind == lang.Variable && slices.Contains(vars, t.Var)
	}
	if call.Rule == n.rule {
		same := true
		for i, k := range n.known {
			same = same && (!k || bound(i))
		}
		if same {
			return slices.Clone(n.known)
		}
	}
	for i := range known {
		if !known[i] && bound(i) {
			known[i] = true
			break
		}
	}
	return known
}
