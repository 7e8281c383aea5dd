package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/dhfs/dhfs/engine/edn"
)

// scriptQuery is a query in the form that DataScript's API for JavaScript takes.
type scriptQuery struct {
	d        *dataScript
	request  scriptRequest
	keywords []bool // of the columns, which hold keywords as strings
}

func newScriptQuery(d *dataScript, q query) (*scriptQuery, error) {
	form, err := edn.Parse(q.text)
	if err != nil {
		return nil, err
	}
	parsed, err := parseDatalog(q.text)
	if err != nil {
		return nil, err
	}
	p := &scriptQuery{d: d, keywords: keywordColumns(parsed, d.w)}
	p.request = scriptRequest{Query: scriptForm(form, true).String(), Form: parsed.form}
	for _, text := range q.args {
		arg, err := scriptArg(text)
		if err != nil {
			return nil, err
		}
		p.request.Args = append(p.request.Args, arg)
	}
	return p, nil
}

// scriptForm turns keywords into strings, which is what attributes and keywords are in JavaScript; but not those that
// are the sections of a query.
func scriptForm(v edn.Value, sections bool) edn.Value {
	switch v.Kind() {
	case edn.Keyword:
		if sections {
			return v
		}
		return edn.MakeString(":" + v.Text())
	case edn.Vector, edn.List:
		items := make([]edn.Value, len(v.Items()))
		for i, item := range v.Items() {
			items[i] = scriptForm(item, sections && item.Kind() == edn.Keyword)
		}
		if v.Kind() == edn.List {
			return edn.MakeList(items...)
		}
		return edn.MakeVector(items...)
	}
	return v
}

// scriptArg is an argument for JSON; nil is the database. Rules are a string of EDN.
func scriptArg(text string) (any, error) {
	arg, err := edn.Parse(text)
	if err != nil {
		return nil, err
	}
	switch {
	case arg.Is(":db"):
		return nil, nil
	case arg.Kind() == edn.Int:
		return arg.Int(), nil
	case arg.Kind() == edn.String:
		return arg.Text(), nil
	case arg.Kind() == edn.Keyword:
		return ":" + arg.Text(), nil
	case arg.Kind() == edn.Vector:
		return scriptForm(arg, false).String(), nil
	}
	return nil, fmt.Errorf("argument %v", arg)
}

// keywordColumns tells which of the found variables are values of attributes of keywords.
func keywordColumns(d *datalogQuery, w *workload) []bool {
	kinds := map[string]string{}
	for _, a := range w.attrs {
		kinds[a.name] = a.kind
	}
	keywords := map[string]bool{}
	var visit func(clauses []edn.Value)
	visit = func(clauses []edn.Value) {
		for _, c := range clauses {
			items := c.Items()
			if c.Kind() == edn.Vector && len(items) == 3 && kinds[items[1].Text()] == "keyword" {
				keywords[items[2].Text()] = true
			}
			visit(items)
		}
	}
	visit(d.where)
	columns := make([]bool, len(d.find))
	for i, item := range d.find {
		counted := strings.HasPrefix(item.aggregate, "count")
		columns[i] = keywords[item.variable] && !counted
	}
	return columns
}

// run has a process load the workload again if the last one was ended for the query before.
func (p *scriptQuery) run(ctx context.Context, mode string, limit time.Duration) (*scriptReply, error) {
	if p.d.process == nil {
		if err := p.d.load(ctx, p.d.w); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	p.request.Mode = mode
	return p.d.ask(ctx, p.request)
}

func (p *scriptQuery) count(ctx context.Context) (int, error) {
	reply, err := p.run(ctx, "count", slowest)
	if err != nil {
		return 0, err
	}
	return reply.N, nil
}

func (p *scriptQuery) rows(ctx context.Context) ([]string, error) {
	reply, err := p.run(ctx, "rows", slowest)
	if err != nil {
		return nil, err
	}
	all := make([]string, len(reply.Rows))
	for i, row := range reply.Rows {
		if all[i], err = p.row(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// row writes a row as EDN. Scalars and the values of collections are no arrays.
func (p *scriptQuery) row(text json.RawMessage) (string, error) {
	if p.request.Form != "relation" {
		text = append(append([]byte{'['}, text...), ']')
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var values []any
	if err := decoder.Decode(&values); err != nil {
		return "", err
	}
	texts := make([]string, len(values))
	for i, value := range values {
		switch v := value.(type) {
		case nil:
			texts[i] = "nil"
		case string:
			texts[i] = v
			if !p.keywords[i] {
				texts[i] = ednString(v)
			}
		default:
			texts[i] = fmt.Sprint(v)
		}
	}
	return "[" + strings.Join(texts, " ") + "]", nil
}
