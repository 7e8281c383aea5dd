package main

import (
	"fmt"

	"github.com/dhfs/dhfs/engine/edn"
)

// closure is a rule of two branches that is the transitive closure of an attribute.
type closure struct {
	attr     string
	backward bool // it runs from values to entities
}

// link is what a clause of a rule says of two variables.
type link struct {
	name     string // of the attribute or of the rule
	from, to string
}

// readClosures takes rules apart. Each must be (r ?x ?y) of one pattern, and of one pattern and one call of r.
func readClosures(rules edn.Value) (map[string]closure, error) {
	branches := map[string][]edn.Value{}
	for _, rule := range rules.Items() {
		clauses := rule.Items()
		if len(clauses) == 0 || len(clauses[0].Items()) == 0 {
			return nil, fmt.Errorf("rule %v", rule)
		}
		name := clauses[0].Items()[0].Text()
		branches[name] = append(branches[name], rule)
	}
	closures := map[string]closure{}
	for name, rules := range branches {
		c, ok := readClosure(rules)
		if !ok {
			return nil, fmt.Errorf("rule %s is not the closure of an attribute", name)
		}
		closures[name] = c
	}
	return closures, nil
}

func readClosure(rules []edn.Value) (closure, bool) {
	if len(rules) != 2 {
		return closure{}, false
	}
	base, step := rules[0].Items(), rules[1].Items()
	if len(base) > len(step) {
		base, step = step, base
	}
	if len(base) != 2 || len(step) != 3 {
		return closure{}, false
	}
	head, fact := readLink(base[0]), readLink(base[1])
	c := closure{attr: fact.name}
	switch fact {
	case link{c.attr, head.from, head.to}:
	case link{c.attr, head.to, head.from}:
		c.backward = true
	default:
		return closure{}, false
	}
	return c, c.steps(step)
}

// steps tells whether a branch goes from its first to its last variable by a fact and a call, in either order.
func (c closure) steps(rule []edn.Value) bool {
	head, first, second := readLink(rule[0]), readLink(rule[1]), readLink(rule[2])
	for _, l := range []*link{&first, &second} {
		if l.name == c.attr && c.backward {
			l.from, l.to = l.to, l.from
		}
	}
	if first.from != head.from {
		first, second = second, first
	}
	facts, calls := 0, 0
	for _, l := range []link{first, second} {
		if l.name == c.attr {
			facts++
		} else if l.name == head.name {
			calls++
		}
	}
	ends := first.from == head.from && first.to == second.from && second.to == head.to
	return ends && first.to != head.from && first.to != head.to && facts == 1 && calls == 1
}

// readLink reads [?x :attr ?y] or (rule ?x ?y); of anything else it is empty.
func readLink(clause edn.Value) link {
	items := clause.Items()
	if len(items) != 3 {
		return link{}
	}
	from, name, to := items[0], items[1], items[2]
	prefix := ":"
	if clause.Kind() == edn.List {
		from, name, prefix = items[1], items[0], ""
	}
	if !isVariable(from) || !isVariable(to) {
		return link{}
	}
	return link{prefix + name.Text(), from.Text(), to.Text()}
}

// call adds (rule from to).
func (s *scope) call(items []edn.Value) error {
	c, ok := s.t.closures[items[0].Text()]
	if !ok || len(items) != 3 {
		return fmt.Errorf("clause %v", edn.MakeList(items...))
	}
	src, ok := s.t.sources[c.attr[1:]]
	if !ok {
		return fmt.Errorf("attribute %s is unknown", c.attr)
	}
	from, err := s.term(items[1])
	if err != nil {
		return err
	}
	to, err := s.term(items[2])
	if err != nil {
		return err
	}
	x, y := src.e, src.v
	if c.backward {
		x, y = y, x
	}
	alias := s.t.alias()
	if to.fixed && !from.fixed {
		from, to, x, y = to, from, y, x
	}
	if from.fixed {
		s.t.reach(alias, src, x, y, from)
	} else {
		s.t.closeOver(alias, src, x, y)
		s.unify(from, alias+".x", "ref")
	}
	s.from = append(s.from, alias)
	s.unify(to, alias+".y", "ref")
	s.keys = append(s.keys, rowKey{terms: []expr{from, to}})
	return nil
}

// reach adds a table of what is reached from one entity. It is cheaper than the closure of all.
func (t *translator) reach(name string, src source, x, y string, from expr) {
	facts := src.facts()
	t.ctes = append(t.ctes, fmt.Sprintf(
		"%[1]s(y) as (select b.%[4]s from %[2]s b where b.%[3]s = %[5]s%[6]s "+
			"union select b.%[4]s from %[1]s r, %[2]s b where b.%[3]s = r.y%[6]s)",
		name, src.table, x, y, from.sql, facts))
}

// closeOver adds a table of all pairs of the closure.
func (t *translator) closeOver(name string, src source, x, y string) {
	facts := src.facts()
	t.ctes = append(t.ctes, fmt.Sprintf(
		"%[1]s(x, y) as (select b.%[3]s, b.%[4]s from %[2]s b where true%[5]s "+
			"union select r.x, b.%[4]s from %[1]s r, %[2]s b where b.%[3]s = r.y%[5]s)",
		name, src.table, x, y, facts))
}

// facts is the condition that row b of the source is a fact of its attribute.
func (src source) facts() string {
	cond := ""
	if src.number > 0 {
		cond = fmt.Sprintf(" and b.a = %d", src.number)
	}
	if src.shared {
		cond += " and b." + src.v + " is not null"
	}
	return cond
}
