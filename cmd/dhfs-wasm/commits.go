//go:build js && wasm

package main

import (
	"context"
	"errors"
	"time"

	"github.com/dhfs/dhfs/engine"
)

// commit is one of a log.
type commit struct {
	T         uint64    `json:"t"`
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	By        string    `json:"by"`
	Message   string    `json:"message"`
	Added     int       `json:"added"`
	Retracted int       `json:"retracted"`
	Purged    int       `json:"purged"`
	Root      string    `json:"root"`
	Parents   []string  `json:"parents"`
}

func commitOf(c engine.Commit) commit {
	out := commit{c.T, c.ID.String(), c.At, c.By, c.Msg, c.Added, c.Retracted, c.Purged, c.Root.String(), []string{}}
	for _, p := range c.Parents {
		out.Parents = append(out.Parents, p.String())
	}
	return out
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
		if errors.Is(err, engine.ErrPruned) {
			break
		}
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

// show tells of the newest commit of a value, and what it did.
func (a *app) show(ctx context.Context, q struct {
	database
	Limit int `json:"limit"`
}, _ func(any)) (any, error) {
	db, err := a.db(ctx, q.database)
	if err != nil {
		return nil, err
	}
	o, err := a.open(ctx, q.Name)
	if err != nil {
		return nil, err
	}
	c, err := engine.ReadCommit(ctx, o.store, db.Commit())
	if err != nil {
		return nil, err
	}
	tx, err := engine.ReadTx(ctx, o.store, c)
	if err != nil {
		return nil, err
	}
	out := struct {
		commit
		listed
	}{commitOf(c), listed{Datoms: []datom{}}}
	for _, d := range tx.Datoms {
		if len(out.Datoms) == orUsual(q.Limit) {
			out.More = true
			break
		}
		one, err := datomOf(ctx, db, d)
		if err != nil {
			return nil, err
		}
		out.Datoms = append(out.Datoms, one)
	}
	return out, nil
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
