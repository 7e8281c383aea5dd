package fs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// outcome is what a query came to: rows, or why there are none.
type outcome struct {
	result  *queries.Result
	refused *queries.Error
	basis   []byte
}

// size estimates the memory that an outcome holds.
func (o *outcome) size() int {
	const cell = 96
	if o.result == nil {
		return cell
	}
	return cell * (1 + len(o.result.Rows)*len(o.result.Columns))
}

// run is a query with its sources: a value, so that its outcome can be kept.
type run struct {
	dir     *queryDir
	query   written
	parsed  *question
	sources []source
	key     string
}

// source is a database value that a query asks.
type source struct {
	name string // "$hr"
	at   *commit
}

// prepare parses the query and finds its sources as they are now.
func (d *queryDir) prepare(ctx context.Context, q written) (*run, error) {
	parsed, err := parseQuestion(q.text)
	if err != nil {
		return nil, err
	}
	r := &run{dir: d, query: q, parsed: parsed}
	sum := sha256.New()
	sum.Write([]byte(q.text))
	for _, name := range parsed.sourceNames() {
		at, err := d.source(ctx, name, parsed.sources[name])
		if err != nil {
			return nil, err
		}
		r.sources = append(r.sources, source{name, at})
		fmt.Fprintf(sum, "\x00%s\x00%s\x00%s", name, at.of.name, at.info.ID.KeyString())
	}
	r.key = string(sum.Sum(nil))
	return r, nil
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
		o := &outcome{basis: r.basis()}
		var err error
		o.result, err = queries.Run(ctx, r.parsed.query, r.inputs(), r.dir.tree.opt.Limits)
		if err != nil && !errors.As(err, &o.refused) {
			return nil, fmt.Errorf("query: %w", err)
		}
		return o, nil
	})
}

// salt makes a query that was written again be evaluated again, since one that
// ran out of time may have better luck.
func (r *run) salt() string { return r.query.mtime.String() }

func (r *run) inputs() []queries.Input {
	var all []queries.Input
	args := r.parsed.args
	for _, name := range r.parsed.in {
		if strings.HasPrefix(name, "$") {
			all = append(all, queries.DB(r.find(name).db))
			continue
		}
		if len(args) > 0 {
			all, args = append(all, queries.Value(args[0])), args[1:]
		}
	}
	return all
}

func (r *run) find(name string) *commit {
	for _, s := range r.sources {
		if s.name == name {
			return s.at
		}
	}
	return nil
}

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
		return text{data: o.basis, mtime: r.newest(), moves: true}, nil
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
	out := fmt.Appendf(nil, "%d rows, %d datoms looked at, %s\n", len(o.result.Rows), s.Scanned, s.Elapsed.Round(time.Microsecond))
	if s.Plan != "" {
		out = append(append(out, '\n'), strings.TrimRight(s.Plan, "\n")...)
		out = append(out, '\n')
	}
	return out
}

// basis is NAME.basis: exactly what was asked and of which commits.
func (r *run) basis() []byte {
	var sources []edn.Value
	for _, s := range r.sources {
		sources = append(sources, edn.MakeSymbol(s.name), edn.MakeMap(
			edn.MakeKeyword("database"), edn.MakeString(s.at.of.name),
			edn.MakeKeyword("commit"), cidForm(s.at.info.ID),
			edn.MakeKeyword("t"), edn.MakeInt(int64(s.at.info.T)),
			edn.MakeKeyword("at"), edn.MakeInst(s.at.info.At.UnixMilli()),
		))
	}
	form := edn.MakeMap(
		edn.MakeKeyword("cid"), cidForm(cas.NewBlock(cas.Raw, []byte(r.query.text)).CID()),
		edn.MakeKeyword("sources"), edn.MakeMap(sources...),
		edn.MakeKeyword("query"), edn.MakeString(r.query.text),
	)
	return append(edn.AppendPretty(nil, form, ednWidth), '\n')
}

// explain is NAME.err: where, what, and what to try.
func explain(e *queries.Error) []byte {
	out := fmt.Appendf(nil, "%d:%d: %s\n", max(e.Pos.Line, 1), max(e.Pos.Col, 1), e.Msg)
	if e.Hint != "" {
		out = append(append(out, e.Hint...), '\n')
	}
	return out
}
