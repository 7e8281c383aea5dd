package main

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

var (
	//go:embed data/queries.edn
	queriesText string
	//go:embed data/expected.json
	expectedText []byte
	//go:embed data/chinook.edn.gz
	chinookText []byte
	//go:embed data/chinook-schema.edn
	chinookSchema string
)

// expectation is what an answer must be: how many rows, and the SHA-256 of its
// rows as EDN, sorted by bytes, a newline behind each. Engines are those that agree on it.
type expectation struct {
	Count   int      `json:"count"`
	SHA256  string   `json:"sha256"`
	Engines []string `json:"engines"`
}

// expectations are by "workload/query".
func expectations() (map[string]expectation, error) {
	var all map[string]expectation
	err := json.Unmarshal(expectedText, &all)
	return all, err
}

// workloads are all, with their queries.
func workloads() ([]*workload, error) {
	shop, err := chinook()
	if err != nil {
		return nil, err
	}
	all := append([]*workload{people20k(), snow(), shop}, append(trees(), graphs()...)...)
	form, err := edn.Parse(queriesText)
	if err != nil {
		return nil, err
	}
	for i, items := 0, form.Items(); i < len(items); i += 2 {
		for _, w := range all {
			if w.name == items[i].Text() {
				w.queries = queriesOf(items[i+1])
			}
		}
	}
	return all, nil
}

func queriesOf(list edn.Value) []query {
	var all []query
	for _, form := range list.Items() {
		q := query{id: field(form, "id").Text(), text: field(form, "query").String()}
		for _, a := range field(form, "args").Items() {
			q.args = append(q.args, a.String())
		}
		all = append(all, q)
	}
	return all
}

// field is what a map has for a keyword; nil for nothing.
func field(m edn.Value, key string) edn.Value {
	items := m.Items()
	for i := 0; i < len(items); i += 2 {
		if items[i].Is(":" + key) {
			return items[i+1]
		}
	}
	return edn.MakeNil()
}

// chinook is the data of a music shop, from maps of attributes.
func chinook() (*workload, error) {
	z, err := gzip.NewReader(bytes.NewReader(chinookText))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	facts, err := edn.Parse(string(text))
	if err != nil {
		return nil, err
	}
	w := &workload{name: "chinook"}
	places := map[string]int{}
	for _, form := range facts.Items() {
		e := entity{id: field(form, "db/id").Int()}
		for i, items := 0, form.Items(); i < len(items); i += 2 {
			if items[i].Is(":db/id") {
				continue
			}
			place, ok := places[items[i].Text()]
			if !ok {
				place = len(w.attrs)
				places[items[i].Text()] = place
				w.attrs = append(w.attrs, chinookAttr(items[i].Text(), items[i+1]))
			}
			e.facts = append(e.facts, fact{place, plain(items[i+1])})
		}
		w.entities = append(w.entities, e)
	}
	return w, nil
}

func chinookAttr(name string, v edn.Value) attr {
	switch {
	case strings.Contains(chinookSchema, ":"+name+" {"):
		return attr{name: name, kind: "ref"}
	case v.Kind() == edn.Int:
		return attr{name: name, kind: "long"}
	}
	return attr{name: name, kind: "string"}
}

func plain(v edn.Value) any {
	switch v.Kind() {
	case edn.Int:
		return v.Int()
	case edn.String:
		return v.Text()
	}
	panic(fmt.Sprintf("the shop has no %v", v.Kind()))
}
