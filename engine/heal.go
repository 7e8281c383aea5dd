package engine

import (
	"context"
	"errors"
	"sync"
	"weak"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// healer gives back what Tidy has removed under values that are open: nodes of a snapshot that was thinned out. It makes the snapshot
// again, as whoever opens its commit now does, and keeps its nodes in memory.
type healer struct {
	cas.Getter
	mu    sync.Mutex
	holds []weak.Pointer[hold] // of the values that are open
	again map[cid.Cid]cas.Block
}

// hold is the snapshot that open values read from; it is there as long as one of them is.
type hold struct {
	commit Commit // one that has it as its base
	made   bool   // its nodes are in healer.again
}

// holding notes that there is a value that reads from the base of c.
func (h *healer) holding(c Commit) *hold {
	h.mu.Lock()
	defer h.mu.Unlock()
	kept := h.holds[:0]
	for _, w := range h.holds {
		x := w.Value()
		if x == nil {
			continue
		}
		kept = append(kept, w)
		if x.commit.Base == c.Base {
			h.holds = append(kept, h.holds[len(kept):]...)
			return x
		}
	}
	x := &hold{commit: c}
	h.holds = append(kept, weak.Make(x))
	return x
}

// unhealed marks a context in which what is missing is to be missing.
type unhealed struct{}

// Get implements cas.Getter.
func (h *healer) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	b, err := h.Getter.Get(ctx, id)
	if err == nil || !errors.Is(err, cas.ErrNotFound) || id.Type() != cas.DagCBOR || ctx.Value(unhealed{}) != nil {
		return b, err
	}
	if b, ok := h.heal(ctx, id); ok {
		return b, nil
	}
	return b, err
}

// heal looks for a node in the snapshots that are held and are no longer there.
func (h *healer) heal(ctx context.Context, id cid.Cid) (cas.Block, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if b, ok := h.again[id]; ok {
		return b, true
	}
	for _, w := range h.holds {
		x := w.Value()
		if x == nil || x.made {
			continue
		}
		if _, err := h.Getter.Get(ctx, x.commit.Base); !errors.Is(err, cas.ErrNotFound) {
			continue
		}
		nodes, err := h.remake(ctx, x.commit)
		if err != nil {
			continue
		}
		x.made = true
		if h.again == nil {
			h.again = map[cid.Cid]cas.Block{}
		}
		for _, b := range nodes {
			h.again[b.CID()] = b
		}
	}
	b, ok := h.again[id]
	return b, ok
}

// remake makes the nodes of the base of c that are not in an older snapshot that is there.
func (h *healer) remake(ctx context.Context, c Commit) ([]cas.Block, error) {
	e := newEnv(h.Getter, defaultCache/8)
	for c.Tail > 0 {
		var err error
		if c, err = ReadCommit(ctx, e, c.parent()); err != nil {
			return nil, err
		}
	}
	s, err := openCommit(ctx, e, c, nil)
	if err != nil {
		return nil, err
	}
	w := &writer{ctx: ctx, holds: true}
	err = s.flush(w)
	return w.blocks, err
}
