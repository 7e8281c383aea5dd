package exec

import (
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// operand is what stands at a place of a pattern when rows are known: nothing, a
// constant, a variable that the rows have, or a fresh one.
type operand struct {
	kind operandKind
	t    term   // the constant
	col  []term // of the variable that is bound
	v    lang.Var
}

type operandKind uint8

const (
	anything operandKind = iota
	constant
	bound
	fresh
)

func (r *run) operand(now *rel, p *logic.Pattern, place int) operand {
	switch t := p.Terms[place]; t.Kind {
	case lang.Constant:
		return operand{kind: constant, t: r.dict.Of(t.Value)}
	case lang.Variable:
		if i := slices.Index(now.vars, t.Var); i >= 0 {
			return operand{kind: bound, col: now.cols[i], v: t.Var}
		}
		return operand{kind: fresh, v: t.Var}
	}
	return operand{}
}

func (o operand) known() bool { return o.kind == constant || o.kind == bound }

// at is the value for a row.
func (o operand) at(row int) term {
	if o.kind == bound {
		return o.col[row]
	}
	return o.t
}

// sided tells the patterns that can be answered from the sides of an attribute.
func sided(p *logic.Pattern) bool {
	if p.Never || !p.Source.Input.IsDB || p.Attr == nil || p.Attr.Type == engine.TupleKind {
		return false
	}
	for i, t := range p.Terms {
		for _, u := range p.Terms[:i] {
			if t.Kind == lang.Variable && u.Kind == lang.Variable && t.Var == u.Var {
				return false
			}
		}
	}
	return true
}
