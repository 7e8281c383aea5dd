package logic

import (
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// uses collects where variables stand for entities and for attributes.
type uses struct {
	scope      *scope
	entities   []place
	attributes []place
	enums      []lang.Var
}

// walk looks at clauses; only is the variables of interest, nil for all.
func (u *uses) walk(body []lang.Clause, only []lang.Var) {
	for _, c := range body {
		switch c := c.(type) {
		case *lang.Pattern:
			u.pattern(c, only)
		case *lang.RuleCall:
			u.ruleCall(c, only)
		case *lang.Not:
			u.walk(c.Body, narrow(only, c.Explicit, c.Join))
		case *lang.Or:
			for _, b := range c.Branches {
				u.walk(b, narrow(only, c.Explicit, append(slices.Clone(c.Required), c.Join...)))
			}
		}
	}
}

// narrow leaves out the private variables of a not-join or or-join.
func narrow(only []lang.Var, explicit bool, join []lang.Var) []lang.Var {
	switch {
	case !explicit:
		return only
	case only == nil:
		return join
	}
	both := intersect(only, join)
	if both == nil {
		both = []lang.Var{} // nothing, which is not the same as anything
	}
	return both
}

func (u *uses) pattern(c *lang.Pattern, only []lang.Var) {
	s := u.scope.b.source(c.Source, u.scope)
	if !s.Input.IsDB {
		return
	}
	u.enum(c)
	for i, t := range c.Terms {
		if t.Kind != lang.Variable || only != nil && !slices.Contains(only, t.Var) {
			continue
		}
		switch {
		case i == PlaceE, i == PlaceV && isRef(s, c.Terms[PlaceA]):
			u.entities = appendPlace(u.entities, t.Var, s)
		case i == PlaceA:
			u.attributes = appendPlace(u.attributes, t.Var, s)
		}
	}
}

func appendPlace(to []place, v lang.Var, s *Source) []place {
	if slices.Contains(to, place{v, s}) {
		return to
	}
	return append(to, place{v, s})
}

func isRef(s *Source, attr lang.Term) bool {
	if attr.Kind != lang.Constant || attr.Value.Kind() != edn.Keyword {
		return false
	}
	a, ok := s.Input.DB.Schema().ByIdent(attr.Value.Text())
	return ok && a.Type == engine.RefKind
}

func (u *uses) ruleCall(c *lang.RuleCall, only []lang.Var) {
	s := u.scope.b.source(c.Source, u.scope)
	for i, p := range u.scope.b.params[instance{c.Name, s}] {
		t := c.Args[i]
		if t.Kind != lang.Variable || only != nil && !slices.Contains(only, t.Var) {
			continue
		}
		if of := firstOf(p.entities); of != nil {
			u.entities = appendPlace(u.entities, t.Var, of)
		}
		for _, of := range byName(p.attributes) {
			u.attributes = appendPlace(u.attributes, t.Var, of)
		}
	}
}
