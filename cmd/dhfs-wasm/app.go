//go:build js && wasm

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casidb"
	"github.com/dhfs/dhfs/engine"
)

// app has the databases that are open.
type app struct {
	mu     sync.Mutex
	stores map[string]*opened
}

// opened is a database of this browser.
type opened struct {
	store replica
	conns map[string]*engine.Conn // by branch
}

// replica is a store of this browser.
type replica interface {
	cas.RefStore
	cas.Committer
	cas.Notifier
	cas.Queuer
	From() string // the URL that a partial one is of
	Close() error
}

// method is what can be called: it decodes its argument and returns what is encoded.
type method func(a *app, ctx context.Context, argument []byte, tell func(any)) (any, error)

var methods = map[string]method{
	"names":     with((*app).names),
	"create":    with((*app).create),
	"remove":    with((*app).remove),
	"sync":      with((*app).sync),
	"complete":  with((*app).complete),
	"partialOf": with((*app).partialOf),
	"exchange":  with((*app).exchange),
	"follow":    with((*app).follow),
	"amend":     with((*app).amend),
	"pending":   with((*app).pending),
	"query":     with((*app).query),
	"words":     with((*app).words),
	"check":     with((*app).check),
	"pull":      with((*app).pull),
	"datoms":    with((*app).datoms),
	"labels":    with((*app).labels),
	"log":       with((*app).log),
	"show":      with((*app).show),
	"diff":      with((*app).diff),
	"stat":      with((*app).stat),
	"schema":    with((*app).schema),
	"entities":  with((*app).entities),
	"entity":    with((*app).entity),
	"history":   with((*app).history),
	"table":     with((*app).table),
	"called":    with((*app).called),
	"transact":  with((*app).transact),
	"watch":     with((*app).watch),
}

// with makes a method of a function with an argument of its own type.
func with[A any](do func(a *app, ctx context.Context, argument A, tell func(any)) (any, error)) method {
	return func(a *app, ctx context.Context, text []byte, tell func(any)) (any, error) {
		var argument A
		if err := json.Unmarshal(text, &argument); err != nil {
			return nil, fmt.Errorf("argument: %w", err)
		}
		return do(a, ctx, argument, tell)
	}
}

func (a *app) call(ctx context.Context, name string, argument []byte, tell func(any)) (string, error) {
	do, ok := methods[name]
	if !ok {
		return "", fmt.Errorf("%s: no such method; there are %s", name, strings.Join(slices.Sorted(maps.Keys(methods)), ", "))
	}
	value, err := do(a, ctx, argument, tell)
	var removed *casidb.RemovedError
	if errors.As(err, &removed) {
		a.close(removed.Store) // another may be made under its name
	}
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(value)
	return string(text), err
}

// database names a database, and one of its values.
type database struct {
	Name string `json:"name"`
	Rev  string `json:"rev"` // "" is main
}

// open finds the store of a name, which has to be there.
func (a *app) open(ctx context.Context, name string) (*opened, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if o, ok := a.stores[name]; ok {
		return o, nil
	}
	s, err := casidb.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	o := &opened{store: s, conns: map[string]*engine.Conn{}}
	if s.From() != "" {
		if o.store, err = newPartial(s); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	a.stores[name] = o
	return o, nil
}

// close forgets a store.
func (a *app) close(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if o, ok := a.stores[name]; ok {
		o.store.Close()
		delete(a.stores, name)
	}
}

// conn is the connection to a branch, which keeps what was decoded.
func (a *app) conn(ctx context.Context, o *opened, branch string) (*engine.Conn, error) {
	a.mu.Lock()
	c, ok := o.conns[branch]
	a.mu.Unlock()
	if ok {
		return c, nil
	}
	c, err := engine.Connect(ctx, o.store, branch)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	o.conns[branch] = c
	return c, nil
}

// db is the value that d names.
func (a *app) db(ctx context.Context, d database) (engine.DB, error) {
	o, err := a.open(ctx, d.Name)
	if err != nil {
		return engine.DB{}, err
	}
	if d.Rev == "" {
		d.Rev = "main"
	}
	if cas.CheckRefName("heads/"+d.Rev) == nil { // it may be a branch, whose connection knows what was decoded last
		branch, err := a.conn(ctx, o, d.Rev)
		if err == nil {
			return branch.DB(ctx)
		}
		if !errors.Is(err, cas.ErrNotFound) {
			return engine.DB{}, err
		}
	}
	commit, err := engine.Resolve(ctx, o.store, d.Rev, time.Now())
	if err != nil {
		return engine.DB{}, err
	}
	c, err := a.conn(ctx, o, "main")
	if err != nil {
		return engine.DB{}, err
	}
	return c.Open(ctx, commit.ID)
}
