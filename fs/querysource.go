package fs

import (
	"context"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// source finds what a source of a query is bound to: what the query says of
// it, else a database of the mount by the source's name, else for $ the
// database of the directory.
func (d *queryDir) source(ctx context.Context, name, where string) (*commit, error) {
	db, rev := strings.TrimPrefix(name, "$"), ""
	if where != "" {
		db, rev = sourceName(where)
	}
	of, ok := d.tree.database(db)
	switch {
	case db == "":
		of, ok = d.db, d.db != nil
	case !ok && rev == "" && where != "" && d.db != nil:
		of, rev, ok = d.db, db, true // a revision of the database itself
	}
	if !ok {
		return nil, d.unknownSource(name, db)
	}
	if rev == "" && of == d.db && d.c != nil {
		return d.c, nil
	}
	info, err := of.resolve(ctx, rev)
	if err != nil && damaged(err) {
		return nil, err
	}
	if err != nil {
		return nil, unknownSource(fmt.Sprintf("%s: %v", name, err), "")
	}
	return of.commit(ctx, info.ID)
}

func (d *queryDir) unknownSource(name, db string) error {
	var names []string
	for _, known := range d.tree.dbs {
		names = append(names, "$"+known.name)
	}
	hint := "databases of this mount: " + strings.Join(names, " ")
	if db == "" {
		return unknownSource(name+" could be any database of this mount", hint)
	}
	return unknownSource(fmt.Sprintf("%s: there is no database %q in this mount", name, db), hint)
}

func unknownSource(msg, hint string) error {
	return &queries.Error{Code: "query/unknown-source", Msg: msg, Hint: hint}
}

// question is a query file: the query, and what it says of its inputs.
type question struct {
	query   *queries.Query
	in      []string          // the inputs: "$", "$hr", "%", "?name", …
	sources map[string]string // by name, as :sources says
	args    []edn.Value       // for the inputs that are no sources
}

// sourceNames are the inputs that are databases.
func (q *question) sourceNames() []string {
	var names []string
	for _, in := range q.in {
		if strings.HasPrefix(in, "$") {
			names = append(names, in)
		}
	}
	return names
}

// parseQuestion reads a query file. Errors are *queries.Error.
func parseQuestion(text string) (*question, error) {
	query, err := queries.Parse(text)
	if err != nil {
		return nil, err
	}
	q := &question{query: query, sources: map[string]string{}}
	form, err := edn.Parse(text)
	if err != nil {
		return nil, err
	}
	if args, ok := section(form, ":args"); ok {
		q.args = args.Items()
	}
	if sources, ok := section(form, ":sources"); ok {
		pairs := sources.Items()
		for ; len(pairs) > 1; pairs = pairs[2:] {
			q.sources[pairs[0].Text()] = pairs[1].Text()
		}
	}
	if inner, ok := section(form, ":query"); ok {
		form = inner
	}
	q.in = inputs(form)
	return q, nil
}

// section is a value of a map form.
func section(form edn.Value, key string) (edn.Value, bool) {
	if form.Kind() != edn.Map {
		return edn.Value{}, false
	}
	for pairs := form.Items(); len(pairs) > 1; pairs = pairs[2:] {
		if pairs[0].Is(key) {
			return pairs[1], true
		}
	}
	return edn.Value{}, false
}

// inputs are the names after :in; without it a query asks $.
func inputs(form edn.Value) []string {
	var items []edn.Value
	found := false
	if in, ok := section(form, ":in"); ok {
		items, found = in.Items(), true
	}
	if form.Kind() == edn.Vector {
		for _, item := range form.Items() {
			switch {
			case item.Is(":in"):
				found = true
			case found && item.Kind() == edn.Keyword:
				goto done
			case found:
				items = append(items, item)
			}
		}
	}
done:
	if !found {
		return []string{"$"}
	}
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = item.String()
	}
	return names
}
