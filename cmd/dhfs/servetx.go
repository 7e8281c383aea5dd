package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/engine"
)

// maxConns is how many branches a server has open for transactions; each has a cache.
const maxConns = 8

// transactions runs what is submitted to one database.
type transactions struct {
	mu    sync.Mutex
	conns map[string]*engine.Conn // by branch
}

// transact is a cashttp.HandlerOptions.Transact.
func (t *transactions) transact(ctx context.Context, s cas.RefStore, q cashttp.Submission) (done cashttp.Submitted, err error) {
	r, err := t.run(ctx, s, q)
	if err != nil {
		return done, asSent(err)
	}
	form := "edn"
	if q.JSON {
		form = "json"
	}
	var buf bytes.Buffer
	out := bufio.NewWriter(&buf)
	if err := reportValue(ctx, out, r, form); err != nil {
		return done, err
	}
	err = out.Flush()
	return cashttp.Submitted{Commit: r.Commit.ID, Report: buf.Bytes()}, err
}

func (t *transactions) run(ctx context.Context, s cas.RefStore, q cashttp.Submission) (engine.Report, error) {
	tx, err := parseTx(string(q.Data))
	if err != nil {
		return engine.Report{}, err
	}
	if len(tx.Forms) == 0 {
		return engine.Report{}, hinted{usageError{"no tx data"}, `[{:person/name "Ada"}]`}
	}
	conn, err := t.conn(ctx, s, cmp.Or(q.Branch, mainBranch))
	if err != nil {
		return engine.Report{}, err
	}
	if !q.DryRun {
		return conn.Transact(ctx, tx.Forms, tx.Over(engine.Meta{By: q.Author, Msg: q.Message}))
	}
	db, err := conn.DB(ctx)
	if err != nil {
		return engine.Report{}, err
	}
	return db.With(ctx, tx.Forms, now())
}

// conn opens a branch, unless it is open.
func (t *transactions) conn(ctx context.Context, s cas.RefStore, branch string) (*engine.Conn, error) {
	t.mu.Lock()
	c, ok := t.conns[branch]
	t.mu.Unlock()
	if ok {
		return c, nil
	}
	c, err := engine.Connect(ctx, s, branch)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if other, ok := t.conns[branch]; ok { // one, so that transactions wait for each other instead of overtaking
		return other, nil
	}
	if t.conns == nil || len(t.conns) == maxConns {
		t.conns = map[string]*engine.Conn{}
	}
	t.conns[branch] = c
	return c, nil
}

// asSent is an error with the code that the command line would give it, for what is wrong with a transaction; the handler knows the others.
func asSent(err error) error {
	f := describe(err)
	if f.Exit != exitRejected && f.Exit != exitUsage {
		return err
	}
	return &cashttp.RefusedError{Code: f.Code, Message: f.Message, Hint: f.Hint, Line: f.Line, Column: f.Column}
}
