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
	DB           engine.DB // afterwards
	Rows         int64     // rows or forms read
	Transactions int
	Unchanged    int   // transactions that would have changed nothing and were left out
	Datoms       int64 // added or retracted, those about transactions not counted
}

// Load writes a source to db, whose schema must be the one that the source
// was opened with: its missing attributes with the first rows, then batch by
// batch, leaving out what changes nothing. Without a conn it does so in
// memory only, as a dry run. m.Msg "" becomes "import NAME". Errors in
// the file are *Error. What was committed before an error stays; the import can be repeated.
func Load(ctx context.Context, conn *engine.Conn, db engine.DB, s *Source, m engine.Meta) (Result, error) {
	if m.Msg == "" {
		m.Msg = "import " + filepath.Base(s.name)
	}
	l := &loader{conn: conn, meta: m, schema: s.Schema(), result: Result{DB: db}}
	l.known = len(l.schema) == 0
	for b, err := range s.Batches(ctx) {
		if err == nil {
			err = l.batch(ctx, b)
		}
		if err != nil {
			return l.result, s.explain(err)
		}
	}
	err := l.finish(ctx)
	return l.result, s.explain(err)
}

// loader is a Load under way. It holds one batch back, since the last one
// is to be committed in another way than those before it.
type loader struct {
	conn   *engine.Conn
	meta   engine.Meta
	schema []edn.Value // what is still to be installed
	known  bool        // all attributes were there, so the rows may be, too
	held   *Batch
	result Result
}

// batch commits the batch that is held, and holds b unless the database has all of it.
func (l *loader) batch(ctx context.Context, b Batch) error {
	l.result.Rows += int64(b.Rows)
	if err := l.commit(ctx, (*engine.Conn).TransactMore); err != nil {
		return err
	}
	done, err := l.done(ctx, b)
	if err != nil {
		return err
	}
	if done {
		l.result.Unchanged++
		return nil
	}
	l.held = &b
	return nil
}

// finish commits the last batch. When that was done already, what came before it has yet to be flushed.
func (l *loader) finish(ctx context.Context) error {
	if l.held == nil && l.conn != nil && l.result.Transactions > 0 {
		return l.conn.Flush(ctx, l.meta)
	}
	return l.commit(ctx, (*engine.Conn).TransactLast)
}

// commit runs the transaction of the batch that is held, if there is one.
func (l *loader) commit(ctx context.Context, transact func(*engine.Conn, context.Context, []edn.Value, engine.Meta) (engine.Report, error)) error {
	if l.held == nil {
		return nil
	}
	if l.held.Last {
		transact = (*engine.Conn).TransactLast
	}
	forms := append(l.schema[:len(l.schema):len(l.schema)], l.forms(*l.held)...)
	var r engine.Report
	var err error
	if l.conn == nil {
		r, err = l.result.DB.With(ctx, forms, time.Now())
	} else {
		r, err = transact(l.conn, ctx, forms, engine.Argument{By: l.held.By, Msg: l.held.Msg}.Over(l.meta))
	}
	if err != nil {
		return err
	}
	l.held, l.schema = nil, nil
	l.result.DB = r.After
	l.result.Transactions++
	l.result.Datoms += int64(changes(r))
	return nil
}

// forms is the batch's tx data, with the mark by which it will be known again.
func (l *loader) forms(b Batch) []edn.Value {
	if b.Mark == "" {
		return b.Forms
	}
	return append(b.Forms, edn.MakeMap(edn.MakeKeyword("db/id"), edn.MakeString("datomic.tx"), edn.MakeKeyword(MarkIdent), edn.MakeString(b.Mark)))
}

// done tells whether the database has all of a batch already. It is only
// looked for where that is likely.
func (l *loader) done(ctx context.Context, b Batch) (bool, error) {
	if !b.once.IsNil() {
		return l.hasWhole(ctx, b.once)
	}
	if !l.known || b.Whole {
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
	r, err := l.result.DB.With(ctx, b.Forms, time.Now())
	return err == nil && changes(r) == 0, err
}

// has tells whether an entity has the value of a unique attribute.
func (l *loader) has(ctx context.Context, ident string, form edn.Value) (bool, error) {
	a, ok := l.result.DB.Schema().ByIdent(ident)
	if !ok {
		return false, nil
	}
	v, err := engine.FromEDN(a.Type, form)
	if err != nil {
		return false, fmt.Errorf("look up :%s: %w", ident, err)
	}
	_, ok, err = l.result.DB.Entid(ctx, a.ID, v)
	return ok, err
}

// hasWhole tells whether the entity [key value] has the third of once, an attribute.
func (l *loader) hasWhole(ctx context.Context, once edn.Value) (bool, error) {
	key, value, need := once.Items()[0], once.Items()[1], once.Items()[2]
	schema := l.result.DB.Schema()
	a, ok := schema.ByIdent(key.Text())
	n, known := schema.ByIdent(need.Text())
	if !ok || !known {
		return false, nil
	}
	v, err := engine.FromEDN(a.Type, value)
	if err != nil {
		return false, fmt.Errorf("look up :%s: %w", key.Text(), err)
	}
	id, ok, err := l.result.DB.Entid(ctx, a.ID, v)
	if err != nil || !ok {
		return false, err
	}
	for _, err := range l.result.DB.Match(ctx, engine.Pattern{E: engine.Some(id), A: engine.Some(n.ID)}) {
		return err == nil, err
	}
	return false, nil
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

// explain names the place in the file where the database refused tx data that
// came from it. Other errors are returned as they are.
func (s *Source) explain(err error) error {
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
