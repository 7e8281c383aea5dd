package main

import (
	"context"
	"slices"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// repin is how often a mount looks whether the refs have moved: what it shows newly is pinned so much later.
const repin = 2 * time.Second

// pinRefs keeps what a store's refs reach from being collected, and what they come to reach, until stop is called. A
// commit that a ref has left stays pinned as long as some later one reaches it.
func pinRefs(ctx context.Context, s store) (stop func(), err error) {
	p := refPins{store: s, held: map[string]heldRef{}}
	if err := p.update(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(repin)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				_ = p.update(ctx) // the next time; the mount itself tells what it cannot read
			}
		}
	}()
	return func() { cancel(); <-done }, nil
}

type refPins struct {
	store store
	held  map[string]heldRef
}

// heldRef is where a ref pointed last, and how to let that go.
type heldRef struct {
	id    cid.Cid
	unpin func()
}

// update pins where refs point now, and then lets go of where those that moved pointed before: the new commit reaches
// the old one. A ref that is gone stays pinned where it was.
func (p *refPins) update(ctx context.Context) error {
	refs, err := p.store.Refs(ctx)
	if err != nil {
		return err
	}
	refs = slices.DeleteFunc(refs, func(r cas.Ref) bool { return r.Name == cas.AbsentRef })
	for _, r := range refs {
		old, known := p.held[r.Name]
		if known && old.id == r.CID {
			continue
		}
		unpin, err := pin(ctx, p.store, r.CID)
		if err != nil {
			return err
		}
		p.held[r.Name] = heldRef{r.CID, unpin}
		if known {
			old.unpin()
		}
	}
	return nil
}
