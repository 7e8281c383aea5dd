package cas

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"
)

// Collect implements Collector; it is always thorough.
func (m *Memory) Collect(ctx context.Context, _ bool, mark Mark) (done Collected, err error) {
	if err := ctx.Err(); err != nil {
		return Collected{}, err
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	m.mu.RLock()
	pins := slices.Collect(maps.Keys(m.pins))
	m.mu.RUnlock()
	keep, err := mark(ctx, m.allRefs(), pins)
	if err != nil {
		return Collected{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, b := range m.blocks {
		if !keep(id) {
			delete(m.blocks, id)
			done.Blocks++
			done.Bytes += int64(len(b.data))
		}
	}
	if done.Blocks > 0 {
		m.epoch++
	}
	return done, nil
}

// Pin implements Collector.
func (m *Memory) Pin(ctx context.Context, ids ...cid.Cid) (unpin func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = m.change(func() error {
		for _, id := range ids {
			if _, ok := m.blocks[id]; !ok {
				return fmt.Errorf("pin %s: %w", id, ErrNotFound)
			}
		}
		for _, id := range ids {
			m.pins[id]++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return func() { _ = m.change(func() error { m.unpin(ids); return nil }) }, nil
}

func (m *Memory) unpin(ids []cid.Cid) {
	for _, id := range ids {
		if m.pins[id]--; m.pins[id] == 0 {
			delete(m.pins, id)
		}
	}
}

// Begin implements Collector.
func (m *Memory) Begin() RefStore {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return memorySession{m, m.epoch}
}

// memorySession is a Memory for one writer.
type memorySession struct {
	*Memory
	epoch uint64
}

// Put implements Store.
func (s memorySession) Put(ctx context.Context, blocks []Block) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.change(func() error {
		if err := s.check(); err != nil {
			return err
		}
		return s.put(blocks)
	})
}

// SetRef implements Refs.
func (s memorySession) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return s.Commit(ctx, nil, name, old, next)
}

// Commit implements Committer.
func (s memorySession) Commit(ctx context.Context, blocks []Block, ref string, old, next cid.Cid) error {
	if err := errors.Join(ctx.Err(), CheckRefName(ref)); err != nil {
		return err
	}
	return s.change(func() error {
		if err := s.check(); err != nil {
			return err
		}
		return s.commit(blocks, ref, old, next)
	})
}

func (s memorySession) check() error {
	if s.Memory.epoch != s.epoch {
		return fmt.Errorf("garbage was removed meanwhile: %w", ErrConflict)
	}
	return nil
}

// Size implements Sizer.
func (m *Memory) Size(ctx context.Context, id cid.Cid) (int64, error) {
	b, err := m.Get(ctx, id)
	return int64(len(b.data)), err
}
