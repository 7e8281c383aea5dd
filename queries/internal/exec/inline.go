package exec

import (
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// Calls of rules that do not call themselves are replaced by what the rules say, so
// that it is planned together with the clauses around.

// maxInline is how many clauses the calls of one rule may come to: rules that call others several
// times over would else grow without end.
const maxInline = 64

// inlined is clauses with calls replaced.
func (r *run) inlined(clauses []logic.Clause) []logic.Clause {
	var out []logic.Clause
	for i, c := range clauses {
		call, ok := c.(*logic.RuleCall)
		if ok && !call.Rule.Loops && !slices.ContainsFunc(call.Args, isNil) && r.size(call.Rule) <= maxInline {
			if out == nil {
				out = slices.Clone(clauses[:i])
			}
			out = append(out, r.inline(call)...)
		} else if out != nil {
			out = append(out, c)
		}
	}
	if out == nil {
		return clauses
	}
	return out
}

// isNil tells the one constant that no function gives.
func isNil(t lang.Term) bool { return t.Kind == lang.Constant && t.Value.IsNil() }

// size is how many clauses a rule comes to when all that it calls is replaced.
func (r *run) size(rule *logic.Rule) int {
	if n, ok := r.rules.sizes[rule]; ok {
		return n
	}
	n := 0
	for _, b := range rule.Branches {
		n += len(b.Body)
		logic.EachCall(b.Body, func(c *logic.RuleCall) {
			if !c.Rule.Loops {
				n += r.size(c.Rule)
			}
		})
	}
	r.rules.sizes[rule] = n
	return n
}

// inline is what a call comes to, made once: its clauses, or an or of them.
func (r *run) inline(call *logic.RuleCall) []logic.Clause {
	if made, ok := r.rules.inlined[call]; ok {
		return made
	}
	in := &inliner{call: call}
	r.rules.names++
	in.suffix = fmt.Sprintf("#%d", r.rules.names)
	branches := make([][]logic.Clause, len(call.Rule.Branches))
	for i, b := range call.Rule.Branches {
		branches[i] = r.inlined(in.branch(b))
	}
	made := branches[0]
	if len(branches) > 1 {
		made = []logic.Clause{in.or(branches)}
	}
	made = append(in.constants, made...)
	r.rules.inlined[call] = made
	return made
}

// inliner puts the arguments of a call in place of the parameters of a rule.
type inliner struct {
	call      *logic.RuleCall
	suffix    string // of the rule's own variables
	args      []lang.Var
	constants []logic.Clause // which bind what stands for constants
}

var ground, _ = fn.Find("ground")

// arguments are the variables of the arguments, with new ones for what is no variable.
func (in *inliner) arguments() []lang.Var {
	if in.args != nil {
		return in.args
	}
	for i, t := range in.call.Args {
		v := t.Var
		if t.Kind != lang.Variable {
			v = lang.Var(fmt.Sprintf("?%d%s", i, in.suffix))
		}
		if t.Kind == lang.Constant {
			in.constants = append(in.constants, &logic.Function{
				Pos:  in.call.Pos,
				Call: logic.Call{Pos: in.call.Pos, Text: "(ground " + t.Value.String() + ")", Fn: ground, Args: []lang.Term{t}, Sources: make([]*logic.Source, 1)},
				Out:  lang.Binding{Kind: lang.BindVar, Var: v, Text: string(v)},
			})
		}
		in.args = append(in.args, v)
	}
	return in.args
}

func (in *inliner) branch(b logic.Branch) []logic.Clause {
	names := map[lang.Var]lang.Var{}
	for i, v := range in.arguments() {
		names[b.Head[i]] = v
	}
	return (&renamer{names, in.suffix}).body(b.Body)
}

func (in *inliner) or(branches [][]logic.Clause) *logic.Or {
	or := &logic.Or{Pos: in.call.Pos, Branches: branches}
	for i, v := range in.args {
		or.Join = lang.AppendVar(or.Join, v)
		if in.call.Rule.Required[i] {
			or.Required = lang.AppendVar(or.Required, v)
		}
	}
	return or
}

// renamer gives variables other names: those that are listed, and a suffix to all others.
type renamer struct {
	names  map[lang.Var]lang.Var
	suffix string
}

func (n *renamer) name(v lang.Var) lang.Var {
	if v == "" {
		return v
	}
	if other, ok := n.names[v]; ok {
		return other
	}
	return v + lang.Var(n.suffix)
}

func (n *renamer) list(vars []lang.Var) []lang.Var {
	var out []lang.Var
	for _, v := range vars {
		out = lang.AppendVar(out, n.name(v))
	}
	return out
}

func (n *renamer) terms(list []lang.Term) []lang.Term {
	out := slices.Clone(list)
	for i := range out {
		if out[i].Kind == lang.Variable {
			out[i].Var = n.name(out[i].Var)
		}
	}
	return out
}

func (n *renamer) binding(b lang.Binding) lang.Binding {
	b.Var = n.name(b.Var)
	b.Items = slices.Clone(b.Items)
	for i := range b.Items {
		b.Items[i] = n.binding(b.Items[i])
	}
	return b
}

func (n *renamer) body(body []logic.Clause) []logic.Clause {
	out := make([]logic.Clause, len(body))
	for i, c := range body {
		out[i] = n.clause(c)
	}
	return out
}

func (n *renamer) clause(c logic.Clause) logic.Clause {
	switch c := c.(type) {
	case *logic.Pattern:
		d := *c
		d.Terms = n.terms(c.Terms)
		return &d
	case *logic.Predicate:
		d := *c
		d.Call.Args = n.terms(c.Call.Args)
		return &d
	case *logic.Function:
		d := *c
		d.Call.Args, d.Out = n.terms(c.Call.Args), n.binding(c.Out)
		return &d
	case *logic.Not:
		return &logic.Not{Pos: c.Pos, Join: n.list(c.Join), Body: n.body(c.Body)}
	case *logic.Or:
		or := &logic.Or{Pos: c.Pos, Join: n.list(c.Join), Required: n.list(c.Required)}
		for _, b := range c.Branches {
			or.Branches = append(or.Branches, n.body(b))
		}
		return or
	}
	call := *c.(*logic.RuleCall)
	call.Args = n.terms(call.Args)
	return &call
}
