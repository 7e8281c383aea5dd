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
	Format  string              `json:"format"`  // of the text that is made in place of rows
}

// answer is the result of a query.
type answer struct {
	Columns  []string            `json:"columns"`
	Rows     [][]json.RawMessage `json:"rows"`
	Count    int                 `json:"count"` // of all rows, those beyond the limit too
	Warnings []string            `json:"warnings"`
	Plan     string              `json:"plan"`
	Steps    []step              `json:"steps"`
	Scanned  int                 `json:"scanned"` // datoms looked at
	Blocks   int64               `json:"blocks"`  // read from the store
	Bytes    int64               `json:"bytes"`   // of those
	Kept     bool                `json:"kept"`    // known from an earlier run
	Took     float64             `json:"took"`    // ms
	Text     string              `json:"text,omitempty"`
}

// step is one of a plan.
type step struct {
	Level     int     `json:"level"`
	Clause    string  `json:"clause"`
	Index     string  `json:"index"`
	Estimated float64 `json:"estimated"`
	In        int     `json:"in"`
	Out       int     `json:"out"`
	Blocks    int64   `json:"blocks"`
	Bytes     int64   `json:"bytes"`
	Took      float64 `json:"took"` // ms
}

func stepsOf(p queries.Plan) []step {
	all := []step{}
	for _, s := range p.Steps() {
		all = append(all, step{s.Level, s.Clause, s.Index, s.Estimated, s.In, s.Out, s.Blocks, s.Bytes, millis(s.Elapsed)})
	}
	return all
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// check reads a query without running it.
func (a *app) check(_ context.Context, c struct {
	Query string `json:"query"`
}, _ func(any)) (any, error) {
	q, err := queries.Parse(c.Query)
	if err != nil {
		return nil, err
	}
	return struct {
		In []string `json:"in"`
	}{append([]string{}, q.In()...)}, nil
}

// words tells what queries can be written with.
func (a *app) words(context.Context, struct{}, func(any)) (any, error) { return queries.Words(), nil }

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
	out := answer{
		Columns: r.Columns, Rows: [][]json.RawMessage{}, Count: r.Len(), Warnings: append([]string{}, r.Stats.Warnings...),
		Plan: r.Stats.Plan.String(), Steps: stepsOf(r.Stats.Plan), Scanned: r.Stats.Scanned, Blocks: r.Stats.Blocks, Bytes: r.Stats.Bytes, Kept: r.Stats.Kept,
	}
	out.Took = millis(time.Since(began))
	if ask.Limit > 0 && r.Len() > ask.Limit {
		r = r.First(ask.Limit)
	}
	err = out.fill(r, ask.Format)
	return out, err
}

// fill adds the rows, as text where a format is given.
func (a *answer) fill(r *queries.Result, format string) error {
	if format != "" {
		f, err := queries.ParseFormat(format)
		if err != nil {
			return misused("", "%v", err)
		}
		var text strings.Builder
		err = queries.Write(&text, r, f)
		a.Text = text.String()
		return err
	}
	for row := range r.All() {
		cells := make([]json.RawMessage, len(row))
		for i, v := range row {
			cells[i] = edn.AppendJSON(nil, v)
		}
		a.Rows = append(a.Rows, cells)
	}
	return nil
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
