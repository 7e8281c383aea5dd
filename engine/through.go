package engine

import (
	"context"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// through is a store that is read where the source has the same, and written to where the target is.
type through struct {
	cas.RefStore // the target
	from         cas.RefStore

	told         Sent // before
	sent         cas.Copied
	transactions int
	tell         func(Sent, cas.Copied, int)

	mu   sync.Mutex
	read map[cid.Cid][]cid.Cid // blocks with links that were read since the last look, and these; nil: nobody wants to know
}

func newThrough(to, from cas.RefStore, told Sent, tell func(Sent, cas.Copied, int)) *through {
	t := &through{RefStore: to, from: from, told: told, tell: tell}
	if _, ok := cas.As[cas.Hinter](to); ok {
		t.read = map[cid.Cid][]cid.Cid{}
	}
	return t
}

// Unwrap is where it reads.
func (t *through) Unwrap() cas.RefStore { return t.from }

// Get implements cas.Getter.
func (t *through) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	b, err := t.from.Get(ctx, id)
	if err == nil {
		t.note(b)
	}
	return b, err
}

// throughMany is a through of which the source is asked for many blocks at once.
type throughMany struct {
	*through
	many cas.Batcher
}

// GetMany implements cas.Batcher.
func (t throughMany) GetMany(ctx context.Context, ids []cid.Cid, got func(i int, b cas.Block, err error)) error {
	return t.many.GetMany(ctx, ids, func(i int, b cas.Block, err error) {
		if err == nil {
			t.note(b)
		}
		got(i, b, err)
	})
}

// HasMany implements cas.Batcher.
func (t throughMany) HasMany(ctx context.Context, ids []cid.Cid) ([]bool, error) {
	return cas.HasMany(ctx, t.RefStore, ids)
}

// store is t as a store.
func (t *through) store() cas.RefStore {
	if b := batcherOf(t.from); b != nil {
		return throughMany{t, b}
	}
	return t
}

// note keeps in mind what was read of the trees.
func (t *through) note(b cas.Block) {
	if t.read == nil || b.CID().Type() != cas.DagCBOR {
		return
	}
	if links, err := b.Links(); err == nil && len(links) > 0 {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.read[b.CID()] = links
	}
}

// look reads in the target the old versions of the nodes that were changed, level by level. So it knows where their other children lie, and notes that with the
// new ones: else who reads these would have to look for them.
func (t *through) look(ctx context.Context) error {
	t.mu.Lock()
	read := t.read
	if read != nil {
		t.read = map[cid.Cid][]cid.Cid{}
	}
	t.mu.Unlock()
	below := map[cid.Cid]bool{}
	for _, links := range read {
		for _, id := range links {
			below[id] = true
		}
	}
	var level []cid.Cid
	for id := range read {
		if !below[id] {
			level = append(level, id)
		}
	}
	for len(level) > 0 {
		if err := cas.GetMany(ctx, t.RefStore, level, func(int, cas.Block, error) {}); err != nil {
			return err
		}
		var next []cid.Cid
		for _, id := range level {
			for _, child := range read[id] {
				if below[child] && read[child] != nil {
					below[child] = false
					next = append(next, child)
				}
			}
		}
		level = next
	}
	return nil
}

// Put implements cas.Store. Of much at once a part may be there, since an interrupted push has sent it.
func (t *through) Put(ctx context.Context, blocks []cas.Block) error {
	if len(blocks) == 0 {
		return nil
	}
	blocks, err := t.missing(ctx, blocks)
	if err == nil {
		err = t.look(ctx)
	}
	if err == nil {
		err = t.RefStore.Put(ctx, blocks)
	}
	if err != nil {
		return err
	}
	t.count(blocks)
	return nil
}

// missing leaves out what is there, where it is worth while to ask.
func (t *through) missing(ctx context.Context, blocks []cas.Block) ([]cas.Block, error) {
	size := 0
	ids := make([]cid.Cid, len(blocks))
	for i, b := range blocks {
		size += len(b.Data())
		ids[i] = b.CID()
	}
	if size < maxBatch {
		return blocks, nil
	}
	there, err := cas.HasMany(ctx, t.RefStore, ids)
	if err != nil {
		return nil, err
	}
	var missing []cas.Block
	for i, b := range blocks {
		if !there[i] {
			missing = append(missing, b)
		}
	}
	return missing, nil
}

// count notes what was sent.
func (t *through) count(blocks []cas.Block) {
	for _, b := range blocks {
		t.sent.Blocks, t.sent.Bytes = t.sent.Blocks+1, t.sent.Bytes+int64(len(b.Data()))
	}
	t.tell(t.told, t.sent, t.transactions)
}
