//go:build js && wasm

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// amending says which commit of this browser, which no server has, is to go, and what comes in its place.
type amending struct {
	Name    string  `json:"name"`
	Branch  string  `json:"branch"`
	Commit  string  `json:"commit"`
	Tx      *string `json:"tx"` // EDN; nil: nothing
	By      string  `json:"by"`
	Message string  `json:"message"`
}

// amend makes the commits of a branch again without one of them, or with another transaction in its place.
func (a *app) amend(ctx context.Context, q amending, _ func(any)) (any, error) {
	q.Branch = cmp.Or(q.Branch, "main")
	var argument engine.Argument
	if q.Tx != nil {
		var err error
		if argument, err = engine.ParseArgument(*q.Tx); err != nil {
			return nil, err
		}
	}
	o, err := a.open(ctx, q.Name)
	if err != nil {
		return nil, err
	}
	done, _ := o.store.Turn(ctx, outgoing+q.Branch) // while it is sent it must not change
	defer done()
	ours, _, all, err := waiting(ctx, o.store, q.Branch)
	if err != nil {
		return nil, err
	}
	line, err := lineTo(ours, q.Commit, all)
	if err != nil {
		return nil, err
	}
	re := remaking{app: a, o: o, q: q, argument: argument, line: line}
	head, err := re.run(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.store.SetRef(ctx, string(engine.Branch)+q.Branch, ours.ID, head.ID); err != nil {
		return nil, err
	}
	return commitOf(head), nil
}

// lineTo are the commits from the one with an id to the head, oldest first.
func lineTo(head engine.Commit, id string, unsent []engine.Commit) ([]engine.Commit, error) {
	byID := map[cid.Cid]engine.Commit{}
	known := false
	for _, c := range unsent {
		byID[c.ID] = c
		known = known || c.ID.String() == id
	}
	if !known {
		return nil, fmt.Errorf("commit %s is not among those that were made here and are not at the server: %w", id, cas.ErrNotFound)
	}
	var line []engine.Commit
	for c, ok := byID[head.ID]; ok && len(c.Parents) > 0; c, ok = byID[c.Parents[0]] {
		line = append([]engine.Commit{c}, line...)
		if c.ID.String() == id {
			return line, nil
		}
	}
	return nil, misused("a new transaction can undo what it did", "commit %s was already applied to what the server has", id)
}

// remaking makes commits again: those of line but for the first.
type remaking struct {
	*app
	o        *opened
	q        amending
	argument engine.Argument
	line     []engine.Commit
}

func (r *remaking) run(ctx context.Context) (engine.Commit, error) {
	conn, err := r.begin(ctx)
	if err != nil {
		return engine.Commit{}, err
	}
	for i, c := range r.line[1:] {
		done, err := r.again(ctx, conn, r.line[i].ID, c)
		if err != nil {
			return engine.Commit{}, err
		}
		if len(done.Renumbers) > 0 && i+2 < len(r.line) { // later ones speak of the ids that there were: all of them at once can be told apart
			if conn, err = r.begin(ctx); err == nil {
				_, err = r.again(ctx, conn, r.line[0].ID, r.line[len(r.line)-1])
			}
			if err != nil {
				return engine.Commit{}, err
			}
			break
		}
	}
	return commitAt(ctx, r.o.store, outgoing+r.q.Branch)
}

// begin goes back to before the commit, and does what is to be done in its place.
func (r *remaking) begin(ctx context.Context) (*engine.Conn, error) {
	branch := outgoing + r.q.Branch
	if err := point(ctx, r.o.store, string(engine.Branch)+branch, r.line[0].Parents[0]); err != nil {
		return nil, err
	}
	conn, err := r.conn(ctx, r.o, branch)
	if err != nil || r.q.Tx == nil {
		return conn, err
	}
	bad := r.line[0]
	_, err = conn.Transact(ctx, r.argument.Forms, r.argument.Over(engine.Meta{By: cmp.Or(r.q.By, bad.By), Msg: cmp.Or(r.q.Message, bad.Msg)}))
	return conn, err
}

// again does what leads from one commit to another. It came later, so its values hold.
func (r *remaking) again(ctx context.Context, conn *engine.Conn, from cid.Cid, to engine.Commit) (engine.Merge, error) {
	later := func(c engine.Conflict) engine.Choice {
		if c.Kind == engine.ConflictValue {
			return engine.Choice{Take: engine.TakeTheirs}
		}
		return engine.Choice{}
	}
	done, err := conn.Pick(ctx, from, to.ID, later, engine.Meta{By: to.By, Msg: to.Msg})
	var builds *engine.ConflictError
	if errors.As(err, &builds) {
		return done, &dependsError{to, builds}
	}
	if err != nil {
		return done, fmt.Errorf("commit %s, made after it: %w", to.ID, err)
	}
	return done, nil
}

// dependsError says that a later commit needs one that is to go.
type dependsError struct {
	later engine.Commit
	err   error
}

func (e *dependsError) Error() string {
	return fmt.Sprintf("commit %s, made after it, needs what it did: %v", e.later.ID, e.err)
}

// Unwrap makes it a conflict.
func (e *dependsError) Unwrap() []error { return []error{cas.ErrConflict, e.err} }

// refusedError says which commit of this browser cannot be applied to what the server has.
type refusedError struct {
	commit engine.Commit
	err    error
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("commit %s, made here, cannot be applied to what the server has: %v", e.commit.ID, e.err)
}

func (e *refusedError) Unwrap() error { return e.err }

// refused finds the commit, of those that ours brings, to which it is due that a merge into conn's branch fails.
func refused(ctx context.Context, conn *engine.Conn, unsent []engine.Commit, failed error) error {
	var tx *engine.TxError
	if !errors.As(failed, &tx) || len(unsent) == 0 {
		return failed
	}
	oldestFirst := slices.Backward(unsent)
	for _, c := range oldestFirst {
		_, err := conn.TryMerge(ctx, c.ID, func(engine.Conflict) engine.Choice { return engine.Choice{Take: engine.TakeTheirs} })
		if errors.As(err, &tx) {
			return &refusedError{c, err}
		}
	}
	return &refusedError{unsent[0], failed}
}
