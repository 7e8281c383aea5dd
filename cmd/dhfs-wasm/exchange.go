//go:build js && wasm

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/cas/casidb"
	"github.com/dhfs/dhfs/engine"
)

// What is committed here while the server is away are commits of the branch itself: nothing else has to be kept, and none can be
// sent twice, since a commit is known by its name. Where the server has others by then, a commit joins both, whose first parent is the
// server's: what was done here is then applied to what the server has, as a rebase would, and the server's line of commits stays as it is.
//
// Branches of this browser that are not the user's, and never sent:
const (
	origin   = "origin/"   // where the server's was when it was asked last
	outgoing = "outgoing/" // where both are joined
)

// own tells whether a ref is one of those.
func own(ref string) bool {
	branch, _ := strings.CutPrefix(ref, string(engine.Branch))
	return strings.HasPrefix(branch, origin) || strings.HasPrefix(branch, outgoing)
}

// maxExchanges is how often an exchange begins anew because the server, or another tab, was faster.
const maxExchanges = 8

// exchanging says what to exchange with which server.
type exchanging struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	Token  string `json:"token"` // without, nothing is sent
	Branch string `json:"branch"`
	By     string `json:"by"`
	choosing
	had bool // the database was here: if it is not now, it is not to be made again
}

// exchanged is what an exchange has done, and what is left to do.
type exchanged struct {
	Head       string                  `json:"head"`
	Received   synced                  `json:"received"`
	Sent       int                     `json:"sent"`    // commits
	Pending    int                     `json:"pending"` // commits that the server does not have
	Conflicts  []conflict              `json:"conflicts"`
	Renumbered map[string]engine.ID    `json:"renumbered"`
	renumbers  map[engine.ID]engine.ID // the same
}

// exchange fetches what is new, joins with it what was committed here, and sends that.
func (a *app) exchange(ctx context.Context, x exchanging, tell func(any)) (any, error) {
	x.Branch = cmp.Or(x.Branch, "main")
	if err := x.check(); err != nil {
		return nil, err
	}
	far, err := cashttp.Open(x.URL, cashttp.Options{Token: x.Token})
	if err != nil {
		return nil, err
	}
	defer far.Close()
	return a.exchangeWith(ctx, far, x, tell)
}

func (a *app) exchangeWith(ctx context.Context, far *cashttp.Client, x exchanging, tell func(any)) (exchanged, error) {
	out := exchanged{Conflicts: []conflict{}, Renumbered: map[string]engine.ID{}, renumbers: map[engine.ID]engine.ID{}}
	o, err := a.openOrAdmit(ctx, far, x.Name, !x.had)
	if err != nil {
		return out, err
	}
	done, _ := o.store.Turn(ctx, outgoing+x.Branch) // one tab at a time: the next one has nothing left to do
	defer done()
	e := exchange{app: a, o: o, far: far, x: x, tell: tell, out: out}
	for n := 1; ; n++ {
		err := e.once(ctx)
		if err == nil || n == maxExchanges || !errors.Is(err, cas.ErrConflict) || errors.Is(err, engine.ErrUnrelated) || errors.As(err, new(*goneError)) || errors.As(err, new(*refusedError)) {
			return e.out, err
		}
	}
}

// openOrAdmit opens a database of this browser. With admit it makes it where the server has one to fetch.
func (a *app) openOrAdmit(ctx context.Context, far cas.RefStore, name string, admit bool) (*opened, error) {
	o, err := a.open(ctx, name)
	if !errors.Is(err, cas.ErrNotFound) {
		return o, err
	}
	if !admit {
		return nil, &casidb.RemovedError{Store: name}
	}
	if err := a.admit(ctx, far, name, ""); err != nil {
		return nil, err
	}
	return a.open(ctx, name)
}

// exchange is one that is under way.
type exchange struct {
	*app
	o    *opened
	far  *cashttp.Client
	x    exchanging
	tell func(any)
	got  fetchedAll
	out  exchanged
}

func (e *exchange) once(ctx context.Context) error {
	theirs, err := e.fetch(ctx)
	if err != nil {
		return err
	}
	ours, err := e.join(ctx, theirs)
	if err != nil {
		return err
	}
	e.out.Head = ours.ID.String()
	waiting, err := unsent(ctx, e.o.store, ours, theirs)
	if err != nil {
		return err
	}
	e.out.Pending = len(waiting)
	if len(waiting) == 0 || len(e.out.Conflicts) > 0 || e.x.Token == "" {
		return nil
	}
	ref := string(engine.Branch) + e.x.Branch
	if _, err := engine.Sync(ctx, e.far, e.o.store, engine.SyncOptions{Refs: []string{ref}}); err != nil {
		return err
	}
	e.out.Sent, e.out.Pending = e.out.Sent+len(waiting), 0
	return point(ctx, e.o.store, string(engine.Branch)+origin+e.x.Branch, ours.ID)
}

