package datahike

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/google/uuid"
)

// step is a commit with the one that it goes on from.
type step struct {
	*Commit
	own   uuid.UUID   // the parent on the same line; the nil uuid of the first
	other []uuid.UUID // further parents, of a merge
	line  string      // the branch whose line it is on
}

// history is the commits that branches lead to.
type history struct {
	store   *Store
	known   func(uuid.UUID) bool // was imported before
	commits map[uuid.UUID]*step
	order   []*step // parents before children
	heads   map[string]uuid.UUID
	spare   int // lines of branches that are no more
}

// plan reads the commits of all branches, back to those that are known.
func plan(ctx context.Context, s *Store, known func(uuid.UUID) bool) (*history, error) {
	h := &history{store: s, known: known, commits: map[uuid.UUID]*step{}, heads: map[string]uuid.UUID{}}
	branches, err := s.Branches(ctx)
	if err != nil {
		return nil, err
	}
	// The main branch comes first: commits that several lead to are on its line.
	for pass := range 2 {
		for _, b := range branches {
			if (b == MainBranch) != (pass == 0) {
				continue
			}
			head, err := s.Head(ctx, b)
			if err != nil {
				return nil, err
			}
			h.heads[b] = head.ID
			if err := h.read(ctx, head.ID); err != nil {
				return nil, err
			}
			h.assign(head.ID, b)
		}
	}
	for _, st := range h.order { // what only merges lead to
		for _, id := range st.other {
			if p, ok := h.commits[id]; ok && p.line == "" {
				h.spare++
				h.assign(id, fmt.Sprintf("merged-%d", h.spare))
			}
		}
	}
	return h, nil
}

// read adds a commit and all before it. What a collection has removed is left out.
func (h *history) read(ctx context.Context, id uuid.UUID) error {
	type visit struct {
		id   uuid.UUID
		done bool
	}
	stack := []visit{{id, false}}
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		st := h.commits[v.id]
		if v.done {
			h.place(st)
			continue
		}
		if st != nil || h.known(v.id) {
			continue
		}
		c, err := h.store.Commit(ctx, v.id)
		if errors.Is(err, cas.ErrNotFound) && v.id != id {
			continue
		}
		if err != nil {
			return err
		}
		c.Record = nil // it is large, and there may be many
		h.commits[v.id] = &step{Commit: c}
		stack = append(stack, visit{v.id, true})
		for _, p := range c.Parents {
			stack = append(stack, visit{p, false})
		}
	}
	return nil
}

// place puts a commit into the order, and tells its parents apart.
func (h *history) place(st *step) {
	best := int64(-1)
	for _, id := range st.Parents {
		p, ok := h.commits[id]
		if !ok && !h.known(id) {
			continue
		}
		score := int64(0) // of one that is known and no more there
		if !ok {
			if c, err := h.store.Commit(context.Background(), id); err == nil {
				p = &step{Commit: c}
			}
		}
		if p != nil {
			score = st.nearness(p.Commit)
		}
		if score > best {
			best, st.own = score, id
		}
	}
	for _, id := range st.Parents {
		_, ok := h.commits[id]
		if id != st.own && (ok || h.known(id)) {
			st.other = append(st.other, id)
		}
	}
	h.order = append(h.order, st)
}

// nearness tells how likely a commit goes on from a parent: the newest on the same line does.
func (st *step) nearness(p *Commit) int64 {
	switch {
	case p.MaxTx > st.MaxTx:
		return 0
	case p.Branch == st.Branch:
		return p.MaxTx + 1<<40
	}
	return p.MaxTx
}

// assign puts a commit and its line before it on a branch, back to what is on one.
func (h *history) assign(id uuid.UUID, branch string) {
	for st := h.commits[id]; st != nil && st.line == ""; st = h.commits[st.own] {
		st.line = branch
	}
}
