package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// source is where a layout keeps the facts of one attribute.
type source struct {
	table, e, v string // quoted names of the table and of its columns
	number      int    // what column a must be; 0 if the table has no such column
	kind        string
	shared      bool // a row holds all attributes of an entity; those it lacks are null
	one         bool // an entity has one value at most
}

// statement is a query as SQL.
type statement struct {
	sql    string
	params []any
	kinds  []string // of the columns
}

// translator gathers what the parts of one statement have in common.
type translator struct {
	sources  map[string]source
	closures map[string]closure
	params   []any
	ctes     []string
	aliases  int
}

// translate turns a query into SQL over sources. An error says what SQL is not made of.
func translate(q query, sources map[string]source) (*statement, error) {
	d, err := parseDatalog(q.text)
	if err != nil {
		return nil, err
	}
	t := &translator{sources: sources}
	s := newScope(t, nil)
	if err := t.bind(s, d.in, q.args); err != nil {
		return nil, err
	}
	if err := s.clauses(d.where); err != nil {
		return nil, err
	}
	st, err := s.selectFound(d)
	if err != nil {
		return nil, err
	}
	if len(t.ctes) > 0 {
		st.sql = "with recursive " + strings.Join(t.ctes, ", ") + " " + st.sql
	}
	st.params = t.params
	return st, nil
}

// bind gives the arguments to the variables of :in, and takes the rules.
func (t *translator) bind(s *scope, in, args []string) error {
	if len(in) != len(args) {
		return fmt.Errorf("%d arguments for %d inputs", len(args), len(in))
	}
	for i, name := range in {
		if name == "$" {
			continue
		}
		arg, err := edn.Parse(args[i])
		if err != nil {
			return err
		}
		if name == "%" {
			t.closures, err = readClosures(arg)
		} else if name[0] == '?' {
			s.vars[name], err = t.constant(arg)
		} else {
			err = fmt.Errorf("input %s", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// constant makes v a parameter.
func (t *translator) constant(v edn.Value) (expr, error) {
	var kind string
	switch v.Kind() {
	case edn.Int:
		kind = "long"
		t.params = append(t.params, v.Int())
	case edn.String:
		kind = "string"
		t.params = append(t.params, v.Text())
	case edn.Keyword:
		kind = "keyword"
		t.params = append(t.params, ":"+v.Text())
	default:
		return expr{}, fmt.Errorf("%v, a %v, as a constant", v, v.Kind())
	}
	return expr{sql: fmt.Sprintf("?%d", len(t.params)), kind: kind, fixed: true}, nil
}

func (t *translator) alias() string {
	t.aliases++
	return fmt.Sprintf("t%d", t.aliases)
}

// selectFound makes the select of all clauses of s.
func (s *scope) selectFound(d *datalogQuery) (*statement, error) {
	names, aggregates := columnsOf(d)
	cols := make([]string, len(names))
	kinds := map[string]string{}
	for i, name := range names {
		x, ok := s.lookup(name)
		if !ok {
			return nil, fmt.Errorf("%s is bound by no pattern", name)
		}
		cols[i] = x.sql + " as " + quote(name)
		kinds[name] = x.kind
	}
	distinct := ""
	if !s.unique(names) && !ignoresDuplicates(d.find) {
		distinct = "distinct "
	}
	st := &statement{sql: "select " + distinct + strings.Join(cols, ", ") + s.tail()}
	for _, item := range d.find {
		kind := kinds[item.variable]
		if item.aggregate != "" && item.aggregate != "min" && item.aggregate != "max" {
			kind = "long"
		}
		st.kinds = append(st.kinds, kind)
	}
	if aggregates {
		if err := aggregate(st, d.find); err != nil {
			return nil, err
		}
	}
	if d.form == "scalar" {
		st.sql += " limit 1"
	}
	return st, nil
}

// columnsOf gives the variables of :find and then of :with, each once, and whether one is aggregated. What
// is aggregated are the distinct rows of these.
func columnsOf(d *datalogQuery) (names []string, aggregates bool) {
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, item := range d.find {
		add(item.variable)
		aggregates = aggregates || item.aggregate != ""
	}
	if aggregates {
		for _, name := range d.with {
			add(name)
		}
	}
	return names, aggregates
}

// ignoresDuplicates tells whether all aggregates are the same of rows that repeat, so that these need not be distinct.
func ignoresDuplicates(find []findItem) bool {
	aggregates := 0
	for _, item := range find {
		switch item.aggregate {
		case "":
		case "min", "max", "count-distinct":
			aggregates++
		default:
			return false
		}
	}
	return aggregates > 0
}

var aggregateSQL = map[string]string{
	"count": "count(%s)", "sum": "sum(%s)", "min": "min(%s)", "max": "max(%s)", "count-distinct": "count(distinct %s)",
}

// aggregate wraps st in a select that groups its rows. No rows have no group, unlike in SQL.
func aggregate(st *statement, find []findItem) error {
	var cols, groups []string
	for _, item := range find {
		col := quote(item.variable)
		if item.aggregate == "" {
			groups = append(groups, col)
		} else if format, ok := aggregateSQL[item.aggregate]; ok {
			col = fmt.Sprintf(format, col)
		} else {
			return errors.New("aggregate " + item.aggregate)
		}
		cols = append(cols, col)
	}
	st.sql = "select " + strings.Join(cols, ", ") + " from (" + st.sql + ")"
	if len(groups) > 0 {
		st.sql += " group by " + strings.Join(groups, ", ")
	} else {
		st.sql += " having count(*) > 0"
	}
	return nil
}

// quote makes any name an SQL identifier.
func quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
