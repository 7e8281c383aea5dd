package cas

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/ipfs/go-cid"
)

// Memory is a store that lives and dies with the process.
type Memory struct {
	writing sync.Mutex // before mu, by all who change something; blocks can be read meanwhile
	mu      sync.RWMutex
	blocks  map[cid.Cid]Block
	refs    map[string]cid.Cid
	pins    map[cid.Cid]int // how often each is pinned
	epoch   uint64          // how often garbage was removed
}

var (
	_ RefStore  = (*Memory)(nil)
	_ Committer = (*Memory)(nil)
	_ Collector = (*Memory)(nil)
	_ Sizer     = (*Memory)(nil)
)

// NewMemory makes an empty store.
func NewMemory() *Memory {
	return &Memory{blocks: map[cid.Cid]Block{}, refs: map[string]cid.Cid{}, pins: map[cid.Cid]int{}}
}

// Get implements Getter.
func (m *Memory) Get(ctx context.Context, id cid.Cid) (Block, error) {
	if err := ctx.Err(); err != nil {
		return Block{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if b, ok := m.blocks[id]; ok {
		return b, nil
	}
	return Block{}, fmt.Errorf("block %s: %w", id, ErrNotFound)
}

// Has implements Store.
func (m *Memory) Has(ctx context.Context, id cid.Cid) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, ok := m.blocks[id]
	return ok, nil
}

// Put implements Store.
func (m *Memory) Put(ctx context.Context, blocks []Block) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return m.change(func() error { return m.put(blocks) })
}

// change runs what writes.
func (m *Memory) change(do func() error) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	return do()
}

func (m *Memory) put(blocks []Block) error {
	for _, b := range blocks {
		if !b.CID().Defined() {
			return errors.New("a block without a CID cannot be stored: make it with NewBlock or Check")
		}
		if _, ok := m.blocks[b.CID()]; !ok {
			m.blocks[b.CID()] = b
		}
	}
	return nil
}

// All implements Store. What is put or deleted meanwhile may or may not be listed.
func (m *Memory) All(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		m.mu.RLock()
		ids := slices.Collect(maps.Keys(m.blocks))
		m.mu.RUnlock()
		for _, id := range ids {
			if err := ctx.Err(); err != nil {
				yield(cid.Undef, err)
				return
			}
			if !yield(id, nil) {
				return
			}
		}
	}
}

// Ref implements Refs.
func (m *Memory) Ref(ctx context.Context, name string) (cid.Cid, error) {
	if err := errors.Join(ctx.Err(), CheckRefName(name)); err != nil {
		return cid.Undef, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if id, ok := m.refs[name]; ok {
		return id, nil
	}
	return cid.Undef, fmt.Errorf("ref %s: %w", name, ErrNotFound)
}

// SetRef implements Refs.
func (m *Memory) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return m.Commit(ctx, nil, name, old, next)
}

// Commit implements Committer. Where the ref has moved no block is stored.
func (m *Memory) Commit(ctx context.Context, blocks []Block, ref string, old, next cid.Cid) error {
	if err := errors.Join(ctx.Err(), CheckRefName(ref)); err != nil {
		return err
	}
	return m.change(func() error { return m.commit(blocks, ref, old, next) })
}

func (m *Memory) commit(blocks []Block, ref string, old, next cid.Cid) error {
	if m.refs[ref] != old {
		return fmt.Errorf("ref %s: %w", ref, ErrConflict)
	}
	if err := m.put(blocks); err != nil {
		return err
	}
	if next.Defined() {
		m.refs[ref] = next
	} else {
		delete(m.refs, ref)
	}
	return nil
}

// Refs implements Refs.
func (m *Memory) Refs(ctx context.Context) ([]Ref, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return m.allRefs(), nil
}

func (m *Memory) allRefs() []Ref {
	m.mu.RLock()
	defer m.mu.RUnlock()
	refs := make([]Ref, 0, len(m.refs))
	for name, id := range m.refs {
		refs = append(refs, Ref{Name: name, CID: id})
	}
	slices.SortFunc(refs, func(a, b Ref) int { return cmp.Compare(a.Name, b.Name) })
	return refs
}
