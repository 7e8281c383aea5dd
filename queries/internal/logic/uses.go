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
	attributes []lang.Var
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
			u.entity(t.Var, s)
		case i == PlaceA:
			u.attributes = lang.AppendVar(u.attributes, t.Var)
		}
	}
}

func (u *uses) entity(v lang.Var, s *Source) {
	if !slices.Contains(u.entities, place{v, s}) {
		u.entities = append(u.entities, place{v, s})
	}
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
	for i, at := range u.scope.b.places[instance{c.Name, s}] {
		t := c.Args[i]
		if t.Kind != lang.Variable || only != nil && !slices.Contains(only, t.Var) {
			continue
		}
		if of := firstOf(at); of != nil {
			u.entity(t.Var, of)
		}
	}
}

// findPlaces finds out, for every rule and source that it may be called with, which parameters stand for entities.
func (b *builder) findPlaces() error {
	b.places = map[instance][]map[*Source]bool{}
	if b.rules == nil {
		return nil
	}
	for _, s := range b.program.Sources {
		for name, r := range b.rules {
			of := instance{name, s}
			b.places[of] = make([]map[*Source]bool, r.Arity)
			for i := range b.places[of] {
				b.places[of][i] = map[*Source]bool{}
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for of, params := range b.places {
			for _, br := range b.rules[of.name].Branches {
				changed = b.markPlaces(of.source, br, params) || changed
			}
		}
	}
	return nil
}

func (b *builder) markPlaces(s *Source, br lang.Branch, params []map[*Source]bool) (changed bool) {
	u := uses{scope: &scope{b: b, source: s}}
	u.walk(br.Body, nil)
	for _, p := range u.entities {
		if i := slices.Index(br.Head, p.v); i >= 0 && !params[i][p.s] {
			params[i][p.s], changed = true, true
		}
	}
	return changed
}

// firstOf is the source with the least name, nil when there is none.
func firstOf(set map[*Source]bool) *Source {
	var first *Source
	for s := range set {
		if first == nil || s.Name < first.Name {
			first = s
		}
	}
	return first
}