// fetch brings what is new at the server, and tells where its branch is. Branches that this exchange is not about move as far as that needs no decision.
func (e *exchange) fetch(ctx context.Context) (engine.Commit, error) {
	got, err := e.fetchAll(ctx, e.o, e.far, e.tell)
	e.got = got
	e.out.Received.add(got.synced)
	e.out.Received.dropped(got.removed)
	if err != nil {
		return engine.Commit{}, err
	}
	there := false
	for _, b := range got.branches {
		if b.Name == e.x.Branch {
			there = true
			continue
		}
		if _, err := got.advance(ctx, e.o.store, b.Name, b.CID); err != nil && !errors.Is(err, engine.ErrUnrelated) {
			return engine.Commit{}, err
		}
	}
	theirs, err := commitAt(ctx, e.o.store, origin+e.x.Branch)
	if err == nil && !there {
		var all []engine.Commit
		if _, _, all, err = waiting(ctx, e.o.store, e.x.Branch); err == nil {
			err = &goneError{e.x.Branch, len(all)}
		}
	}
	return theirs, err
}

// commitAt is where a branch is.
func commitAt(ctx context.Context, s cas.RefStore, branch string) (engine.Commit, error) {
	at, err := s.Ref(ctx, string(engine.Branch)+branch)
	if err != nil {
		return engine.Commit{}, err
	}
	return engine.ReadCommit(ctx, s, at)
}

// join brings the branch to where it has all that the server's has, unless there are conflicts.
func (e *exchange) join(ctx context.Context, theirs engine.Commit) (engine.Commit, error) {
	e.out.Conflicts = []conflict{}
	r, err := e.got.advance(ctx, e.o.store, e.x.Branch, theirs.ID)
	switch {
	case err != nil:
		return engine.Commit{}, err
	case r.Outcome == engine.RefAhead:
		return engine.ReadCommit(ctx, e.o.store, r.Target)
	case r.Outcome != engine.RefDiverged:
		return theirs, nil
	}
	ours, err := engine.ReadCommit(ctx, e.o.store, r.Target)
	if err != nil {
		return engine.Commit{}, err
	}
	return e.merge(ctx, ours, theirs)
}

// merge joins what was committed here to what the server has.
func (e *exchange) merge(ctx context.Context, ours, theirs engine.Commit) (engine.Commit, error) {
	if err := point(ctx, e.o.store, string(engine.Branch)+outgoing+e.x.Branch, theirs.ID); err != nil {
		return engine.Commit{}, err
	}
	conn, err := e.conn(ctx, e.o, outgoing+e.x.Branch)
	if err != nil {
		return engine.Commit{}, err
	}
	there, err := conn.DB(ctx)
	if err != nil {
		return engine.Commit{}, err
	}
	choose, err := e.x.chooser(there.Schema())
	if err != nil {
		return engine.Commit{}, err
	}
	m, err := conn.Merge(ctx, ours.ID, choose, engine.Meta{By: cmp.Or(e.x.By, ours.By), Msg: "what was committed in a browser meanwhile"})
	var undecided *engine.ConflictError
	if errors.As(err, &undecided) {
		e.out.Conflicts, err = conflictsOf(ctx, conn, ours.ID, undecided.Conflicts)
		return ours, err
	}
	if err != nil {
		waiting, lost := unsent(ctx, e.o.store, ours, theirs)
		return engine.Commit{}, errors.Join(lost, refused(ctx, conn, waiting, err))
	}
	if err := e.o.store.SetRef(ctx, string(engine.Branch)+e.x.Branch, ours.ID, m.Commit.ID); err != nil {
		return engine.Commit{}, err
	}
	e.renumber(m.Renumbers)
	return m.Commit, nil
}

// renumber notes entities that were given other ids, from what they were when the exchange began.
func (e *exchange) renumber(more map[engine.ID]engine.ID) {
	for from, now := range e.out.renumbers {
		if to, ok := more[now]; ok {
			e.out.renumbers[from] = to
			delete(more, now)
		}
	}
	for from, to := range more {
		e.out.renumbers[from] = to
	}
	for from, to := range e.out.renumbers {
		e.out.Renumbered[fmt.Sprint(uint64(from))] = to
	}
}
