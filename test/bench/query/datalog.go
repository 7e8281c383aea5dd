package main

import (
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/engine/edn"
)

// datalogQuery is a query taken apart into its sections.
type datalogQuery struct {
	find  []findItem
	form  string // of the answer: "relation", "collection" or "scalar"
	with  []string
	in    []string
	where []edn.Value
}

// findItem is a variable, or an aggregate of one.
type findItem struct {
	aggregate string
	variable  string
}

// parseDatalog reads a query in the form of a vector.
func parseDatalog(text string) (*datalogQuery, error) {
	form, err := edn.Parse(text)
	if err != nil {
		return nil, err
	}
	if form.Kind() != edn.Vector {
		return nil, errors.New("the query is not a vector")
	}
	d := &datalogQuery{in: []string{"$"}}
	for section, items := range sections(form.Items()) {
		switch section {
		case "find":
			err = d.readFind(items)
		case "with":
			d.with, err = symbols(items)
		case "in":
			d.in, err = symbols(items)
		case "where":
			d.where = items
		default:
			err = fmt.Errorf("section :%s", section)
		}
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

// sections cuts the items of a query at its keywords.
func sections(items []edn.Value) map[string][]edn.Value {
	all := map[string][]edn.Value{}
	name := ""
	for _, item := range items {
		if item.Kind() == edn.Keyword {
			name = item.Text()
			continue
		}
		all[name] = append(all[name], item)
	}
	return all
}

// readFind reads a relation, a collection or a scalar.
func (d *datalogQuery) readFind(items []edn.Value) error {
	d.form = "relation"
	if n := len(items); n == 2 && items[1].Is(".") {
		d.form, items = "scalar", items[:1]
	} else if n == 1 && items[0].Kind() == edn.Vector {
		inner := items[0].Items()
		if len(inner) != 2 || !inner[1].Is("...") {
			return errors.New("a tuple is found")
		}
		d.form, items = "collection", inner[:1]
	}
	for _, item := range items {
		found, err := readFindItem(item)
		if err != nil {
			return err
		}
		d.find = append(d.find, found)
	}
	return nil
}

func readFindItem(item edn.Value) (findItem, error) {
	if item.Kind() == edn.Symbol {
		return findItem{variable: item.Text()}, nil
	}
	call := item.Items()
	if item.Kind() != edn.List || len(call) != 2 || call[1].Kind() != edn.Symbol {
		return findItem{}, fmt.Errorf("%v is found", item)
	}
	return findItem{aggregate: call[0].Text(), variable: call[1].Text()}, nil
}

// symbols gives the names of items that must all be symbols.
func symbols(items []edn.Value) ([]string, error) {
	var names []string
	for _, item := range items {
		if item.Kind() != edn.Symbol {
			return nil, fmt.Errorf("%v where a symbol is expected", item)
		}
		names = append(names, item.Text())
	}
	return names, nil
}

// isVariable tells whether v is a symbol such as ?x.
func isVariable(v edn.Value) bool {
	return v.Kind() == edn.Symbol && v.Text()[0] == '?'
}
