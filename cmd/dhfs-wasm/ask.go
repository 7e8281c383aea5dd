//go:build js && wasm

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// asking is a query with its sources: "$" and others that begin so.
type asking struct {
	Query   string              `json:"query"`
	Sources map[string]database `json:"sources"`
	Args    []string            `json:"args"` // EDN
	Limit   int                 `json:"limit"`
	Timeout int                 `json:"timeout"` // ms
}

// answer is the result of a query.
type answer struct {
	Columns  []string            `json:"columns"`
	Rows     [][]json.RawMessage `json:"rows"`
	Count    int                 `json:"count"` // of all rows, those beyond the limit too
	Warnings []string            `json:"warnings"`
	Plan     string              `json:"plan"`
	Took     float64             `json:"took"` // ms
}

func (a *app) query(ctx context.Context, ask asking, _ func(any)) (any, error) {
	began := time.Now()
	q, err := queries.Parse(ask.Query)
	if err != nil {
		return nil, err
	}
	args := make([]edn.Value, len(ask.Args))
	for i, text := range ask.Args {
		if args[i], err = edn.ParseSource(text); err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
	}
	inputs, err := q.Bind(func(name, where string) (queries.Input, error) { return a.source(ctx, ask.Sources, name, where) }, args)
	if err != nil {
		return nil, err
	}
	r, err := queries.Run(ctx, q, inputs, queries.Limits{Timeout: time.Duration(ask.Timeout) * time.Millisecond})
	if err != nil {
		return nil, err
	}
	out := answer{Columns: r.Columns, Rows: [][]json.RawMessage{}, Count: r.Len(), Warnings: append([]string{}, r.Stats.Warnings...), Plan: r.Stats.Plan.String()}
	out.Took = float64(time.Since(began).Microseconds()) / 1000
	if ask.Limit > 0 && r.Len() > ask.Limit {
		r = r.First(ask.Limit)
	}
	for row := range r.All() {
		cells := make([]json.RawMessage, len(row))
		for i, v := range row {
			cells[i] = edn.AppendJSON(nil, v)
		}
		out.Rows = append(out.Rows, cells)
	}
	return out, nil
}

// source is the value that a name of a query stands for; where is what :sources says of it.
func (a *app) source(ctx context.Context, sources map[string]database, name, where string) (queries.Input, error) {
	t, where := queries.CutTime(where)
	d, ok := sources[name]
	if other, rev, found := strings.Cut(where, "@"); found {
		d, ok = sources["$"+other]
		where = rev
	} else if !ok && (where != "" || t != (queries.Time{})) {
		d, ok = sources["$"]
	}
	if !ok {
		return queries.Input{}, fmt.Errorf("the query asks %s, which is not in sources", name)
	}
	if where != "" {
		d.Rev = strings.TrimPrefix(where, "at/")
	}
	db, err := a.db(ctx, d)
	if err != nil {
		return queries.Input{}, err
	}
	if t.Since != "" {
		o, err := a.open(ctx, d.Name)
		if err != nil {
			return queries.Input{}, err
		}
		c, err := engine.Resolve(ctx, o.store, t.Since, time.Now())
		if err != nil {
			return queries.Input{}, fmt.Errorf("since %s: %w", t.Since, err)
		}
		db = db.Since(c.T)
	}
	if t.History {
		db = db.History()
	}
	return queries.DB(db), nil
}

// pull reads a tree of attributes of one entity.
func (a *app) pull(ctx context.Context, p struct {
	database
	Pattern string `json:"pattern"`
	Entity  string `json:"entity"` // EDN: an id, a lookup ref, an ident
}, _ func(any)) (any, error) {
	pattern, err := edn.ParseSource(p.Pattern)
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	entity, err := edn.ParseSource(p.Entity)
	if err != nil {
		return nil, fmt.Errorf("entity: %w", err)
	}
	db, err := a.db(ctx, p.database)
	if err != nil {
		return nil, err
	}
	v, err := queries.Pull(ctx, db, pattern, entity)
	return json.RawMessage(edn.AppendJSON(nil, v)), err
}

// commit is one of a log.
type commit struct {
	T         uint64    `json:"t"`
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	By        string    `json:"by"`
	Message   string    `json:"message"`
	Added     int       `json:"added"`
	Retracted int       `json:"retracted"`
}

func commitOf(c engine.Commit) commit {
	return commit{c.T, c.ID.String(), c.At, c.By, c.Msg, c.Added, c.Retracted}
}

// log lists commits, newest first.
func (a *app) log(ctx context.Context, l struct {
	database
	Limit int `json:"limit"`
}, _ func(any)) (any, error) {
	db, err := a.db(ctx, l.database)
	if err != nil {
		return nil, err
	}
	o, err := a.open(ctx, l.Name)
	if err != nil {
		return nil, err
	}
	commits := []commit{}
	for c, err := range engine.Log(ctx, o.store, db.Commit()) {
		if err != nil {
			return nil, err
		}
		commits = append(commits, commitOf(c))
		if len(commits) == l.Limit {
			break
		}
	}
	return commits, nil
}

// transact runs a transaction on a branch of this browser's database. A sync with push sends it on.
func (a *app) transact(ctx context.Context, t struct {
	database
	Tx      string `json:"tx"` // EDN
	By      string `json:"by"`
	Message string `json:"message"`
}, _ func(any)) (any, error) {
	argument, err := engine.ParseArgument(t.Tx)
	if err != nil {
		return nil, err
	}
	o, err := a.open(ctx, t.Name)
	if err != nil {
		return nil, err
	}
	branch := t.Rev
	if branch == "" {
		branch = "main"
	}
	c, err := a.conn(ctx, o, branch)
	if err != nil {
		return nil, err
	}
	r, err := c.Transact(ctx, argument.Forms, argument.Over(engine.Meta{By: t.By, Msg: t.Message}))
	if err != nil {
		return nil, err
	}
	return struct {
		commit
		Tempids map[string]engine.ID `json:"tempids"`
	}{commitOf(r.Commit), r.Tempids}, nil
}
