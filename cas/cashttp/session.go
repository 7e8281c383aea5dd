package cashttp

import (
	"context"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// session is a Client for one writer: the server refuses what it writes once garbage was removed since.
type session struct {
	*Client
	mu sync.Mutex
	id string
}

// Begin implements cas.Beginner. Every answer names what the server began last, so that this asks for nothing.
func (c *Client) Begin() cas.RefStore {
	s := &session{Client: c}
	if id := c.session.Load(); id != nil {
		s.id = *id
	}
	return s
}

// known is what the server had named when this began, or else what it named first.
func (s *session) known() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id := s.first.Load(); s.id == "" && id != nil {
		s.id = *id
	}
	return s.id
}

// begun is what the server is to be told. Before the first answer of the server nothing was found to be there.
func (s *session) begun(ctx context.Context) (string, error) {
	if id := s.known(); id != "" {
		return id, nil
	}
	if _, err := s.Refs(ctx); err != nil {
		return "", err
	}
	return s.known(), nil
}

// Put implements cas.Store.
func (s *session) Put(ctx context.Context, blocks []cas.Block) error {
	id, err := s.begun(ctx)
	if err != nil {
		return err
	}
	return s.put(ctx, blocks, id)
}

// SetRef implements cas.Refs.
func (s *session) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return s.Commit(ctx, nil, name, old, next)
}

// Commit implements cas.Committer.
func (s *session) Commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid) error {
	id, err := s.begun(ctx)
	if err != nil {
		return err
	}
	return s.commit(ctx, blocks, ref, old, next, id)
}

// Replay implements cas.Replayer.
func (s *session) Replay(ctx context.Context, blocks []cas.Block, heads []cid.Cid) error {
	id, err := s.begun(ctx)
	if err != nil {
		return err
	}
	return s.replay(ctx, blocks, heads, id)
}
