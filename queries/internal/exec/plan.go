package exec

import (
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// plan is how a query was run, for people: a line a step, in the order of the steps.
type plan struct {
	steps []*step
	level int
	quiet int // inside of a recursion, whose rounds would fill pages
}

// maxSteps bounds the lines.
const maxSteps = 200

// step is one line.
type step struct {
	level    int
	text     string
	how      string
	in, out  int
	estimate float64
}

// begin notes a step; those inside of it are indented until it ends.
func (p *plan) begin(c logic.Clause, estimate float64, in int) *step {
	s := &step{level: p.level, in: in, estimate: estimate}
	if p.quiet == 0 && len(p.steps) < maxSteps {
		s.text = describe(c)
		p.steps = append(p.steps, s)
	}
	p.level++
	return s
}

func (p *plan) end(s *step, out int) {
	s.out = out
	p.level--
}

func (p *plan) String() string {
	var b strings.Builder
	for _, s := range p.steps {
		fmt.Fprintf(&b, "%-56s", strings.Repeat("  ", s.level)+s.text)
		fmt.Fprintf(&b, "  rows %d → %d (estimated %.0f)", s.in, s.out, s.estimate)
		if s.how != "" {
			fmt.Fprintf(&b, "  %s", s.how)
		}
		b.WriteByte('\n')
	}
	if len(p.steps) == maxSteps {
		b.WriteString("…\n")
	}
	return b.String()
}

// describe is a clause as it would be written.
func describe(c logic.Clause) string {
	switch c := c.(type) {
	case *logic.Pattern:
		return "[" + sourcePrefix(c.Source) + words(trim(c.Terms)) + "]"
	case *logic.Predicate:
		return "[" + c.Call.Text + "]"
	case *logic.Function:
		return "[" + c.Call.Text + " " + c.Out.Text + "]"
	case *logic.Not:
		return "not"
	case *logic.Or:
		return "or"
	case *logic.RuleCall:
		return "(" + sourcePrefix(c.Rule.Source) + c.Rule.Name + " " + words(c.Args) + ")"
	case *known:
		return c.name + " " + strings.Trim(fmt.Sprint(c.rel.vars), "[]")
	case *derived:
		return c.set.name + " " + words(c.args)
	}
	return ""
}

func sourcePrefix(s *logic.Source) string {
	if s == nil || s.Name == "$" {
		return ""
	}
	return s.Name + " "
}

// trim leaves out blanks at the end.
func trim(list []lang.Term) []lang.Term {
	for len(list) > 2 && list[len(list)-1].Kind == lang.Blank {
		list = list[:len(list)-1]
	}
	return list
}

func words(list []lang.Term) string {
	out := make([]string, len(list))
	for i, t := range list {
		switch t.Kind {
		case lang.Variable:
			out[i] = string(t.Var)
		case lang.Constant:
			out[i] = t.Value.String()
		default:
			out[i] = "_"
		}
	}
	return strings.Join(out, " ")
}
