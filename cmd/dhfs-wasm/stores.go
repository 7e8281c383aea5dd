//go:build js && wasm

package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/cas/casidb"
	"github.com/dhfs/dhfs/engine"
)

// names lists the databases of this browser.
func (a *app) names(ctx context.Context, _ struct{}, _ func(any)) (any, error) {
	names, err := casidb.Names(ctx)
	return append([]string{}, names...), err // JSON's [], not null
}

// create makes an empty database.
func (a *app) create(ctx context.Context, d struct {
	Name         string `json:"name"`
	SchemaOnRead bool   `json:"schemaOnRead"`
}, _ func(any)) (any, error) {
	s, err := casidb.Create(ctx, d.Name)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	_, err = engine.Create(ctx, s, "main", engine.Options{SchemaOnRead: d.SchemaOnRead}, time.Now())
	return nil, err
}

// remove removes a database from this browser.
func (a *app) remove(ctx context.Context, d database, _ func(any)) (any, error) {
	a.close(d.Name)
	return nil, casidb.Remove(ctx, d.Name)
}

// syncing says what to bring from where to where.
type syncing struct {
	Name  string   `json:"name"`
	URL   string   `json:"url"`
	Push  bool     `json:"push"`  // from here to there
	Token string   `json:"token"` // for writing there
	Refs  []string `json:"refs"`
	Force bool     `json:"force"`
	// Partial makes a database that fetches blocks when they are asked for.
	Partial bool `json:"partial"`
}

// synced is what a sync has done, and while it runs what it has done so far.
type synced struct {
	Blocks       int         `json:"blocks"`
	Bytes        int64       `json:"bytes"`
	Transactions int         `json:"transactions"`
	Refs         []syncedRef `json:"refs,omitempty"`
}

type syncedRef struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"`
	Commit  string `json:"commit"`
}

func syncedOf(s engine.Sent) synced {
	return synced{Blocks: s.Blocks, Bytes: s.Bytes, Transactions: s.Transactions}
}

func (s *synced) add(more synced) {
	s.Blocks, s.Bytes, s.Transactions = s.Blocks+more.Blocks, s.Bytes+more.Bytes, s.Transactions+more.Transactions
}

// sync brings what is new between this browser and a server. The first time it makes the database here.
func (a *app) sync(ctx context.Context, o syncing, tell func(any)) (any, error) {
	far, err := cashttp.Open(o.URL, cashttp.Options{Token: o.Token})
	if err != nil {
		return nil, err
	}
	defer far.Close()
	here, err := a.open(ctx, o.Name)
	if errors.Is(err, cas.ErrNotFound) && !o.Push {
		from := ""
		if o.Partial {
			from = o.URL
		}
		if err := a.admit(ctx, far, o.Name, from); err != nil {
			return nil, err
		}
		here, err = a.open(ctx, o.Name)
	}
	if err != nil {
		return nil, err
	}
	if here.store.From() != "" && !o.Push {
		done, err := a.refresh(ctx, here, far, tell)
		if err == nil || here.store.From() != "" {
			return done, err
		} // else another tab has made it a whole one meanwhile
	}
	var dst, src cas.RefStore = here.store, far
	if o.Push {
		dst, src = far, here.store
		if o.Refs, err = sendable(ctx, here.store, o.Refs); err != nil {
			return nil, err
		}
	}
	done, err := engine.Sync(ctx, dst, src, engine.SyncOptions{
		Refs: o.Refs, Force: o.Force, Progress: func(s engine.Sent) { tell(syncedOf(s)) },
	})
	if noted := noteOrigins(ctx, here.store, done.Refs, o.Push); err == nil {
		err = noted
	}
	result := syncedOf(done.Sent)
	if err == nil && !o.Push {
		removed, failed := dropGone(ctx, here.store, kept(done.Refs))
		result.dropped(removed)
		err = failed
	}
	if err != nil {
		return nil, err
	}
	for _, r := range done.Refs {
		if !own(r.Name) && !result.has(r.Name) {
			result.Refs = append(result.Refs, syncedRef{r.Name, string(r.Outcome), r.Source.String()})
		}
	}
	return result, nil
}

// kept are the refs that the source of a sync does not have.
func kept(refs []engine.SyncedRef) (names []string) {
	for _, r := range refs {
		if r.Outcome == engine.RefKept {
			names = append(names, r.Name)
		}
	}
	return names
}

func (s *synced) dropped(refs []string) {
	for _, name := range refs {
		s.Refs = append(s.Refs, syncedRef{Name: name, Outcome: string(engine.RefRemoved)})
	}
}

func (s *synced) has(ref string) bool {
	return slices.ContainsFunc(s.Refs, func(r syncedRef) bool { return r.Name == ref })
}

// watch tells of each move of the refs of a database, in whatever tab, until ctx ends.
func (a *app) watch(ctx context.Context, d database, tell func(any)) (any, error) {
	o, err := a.open(ctx, d.Name)
	if err != nil {
		return nil, err
	}
	moved := make(chan struct{}, 1)
	if err := o.store.Notify(ctx, moved); err != nil {
		return nil, err
	}
	go func() {
		for {
			select {
			case <-moved:
				tell(database{Name: d.Name})
			case <-ctx.Done():
				return
			}
		}
	}()
	return nil, nil
}
