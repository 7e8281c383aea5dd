package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// scope is clauses that hold together: those of a query, or of a not or an or in it.
type scope struct {
	t     *translator
	outer *scope
	from  []string
	conds []string
	vars  map[string]expr
	rows  map[string]string // the alias of the row of a table and an entity
	keys  []rowKey
}

// expr is what a variable or a constant is in SQL.
type expr struct {
	sql, kind string
	fixed     bool // it has one value in the whole statement
	variable  string
	blank     bool
}

// rowKey says which terms determine one row of from, and which variable that row determines in turn.
type rowKey struct {
	terms  []expr
	yields []expr
}

func newScope(t *translator, outer *scope) *scope {
	return &scope{t: t, outer: outer, vars: map[string]expr{}, rows: map[string]string{}}
}

func (s *scope) lookup(name string) (expr, bool) {
	for ; s != nil; s = s.outer {
		if x, ok := s.vars[name]; ok {
			return x, true
		}
	}
	return expr{}, false
}

// clauses adds clauses: first those that bind variables, then those that only test them.
func (s *scope) clauses(all []edn.Value) error {
	var tests []edn.Value
	for _, c := range all {
		if isTest(c) {
			tests = append(tests, c)
			continue
		}
		add := s.pattern
		if c.Kind() == edn.List {
			add = s.call
		}
		if err := add(c.Items()); err != nil {
			return err
		}
	}
	for _, c := range tests {
		cond, err := s.test(c)
		if err != nil {
			return err
		}
		s.conds = append(s.conds, cond)
	}
	return nil
}

// term is what a pattern has in one place.
func (s *scope) term(v edn.Value) (expr, error) {
	switch {
	case v.Is("_"):
		return expr{blank: true}, nil
	case isVariable(v):
		x, _ := s.lookup(v.Text())
		x.variable = v.Text()
		return x, nil
	}
	return s.t.constant(v)
}

// unify makes a term equal to sql, by which a variable that is new is bound. It tells whether sql may still be null.
func (s *scope) unify(x expr, sql, kind string) (nullable bool) {
	if x.blank {
		return true
	}
	if x.variable != "" {
		// The term may have been bound since it was made: [?x :a ?x].
		found, ok := s.lookup(x.variable)
		if !ok {
			s.vars[x.variable] = expr{sql: sql, kind: kind}
			return true
		}
		x = found
	}
	s.conds = append(s.conds, sql+" = "+x.sql)
	return false
}

// pattern adds [e a v] or [e a].
func (s *scope) pattern(items []edn.Value) error {
	if len(items) == 2 {
		items = append(items[:2:2], edn.MakeSymbol("_"))
	}
	if len(items) != 3 || items[1].Kind() != edn.Keyword {
		return fmt.Errorf("pattern %v", edn.MakeVector(items...))
	}
	src, ok := s.t.sources[items[1].Text()]
	if !ok {
		return fmt.Errorf("attribute %v is unknown", items[1])
	}
	e, err := s.term(items[0])
	if err != nil {
		return err
	}
	v, err := s.term(items[2])
	if err != nil {
		return err
	}
	col := s.row(src, e, v) + "." + src.v
	if s.unify(v, col, src.kind) && src.shared {
		s.conds = append(s.conds, col+" is not null")
	}
	return nil
}

// row is the alias of the row that has the fact. Patterns of one entity share a row where the layout does.
func (s *scope) row(src source, e, v expr) string {
	name := src.table + " " + e.variable
	if src.shared && e.variable != "" {
		for sc := s; sc != nil; sc = sc.outer {
			if alias, ok := sc.rows[name]; ok {
				s.keys = append(s.keys, rowKey{terms: []expr{e}, yields: []expr{v}})
				return alias
			}
		}
	}
	alias := s.t.alias()
	s.from = append(s.from, src.table+" "+alias)
	if src.number > 0 {
		s.conds = append(s.conds, fmt.Sprintf("%s.a = %d", alias, src.number))
	}
	s.unify(e, alias+"."+src.e, "ref")
	s.rows[name] = alias
	if src.one {
		s.keys = append(s.keys, rowKey{terms: []expr{e}, yields: []expr{v}})
	} else {
		s.keys = append(s.keys, rowKey{terms: []expr{e, v}})
	}
	return alias
}

