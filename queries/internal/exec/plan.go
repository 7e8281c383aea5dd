package exec

import (
	"fmt"
	"strings"
	"time"

	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// Plan is how a query was run: its steps in the order in which they were begun.
type Plan struct {
	Steps []*Step
	More  bool // there were more steps than are kept

	level int
	quiet int // inside of a recursion, whose rounds would fill pages
}

// maxSteps bounds what is kept.
const maxSteps = 200

// Step is one clause, or several at once.
type Step struct {
	Level   int    // of nesting
	Index   string // how the clause was answered, and from which index
	In, Out int    // rows before and after
	Guess   float64
	Blocks  int64 // read from the store, with the steps inside of this one
	Bytes   int64
	Elapsed time.Duration

	clause logic.Clause
	began  time.Time
}

// begin notes a step; those inside of it are indented until it ends.
func (r *run) begin(c logic.Clause, estimate float64, in int) *Step {
	p := r.plan
	s := &Step{Level: p.level, In: in, Guess: estimate, clause: c, began: time.Now()}
	s.Blocks, s.Bytes = -r.reads.Blocks.Load(), -r.reads.Bytes.Load()
	switch {
	case p.quiet > 0:
	case len(p.Steps) == maxSteps:
		p.More = true
	default:
		p.Steps = append(p.Steps, s)
	}
	p.level++
	return s
}

func (r *run) end(s *Step, out int) {
	s.Out, s.Elapsed = out, time.Since(s.began)
	s.Blocks += r.reads.Blocks.Load()
	s.Bytes += r.reads.Bytes.Load()
	r.plan.level--
}

// Text is the clause as it would be written.
func (s *Step) Text() string { return describe(s.clause) }

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
