package main

import (
	"context"
	"errors"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// pinning is a store that tells where a ref points only once that is pinned: whatever a mount finds by a ref, no process removes
// while the mount is there. What a ref has left stays pinned, unless a pinned commit comes from it.
type pinning struct {
	store

	mu    sync.Mutex
	shown map[string]cid.Cid // where each ref pointed last
	held  map[cid.Cid]heldCommit
}

// heldCommit is a pinned commit, and how to let it go.
type heldCommit struct {
	commit engine.Commit
	unpin  func()
}

// Unwrap is the store itself.
func (p *pinning) Unwrap() cas.RefStore { return p.store }

// pinAttempts is how often a ref is read again because it was moved while it was being pinned.
const pinAttempts = 10

// newPinning pins where the refs of s point. Closing s ends it.
func newPinning(ctx context.Context, s store) (*pinning, error) {
	p := &pinning{store: s, shown: map[string]cid.Cid{}, held: map[cid.Cid]heldCommit{}}
	_, err := p.Refs(ctx)
	return p, err
}

// Ref implements cas.Refs. Pinning waits for writers, so the ref is read once more afterwards: who asks after a commit was acknowledged is told of it.
func (p *pinning) Ref(ctx context.Context, name string) (cid.Cid, error) {
	for n := 1; ; n++ {
		id, err := p.store.Ref(ctx, name)
		if err != nil {
			return id, err
		}
		fresh, err := p.show(ctx, cas.Ref{Name: name, CID: id})
		if n == pinAttempts || err != nil && !errors.Is(err, cas.ErrNotFound) || err == nil && !fresh {
			return id, err
		}
	}
}

// Refs implements cas.Refs.
func (p *pinning) Refs(ctx context.Context) ([]cas.Ref, error) {
	for n := 1; ; n++ {
		refs, err := p.store.Refs(ctx)
		if err != nil {
			return nil, err
		}
		some := false
		for _, r := range refs {
			fresh, failed := p.show(ctx, r)
			some = some || fresh
			if err = failed; err != nil {
				break
			}
		}
		if n == pinAttempts || err != nil && !errors.Is(err, cas.ErrNotFound) || err == nil && !some {
			return refs, err
		}
	}
}

// show makes sure that what a ref points at stays. fresh says that this was not known before.
func (p *pinning) show(ctx context.Context, r cas.Ref) (fresh bool, err error) {
	if r.Name == cas.AbsentRef || p.isShown(r) {
		return false, nil
	}
	c, err := engine.ReadCommit(ctx, p.store, r.CID)
	if err != nil {
		return false, err
	}
	if !p.reached(ctx, c) {
		unpin, err := pin(ctx, p.store, r.CID)
		if err != nil {
			return false, err
		}
		p.hold(ctx, heldCommit{c, unpin})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown[r.Name] = r.CID
	return true, nil
}

func (p *pinning) isShown(r cas.Ref) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown[r.Name] == r.CID
}

// reached tells whether a pinned commit comes from c, and so keeps it.
func (p *pinning) reached(ctx context.Context, c engine.Commit) bool {
	for _, h := range p.all() {
		if comesFrom(ctx, p.store, h.commit, c) {
			return true
		}
	}
	return false
}

// hold keeps h, and lets go of what it comes from.
func (p *pinning) hold(ctx context.Context, h heldCommit) {
	var covered []heldCommit
	for _, old := range p.all() {
		if old.commit.ID != h.commit.ID && comesFrom(ctx, p.store, h.commit, old.commit) {
			covered = append(covered, old)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, twice := p.held[h.commit.ID]; twice {
		h.unpin()
		return
	}
	p.held[h.commit.ID] = h
	for _, old := range covered {
		if _, still := p.held[old.commit.ID]; still {
			delete(p.held, old.commit.ID)
			old.unpin()
		}
	}
}

func (p *pinning) all() []heldCommit {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]heldCommit, 0, len(p.held))
	for _, h := range p.held {
		all = append(all, h)
	}
	return all
}

// comesFrom tells whether old is on the first-parent line of c, as far as that is there to be read. It takes O(log n) reads.
func comesFrom(ctx context.Context, g cas.Getter, c, old engine.Commit) bool {
	if c.T < old.T {
		return false
	}
	a, err := engine.Ancestor(ctx, g, c.ID, func(c engine.Commit) bool { return c.T <= old.T })
	return err == nil && a.ID == old.ID
}