// unique tells whether names determine all rows of from, so that no two rows of the answer can be alike.
func (s *scope) unique(names []string) bool {
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	determined := func(x expr) bool { return x.fixed || known[x.variable] }
	open := s.keys
	for {
		var left []rowKey
		for _, k := range open {
			if !all(k.terms, determined) {
				left = append(left, k)
				continue
			}
			for _, y := range k.yields {
				if y.variable != "" {
					known[y.variable] = true
				}
			}
		}
		if len(left) == 0 || len(left) == len(open) {
			return len(left) == 0
		}
		open = left
	}
}

func all(xs []expr, holds func(expr) bool) bool {
	for _, x := range xs {
		if !holds(x) {
			return false
		}
	}
	return true
}

// tail is the statement after its columns.
func (s *scope) tail() string {
	sql := ""
	if len(s.from) > 0 {
		sql = " from " + strings.Join(s.from, ", ")
	}
	if len(s.conds) > 0 {
		sql += " where " + strings.Join(s.conds, " and ")
	}
	return sql
}

// isTest tells whether a clause only tests variables: a predicate, a not or an or.
func isTest(c edn.Value) bool {
	items := c.Items()
	if len(items) == 0 {
		return false
	}
	if c.Kind() == edn.List {
		return items[0].Is("not") || items[0].Is("or")
	}
	return items[0].Kind() == edn.List
}

// test is a clause as a condition.
func (s *scope) test(c edn.Value) (string, error) {
	items := c.Items()
	if c.Kind() == edn.Vector {
		if len(items) != 1 {
			return "", fmt.Errorf("function %v", items[0])
		}
		return s.predicate(items[0].Items())
	}
	if items[0].Is("not") {
		cond, err := s.inner(items[1:], false)
		return "(" + cond + ") is not true", err
	}
	var branches []string
	for _, branch := range items[1:] {
		clauses := []edn.Value{branch}
		if b := branch.Items(); len(b) > 0 && b[0].Is("and") {
			clauses = b[1:]
		}
		cond, err := s.inner(clauses, true)
		if err != nil {
			return "", err
		}
		branches = append(branches, cond)
	}
	return "(" + strings.Join(branches, " or ") + ")", nil
}

// inner is clauses as one condition on the rows of s: a comparison where those rows hold all that is asked for.
func (s *scope) inner(clauses []edn.Value, closed bool) (string, error) {
	in := newScope(s.t, s)
	if err := in.clauses(clauses); err != nil {
		return "", err
	}
	if closed && len(in.vars) > 0 {
		return "", errors.New("an or that binds variables")
	}
	if len(in.from) == 0 {
		return "(" + strings.Join(in.conds, " and ") + ")", nil
	}
	return "exists (select 1" + in.tail() + ")", nil
}

var operators = map[string]string{"<": "<", ">": ">", "<=": "<=", ">=": ">=", "=": "=", "!=": "<>", "not=": "<>"}

// predicate is a comparison of terms, each with the next.
func (s *scope) predicate(call []edn.Value) (string, error) {
	op, ok := operators[call[0].Text()]
	if !ok || len(call) < 3 || op == "<>" && len(call) > 3 {
		return "", fmt.Errorf("predicate %v", edn.MakeList(call...))
	}
	var conds []string
	var last expr
	for i, v := range call[1:] {
		x, err := s.term(v)
		if err != nil {
			return "", err
		}
		if x.sql == "" {
			return "", fmt.Errorf("%v is bound by no pattern", v)
		}
		if i > 0 {
			conds = append(conds, last.sql+" "+op+" "+x.sql)
		}
		last = x
	}
	return strings.Join(conds, " and "), nil
}
