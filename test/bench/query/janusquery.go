package main

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/engine/edn"
)

// janusQuery is a query in the dialect of janus-datalog.
type janusQuery struct {
	j       *janus
	text    string
	columns int // that are asked for, of those found
}

// janusText has the arguments in place of the inputs, which janus-datalog compares wrongly, or tests for equality what
// is found as well, and finds relations alone. It has no :with, but rows that differ in what is found are never one to
// it: counts of the variables of :with, behind the other columns, keep them apart. What else it lacks it refuses itself.
func janusText(q query) (text string, columns int, err error) {
	d, err := parseDatalog(q.text)
	if err != nil {
		return "", 0, err
	}
	if len(d.in) != len(q.args) {
		return "", 0, fmt.Errorf("%d arguments for %d inputs", len(q.args), len(d.in))
	}
	form := []edn.Value{edn.MakeKeyword("find")}
	found := map[string]bool{}
	for _, item := range d.find {
		found[item.variable] = true
		v := edn.MakeSymbol(item.variable)
		if item.aggregate != "" {
			v = edn.MakeList(edn.MakeSymbol(item.aggregate), v)
		}
		form = append(form, v)
	}
	for _, name := range d.with {
		form = append(form, edn.MakeList(edn.MakeSymbol("count"), edn.MakeSymbol(name)))
	}
	form = append(form, edn.MakeKeyword("where"))
	constants := map[string]edn.Value{}
	var tests []edn.Value
	for i, name := range d.in {
		variable := edn.MakeSymbol(name)
		if !isVariable(variable) {
			continue
		}
		arg, err := edn.Parse(q.args[i])
		if err != nil {
			return "", 0, err
		}
		if found[name] {
			tests = append(tests, edn.MakeVector(edn.MakeList(edn.MakeSymbol("="), variable, arg)))
		} else {
			constants[name] = arg
		}
	}
	for _, clause := range d.where {
		form = append(form, substituted(clause, constants))
	}
	return edn.MakeVector(append(form, tests...)...).String(), len(d.find), nil
}

// substituted is v with values in place of variables.
func substituted(v edn.Value, values map[string]edn.Value) edn.Value {
	switch v.Kind() {
	case edn.Symbol:
		if value, ok := values[v.Text()]; ok {
			return value
		}
	case edn.Vector, edn.List:
		items := make([]edn.Value, len(v.Items()))
		for i, item := range v.Items() {
			items[i] = substituted(item, values)
		}
		if v.Kind() == edn.List {
			return edn.MakeList(items...)
		}
		return edn.MakeVector(items...)
	}
	return v
}

func (p *janusQuery) count(ctx context.Context) (int, error) {
	reply, err := p.j.ask(ctx, janusRequest{Query: p.text, Mode: "count"})
	if err != nil {
		return 0, err
	}
	return reply.N, nil
}

func (p *janusQuery) rows(ctx context.Context) ([]string, error) {
	reply, err := p.j.ask(ctx, janusRequest{Query: p.text, Columns: p.columns, Mode: "rows"})
	if err != nil {
		return nil, err
	}
	return reply.Rows, nil
}
