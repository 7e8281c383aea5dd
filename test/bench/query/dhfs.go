package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas/casfile"
	dhfs "github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// ours is dhfs over a file store in a temporary directory.
type ours struct {
	dir   string
	store *casfile.Store
	conn  *dhfs.Conn
	db    dhfs.DB
}

func (o *ours) load(ctx context.Context, w *workload) (err error) {
	if o.dir, err = os.MkdirTemp("", "dhfs-bench-"); err != nil {
		return err
	}
	if o.store, err = casfile.Create(ctx, filepath.Join(o.dir, "store"), casfile.Options{}); err != nil {
		return err
	}
	if o.conn, err = dhfs.Create(ctx, o.store, "main", dhfs.Options{}, time.Unix(1700000000, 0)); err != nil {
		return err
	}
	if err := o.transact(ctx, schemaOf(w)); err != nil {
		return err
	}
	var forms []edn.Value
	for i, e := range w.entities {
		forms = append(forms, w.form(e))
		if len(forms) == 20000 || i == len(w.entities)-1 {
			if err := o.transact(ctx, forms); err != nil {
				return err
			}
			forms = nil
		}
	}
	return nil
}

// transact makes a commit and takes the database after it.
func (o *ours) transact(ctx context.Context, forms []edn.Value) error {
	if _, err := o.conn.Transact(ctx, forms, dhfs.Meta{}); err != nil {
		return err
	}
	var err error
	o.db, err = o.conn.DB(ctx)
	return err
}

func (o *ours) close() {
	if o.store != nil {
		o.store.Close()
	}
	os.RemoveAll(o.dir)
}

func schemaOf(w *workload) []edn.Value {
	key := edn.MakeKeyword
	var forms []edn.Value
	for _, a := range w.attrs {
		pairs := []edn.Value{key("db/ident"), key(a.name), key("db/valueType"), key("db.type/" + a.kind), key("db/cardinality")}
		if a.many {
			pairs = append(pairs, key("db.cardinality/many"))
		} else {
			pairs = append(pairs, key("db.cardinality/one"))
		}
		if a.unique {
			pairs = append(pairs, key("db/unique"), key("db.unique/identity"))
		}
		forms = append(forms, edn.MakeMap(pairs...))
	}
	return forms
}

// form is an entity as a map.
func (w *workload) form(e entity) edn.Value {
	pairs := []edn.Value{edn.MakeKeyword("db/id"), edn.MakeInt(e.id)}
	for i := 0; i < len(e.facts); i++ {
		a := w.attrs[e.facts[i].attr]
		v := w.value(e.facts[i])
		if a.many {
			values := []edn.Value{v}
			for i+1 < len(e.facts) && e.facts[i+1].attr == e.facts[i].attr {
				i++
				values = append(values, w.value(e.facts[i]))
			}
			v = edn.MakeVector(values...)
		}
		pairs = append(pairs, edn.MakeKeyword(a.name), v)
	}
	return edn.MakeMap(pairs...)
}

func (w *workload) value(f fact) edn.Value {
	switch v := f.value.(type) {
	case int64:
		return edn.MakeInt(v)
	case string:
		if w.attrs[f.attr].kind == "keyword" {
			return edn.MakeKeyword(v)
		}
		return edn.MakeString(v)
	}
	panic("a value is a number or a text")
}

// limits are above what any workload needs.
var limits = queries.Limits{Rows: 1 << 28, Memory: 8 << 30}

// asked is a query of ours.
type asked struct {
	query *queries.Query
	args  []queries.Input
	db    dhfs.DB
	kept  bool // whether an answer that is known may be given
}

func (o *ours) prepare(_ context.Context, q query) (prepared, error) { return o.ask(q) }

func (o *ours) ask(q query) (*asked, error) {
	parsed, err := queries.Parse(q.text)
	if err != nil {
		return nil, err
	}
	a := &asked{query: parsed, db: o.db}
	for _, text := range q.args {
		v, err := edn.Parse(text)
		if err != nil {
			return nil, err
		}
		a.args = append(a.args, queries.Value(v))
	}
	if len(q.args) == 0 || q.args[0] != ":db" {
		return nil, fmt.Errorf("the first argument of %s is not the database", q.id)
	}
	return a, nil
}

func (a *asked) run(ctx context.Context) (*queries.Result, error) {
	in := append([]queries.Input{queries.DB(a.db)}, a.args[1:]...)
	if a.kept {
		return queries.Run(ctx, a.query, in, limits)
	}
	return queries.RunAfresh(ctx, a.query, in, limits)
}

func (a *asked) count(ctx context.Context) (int, error) {
	r, err := a.run(ctx)
	if err != nil {
		return 0, err
	}
	return r.Len(), nil
}

func (a *asked) rows(ctx context.Context) ([]string, error) {
	r, err := a.run(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]string, 0, r.Len())
	for row := range r.All() {
		rows = append(rows, edn.MakeVector(row...).String())
	}
	return rows, nil
}

// print runs the query and writes its rows as TSV to nowhere.
func (a *asked) print(ctx context.Context) error {
	r, err := a.run(ctx)
	if err != nil {
		return err
	}
	return queries.Write(io.Discard, r, queries.TSV)
}

// cold opens the store as a new process would and asks once: nothing is decoded or hashed yet.
func (o *ours) cold(ctx context.Context, q query) (time.Duration, error) {
	store, err := casfile.Open(ctx, filepath.Join(o.dir, "store"), casfile.Options{})
	if err != nil {
		return 0, err
	}
	defer store.Close()
	began := time.Now()
	conn, err := dhfs.Connect(ctx, store, "main")
	if err != nil {
		return 0, err
	}
	db, err := conn.DB(ctx)
	if err != nil {
		return 0, err
	}
	a, err := (&ours{db: db}).ask(q)
	if err != nil {
		return 0, err
	}
	_, err = a.count(ctx)
	return time.Since(began), err
}

// shuffled is the query with its clauses in another order, by the random numbers.
func shuffled(r *random, q query) (query, error) {
	form, err := edn.Parse(q.text)
	if err != nil {
		return q, err
	}
	var head, clauses []string
	where := false
	for _, item := range form.Items() {
		if where {
			clauses = append(clauses, item.String())
			continue
		}
		head = append(head, item.String())
		where = item.Is(":where")
	}
	shuffle(r, clauses)
	q.text = "[" + strings.Join(head, " ") + " " + strings.Join(clauses, " ") + "]"
	return q, nil
}
