package ingest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// Result is what an import did.
type Result struct {
	Rows         int64 // rows or forms read
	Transactions int   // committed; with DryRun, that would be
	Unchanged    int   // that would have changed nothing and were left out
	Datoms       int64 // added or retracted, those of transactions not counted
	T            uint64
}

// LoadOptions say how Load commits.
type LoadOptions struct {
	Meta   engine.Meta // Msg "" becomes "import NAME"
	DryRun bool        // change nothing, but check everything against the database
}

// Load writes a source to a database, whose schema must be the one that the
// source was opened with: its missing attributes with the first rows, then batch
// by batch, leaving out what changes nothing. Errors in the file are *Error.
// What was committed before an error stays; the import can be repeated.
func Load(ctx context.Context, conn *engine.Conn, s *Source, o LoadOptions) (Result, error) {
	if o.Meta.Msg == "" {
		o.Meta.Msg = "import " + filepath.Base(s.name)
	}
	db, err := conn.DB(ctx)
	if err != nil {
		return Result{}, err
	}
	l := &loader{conn: conn, o: o, source: s, db: db, schema: s.Schema()}
	l.known = len(l.schema) == 0
	l.result.T = db.T()
	for b, err := range s.Batches(ctx) {
		if err == nil {
			err = l.batch(ctx, b)
		}
		if err != nil {
			return l.result, s.Explain(err)
		}
	}
	return l.result, nil
}

// loader is a Load under way.
type loader struct {
	conn   *engine.Conn
	o      LoadOptions
	source *Source
	db     engine.DB
	schema []edn.Value // what is still to be installed
	known  bool        // all attributes were there, so the rows may be, too
	result Result
}

func (l *loader) batch(ctx context.Context, b Batch) error {
	l.result.Rows += int64(b.Rows)
	done, err := l.done(ctx, b)
	if err != nil {
		return err
	}
	if done {
		l.result.Unchanged++
		return nil
	}
	forms := b.Forms
	if b.Mark != "" {
		forms = append(forms, edn.MakeMap(edn.MakeKeyword("db/id"), edn.MakeString("datomic.tx"), edn.MakeKeyword(MarkIdent), edn.MakeString(b.Mark)))
	}
	r, err := l.transact(ctx, append(l.schema[:len(l.schema):len(l.schema)], forms...))
	if err != nil {
		return err
	}
	l.schema, l.db = nil, r.After
	l.result.T = r.After.T()
	l.result.Transactions++
	l.result.Datoms += int64(changes(r))
	return nil
}

func (l *loader) transact(ctx context.Context, forms []edn.Value) (engine.Report, error) {
	if l.o.DryRun {
		return l.db.With(ctx, forms, time.Now())
	}
	return l.conn.Transact(ctx, forms, l.o.Meta)
}

// done tells whether the database has all of a batch already. It is only
// looked for where that is likely.
func (l *loader) done(ctx context.Context, b Batch) (bool, error) {
	if !l.known {
		return false, nil
	}
	if b.Mark != "" {
		return l.has(ctx, MarkIdent, edn.MakeString(b.Mark))
	}
	if !b.first.IsNil() {
		there, err := l.has(ctx, b.first.Items()[0].Text(), b.first.Items()[1])
		if err != nil || !there {
			return false, err
		}
	}
	r, err := l.db.With(ctx, b.Forms, time.Now())
	return err == nil && changes(r) == 0, err
}

// has tells whether an entity has the value of a unique attribute.
func (l *loader) has(ctx context.Context, ident string, form edn.Value) (bool, error) {
	a, ok := l.db.Schema().ByIdent(ident)
	if !ok {
		return false, nil
	}
	v, err := engine.FromEDN(a.Type, form)
	if err != nil {
		return false, fmt.Errorf("look up :%s: %w", ident, err)
	}
	_, ok, err = l.db.Entid(ctx, a.ID, v)
	return ok, err
}

// changes counts the datoms that are not about the transaction itself.
func changes(r engine.Report) (n int) {
	self := engine.TxID(r.After.T())
	for i := range r.Datoms {
		if r.Datoms[i].E != self {
			n++
		}
	}
	return n
}

// Explain names the place in the file where the database refused tx data that
// came from it. Other errors are returned as they are.
func (s *Source) Explain(err error) error {
	te := new(engine.TxError)
	if !errors.As(err, &te) {
		return err
	}
	hint := te.Hint
	if te.Code == "entity-id/missing" && hint == "" {
		hint = "correct the cell, or import what it refers to first"
	}
	return &Error{Path: s.name, Line: int(te.Pos.Line), Column: int(te.Pos.Col), Msg: fmt.Sprintf("%s (%s)", te.Msg, te.Code), Hint: hint}
}
