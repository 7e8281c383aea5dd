package fs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries"
)

// outcome is what a query came to: rows, or why there are none.
type outcome struct {
	result  *queries.Result
	refused *queries.Error
}

// size estimates the memory that an outcome holds.
func (o *outcome) size() int {
	const itself = 1 << 10
	if o.result == nil {
		return itself
	}
	return itself + int(o.result.Bytes())
}

// run is a query with its sources: a value, so that its outcome can be kept.
type run struct {
	dir     *queryDir
	query   written
	parsed  *queries.Query
	inputs  []queries.Input
	sources []source
	key     string
}

// source is a database value that a query asks.
type source struct {
	name string // "$hr"
	at   *commit
	time queries.Time
	from uint64 // the t of time.Since
}

// db is the value as the query sees it.
func (s source) db() engine.DB { return s.basis().Of(s.at.db) }

// basis is what a basis says of the source.
func (s source) basis() queries.BasisSource {
	return queries.BasisSource{
		Name:     s.name,
		Database: s.at.of.name,
		Commit:   s.at.info.ID,
		T:        s.at.info.T,
		At:       s.at.info.At,
		History:  s.time.History,
		Since:    s.from,
	}
}

// prepare parses the query and finds its sources as they are now.
func (d *queryDir) prepare(ctx context.Context, q written) (*run, error) {
	parsed, err := queries.Parse(q.text)
	if err != nil {
		return nil, err
	}
	r := &run{dir: d, query: q, parsed: parsed}
	r.inputs, err = parsed.Bind(func(name, where string) (queries.Input, error) {
		s, err := d.timedSource(ctx, name, where)
		if err != nil {
			return queries.Input{}, err
		}
		r.sources = append(r.sources, s)
		return queries.DB(s.db()), nil
	}, nil)
	if err != nil {
		return nil, err
	}
	r.key = r.hash()
	return r, nil
}

// hash is the key of the outcome: the query and the commits that it asks.
func (r *run) hash() string {
	sum := sha256.New()
	sum.Write([]byte(r.query.text))
	for _, s := range r.sources {
		fmt.Fprintf(sum, "\x00%s\x00%s\x00%s\x00%d", s.name, s.at.of.name, s.at.info.ID.KeyString(), s.from)
	}
	return string(sum.Sum(nil))
}

// newest is the time of the newest thing that the result is made of.
func (r *run) newest() time.Time {
	at := r.query.mtime
	for _, s := range r.sources {
		if s.at.info.At.After(at) {
			at = s.at.info.At
		}
	}
	return at
}

// outcome evaluates the query unless that was done before. A refusal is an
// outcome too; a failure of the store or an interrupted request is an error.
func (r *run) outcome(ctx context.Context) (*outcome, error) {
	return r.dir.tree.outcomes.get(ctx, r.key+r.salt(), func(ctx context.Context) (*outcome, error) {
		r.dir.tree.opt.Evaluated(r.query.text)
		o := &outcome{}
		var err error
		o.result, err = queries.Run(ctx, r.parsed, r.inputs, r.dir.tree.opt.Limits)
		if err != nil && !errors.As(err, &o.refused) {
			return nil, fmt.Errorf("query: %w", err)
		}
		return o, nil
	})
}

// salt makes a query that was written again be evaluated again, since one that
// ran out of time may have better luck.
func (r *run) salt() string { return r.query.mtime.String() }

// result is the node of NAME.ext, or that there is none: a refused query has
// only a NAME.err, any other query has all but that.
func (d *queryDir) result(ctx context.Context, q written, name, ext string) (Node, error) {
	r, err := d.prepare(ctx, q)
	var o *outcome
	if err == nil {
		o, err = r.outcome(ctx)
	}
	var refused *queries.Error
	switch {
	case errors.As(err, &refused):
	case err != nil:
		return nil, err
	default:
		refused = o.refused
	}
	if refused != nil != (ext == "err") {
		return nil, missing(name)
	}
	if refused != nil {
		return text{data: explain(refused), mtime: q.mtime, moves: true}, nil
	}
	return d.show(ctx, r, o, name, ext)
}

// show renders one form of the result.
func (d *queryDir) show(ctx context.Context, r *run, o *outcome, name, ext string) (Node, error) {
	switch ext {
	case "plan":
		return text{data: o.plan(), mtime: r.newest(), moves: true}, nil
	case "basis":
		return text{data: r.basis(o.result.Stats.Warnings), mtime: r.newest(), moves: true}, nil
	}
	file := &made{cache: d.tree.cache, key: r.key + ext, mtime: r.newest(), build: r.render(ext)}
	if d.shown != nil {
		data, err := file.Read(ctx)
		if err != nil {
			return nil, err
		}
		file.mtime = d.shown.time(name, r.key, data, r.newest(), d.tree.opt.Now())
	}
	return moving{file}, nil
}

func (r *run) render(ext string) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) {
		o, err := r.outcome(ctx)
		if err != nil {
			return nil, err
		}
		if o.refused != nil {
			return nil, o.refused
		}
		format, err := queries.ParseFormat(ext)
		if err != nil {
			return nil, err
		}
		var out bytes.Buffer
		err = queries.Write(&out, o.result, format)
		return out.Bytes(), err
	}
}

// plan is NAME.plan: how the query was run and what it cost.
func (o *outcome) plan() []byte {
	s := o.result.Stats
	out := append([]byte(s.String()), '\n')
	if plan := s.Plan.String(); plan != "" {
		out = append(append(out, '\n'), strings.TrimRight(plan, "\n")...)
		out = append(out, '\n')
	}
	return out
}

// basis is NAME.basis: exactly what was asked and of which commits, and what to
// be warned of.
func (r *run) basis(warnings []string) []byte {
	b := queries.Basis{Query: r.query.text, Warnings: warnings}
	for _, s := range r.sources {
		b.Sources = append(b.Sources, s.basis())
	}
	return b.Text()
}

// explain is NAME.err: where, what, and what to try.
func explain(e *queries.Error) []byte {
	out := fmt.Appendf(nil, "%d:%d: %s\n", max(e.Pos.Line, 1), max(e.Pos.Col, 1), e.Msg)
	if e.Hint != "" {
		out = append(append(out, e.Hint...), '\n')
	}
	return out
}
