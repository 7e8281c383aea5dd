package exec

import (
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// A rule of two parameters that steps along attributes, such as
//
//	reach(x,y) :- edge(x,y)        reach(x,y) :- edge(x,z), reach(z,y)
//
// relates where walks in a graph begin to where they end. Instead of deriving tuples round by round, the graph is
// walked from each beginning, breadth first. In general, base edges B and steps S give
//
//	S* B  when the rule calls itself for where a step from x leads,
//	B S*  when it steps on from where it led itself,
//	B+    when it calls itself twice, and when steps and base are the same.

// closure is such a rule, as it is asked.
type closure struct {
	kind  closureKind
	base  []edge
	steps []edge
	from  int // the parameter where walks begin: 0, or 1 when they are walked backwards
}

type closureKind uint8

const (
	stepsThenBase closureKind = iota
	baseThenSteps
	baseOften
)

// edge is a pattern that leads from one place of the rule to another.
type edge struct {
	pattern *logic.Pattern
	order   engine.Index // of the side whose keys are where the edge begins
}

func (e edge) turned() edge {
	if e.order == engine.AEVT {
		return edge{e.pattern, engine.AVET}
	}
	return edge{e.pattern, engine.AEVT}
}

// same tells whether two edges lead along the same attribute in the same direction.
func (e edge) same(f edge) bool {
	return e.order == f.order && e.pattern.Source == f.pattern.Source && e.pattern.Attr.ID == f.pattern.Attr.ID
}

// edgeOf is the edge from variable a to variable b that a clause is.
func edgeOf(c logic.Clause, a, b lang.Var) (edge, bool) {
	p, ok := c.(*logic.Pattern)
	if !ok || !sided(p) || uses(p, logic.PlaceT) || uses(p, logic.PlaceOp) || p.Source.Input.DB.IsHistory() || a == b {
		return edge{}, false
	}
	switch e, v := p.Terms[logic.PlaceE], p.Terms[logic.PlaceV]; {
	case e.Kind != lang.Variable || v.Kind != lang.Variable:
		return edge{}, false
	case e.Var == a && v.Var == b:
		return edge{p, engine.AEVT}, true
	case e.Var == b && v.Var == a:
		return edge{p, engine.AVET}, true
	}
	return edge{}, false
}

// closureOf reads a rule as a closure; nil when it is none.
func closureOf(rule *logic.Rule) *closure {
	if !rule.Loops || len(rule.Required) != 2 {
		return nil
	}
	c := &closure{}
	kinds := map[closureKind]bool{}
	for _, b := range rule.Branches {
		if !c.add(rule, b, kinds) {
			return nil
		}
	}
	within := func(e edge) bool { return slices.ContainsFunc(c.base, e.same) }
	all := !slices.ContainsFunc(c.steps, func(e edge) bool { return !within(e) })
	often := all && (kinds[baseOften] || !slices.ContainsFunc(c.base, func(e edge) bool { return !slices.ContainsFunc(c.steps, e.same) }))
	switch {
	case often:
		c.kind, c.steps = baseOften, c.base
	case len(kinds) != 1 || kinds[baseOften]:
		return nil
	case kinds[baseThenSteps]:
		c.kind = baseThenSteps
	}
	return c
}

// add reads one branch.
func (c *closure) add(rule *logic.Rule, b logic.Branch, kinds map[closureKind]bool) bool {
	x, y := b.Head[0], b.Head[1]
	switch len(b.Body) {
	case 1:
		e, ok := edgeOf(b.Body[0], x, y)
		c.base = append(c.base, e)
		return ok
	case 2:
		for i, clause := range b.Body {
			call, ok := clause.(*logic.RuleCall)
			if !ok || call.Rule != rule || call.Args[0].Kind != lang.Variable || call.Args[1].Kind != lang.Variable {
				continue
			}
			from, to, other := call.Args[0].Var, call.Args[1].Var, b.Body[1-i]
			if from == x && to != x && to != y {
				if second, ok := other.(*logic.RuleCall); ok {
					kinds[baseOften] = true
					return second.Rule == rule && isVar(second.Args[0], to) && isVar(second.Args[1], y) && x != y
				}
				e, ok := edgeOf(other, to, y)
				c.steps, kinds[baseThenSteps] = append(c.steps, e), true
				return ok && x != y
			}
			if to == y && from != x && from != y {
				if _, ok := other.(*logic.RuleCall); ok {
					continue // which is read as the second call
				}
				e, ok := edgeOf(other, x, from)
				c.steps, kinds[stepsThenBase] = append(c.steps, e), true
				return ok && x != y
			}
		}
	}
	return false
}

func isVar(t lang.Term, v lang.Var) bool { return t.Kind == lang.Variable && t.Var == v }

// turned is the closure walked backwards.
func (c *closure) turned() *closure {
	t := &closure{kind: c.kind, from: 1 - c.from}
	switch c.kind {
	case stepsThenBase:
		t.kind = baseThenSteps
	case baseThenSteps:
		t.kind = stepsThenBase
	}
	for _, e := range c.base {
		t.base = append(t.base, e.turned())
	}
	for _, e := range c.steps {
		t.steps = append(t.steps, e.turned())
	}
	return t
}

// walks joins the rows with a closure. ok is false when it is to be derived by rounds.
func (r *run) walks(now *rel, c *logic.RuleCall, keep []lang.Var, s *Step) (out *rel, ok bool, err error) {
	cl, known := r.rules.closures[c.Rule]
	if !known {
		cl = closureOf(c.Rule)
		r.rules.closures[c.Rule] = cl
	}
	if cl == nil || c.Args[0].Kind == lang.Variable && isVar(c.Args[1], c.Args[0].Var) {
		return nil, false, nil
	}
	ends := [2]operand{r.argument(now, c.Args[0]), r.argument(now, c.Args[1])}
	origins := r.origins(now, ends[0])
	if !ends[0].known() && ends[1].known() || ends[0].kind == bound && ends[1].kind == constant {
		cl, origins = cl.turned(), r.origins(now, ends[1])
	}
	g, err := r.graphs(cl, len(origins))
	if g == nil || err != nil {
		return nil, false, err
	}
	if !ends[cl.from].known() {
		origins = g.starts()
	}
	sd, err := r.walk(cl, g, origins)
	if err != nil {
		return nil, false, err
	}
	s.Index = fmt.Sprintf("walked from %d, %d pairs", len(origins), len(sd.keys))
	b := &probe{run: r, now: now, keep: keep, side: sd, key: ends[cl.from], other: ends[1-cl.from]}
	switch b.key.kind {
	case constant:
		b.span = sd.groups.find(b.key.t)
	case fresh, anything:
		b.span = sd.all()
	}
	out, err = b.result()
	return out, true, err
}

func (r *run) argument(now *rel, t lang.Term) operand {
	switch t.Kind {
	case lang.Constant:
		return operand{kind: constant, t: r.dict.Of(t.Value)}
	case lang.Variable:
		if now.has(t.Var) {
			return operand{kind: bound, col: now.col(t.Var), v: t.Var}
		}
		return operand{kind: fresh, v: t.Var}
	}
	return operand{}
}

// origins are the different values of what is known.
func (r *run) origins(now *rel, o operand) []term {
	switch o.kind {
	case constant:
		return []term{o.t}
	case bound:
		return r.project(now, []lang.Var{o.v}).cols[0]
	}
	return nil
}
