package engine

import (
	"bytes"
	"context"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// batcherOf is g where it is asked for many blocks at once, and nil where it gains nothing by that.
func batcherOf(g cas.Getter) cas.Batcher {
	b, _ := cas.As[cas.Batcher](g)
	return b
}

// GetMany implements cas.Batcher where the store does; what is missing is not healed.
func (c counted) GetMany(ctx context.Context, ids []cid.Cid, got func(i int, b cas.Block, err error)) error {
	return c.batch.GetMany(ctx, ids, func(i int, b cas.Block, err error) {
		c.count(ctx, b, err)
		got(i, b, err)
	})
}

// HasMany implements cas.Batcher.
func (c counted) HasMany(ctx context.Context, ids []cid.Cid) ([]bool, error) {
	return c.batch.HasMany(ctx, ids)
}

// fewSteps is how long a tail is at least to be read ahead.
const fewSteps = 3

// ahead reads the blocks of c's tail, and the snapshot below it, in few requests instead of one after the other: along
// with the parent of each commit its jump, so that the number of requests grows with the logarithm of the tail's length. Transactions come last, and at once: commits may be
// at hand, and a few transactions among them that are not would be waited for one after the other. The result has what was read so, and gets the rest from e.
func ahead(ctx context.Context, e *env, c Commit) cas.Getter {
	if e.batch == nil || c.Tail < fewSteps {
		return e
	}
	r := &readAhead{Getter: e, blocks: map[cid.Cid]cas.Block{}}
	from := c.T - uint64(c.Tail)
	next := append([]cid.Cid{c.Base}, r.below(c, from)...)
	for len(next)+len(r.txs) > 0 {
		ids := next
		if next = nil; len(ids) == 0 {
			ids, r.txs = r.txs, nil
		}
		err := e.batch.GetMany(ctx, ids, func(i int, b cas.Block, err error) {
			if err != nil {
				return // whoever needs it is told
			}
			r.blocks[b.CID()] = b
			if c, err := parseCommit(b); err == nil {
				next = append(next, r.below(c, from)...)
			}
		})
		if err != nil {
			break
		}
	}
	return r
}

// ahead reads what the trees have of the entities of steps, where the store is asked for many blocks at once.
func (s *state) ahead(ctx context.Context, steps []step) {
	n := 0
	for _, st := range steps {
		n += len(st.datoms)
	}
	if s.env.batch == nil || n > maxNovel { // of more, the nodes would drive each other out of the cache
		return
	}
	var keys [][]byte
	for _, st := range steps {
		for i := range st.datoms {
			keys = append(keys, datomLayout{order: EAVT}.appendKey(nil, st.datoms[i]))
		}
	}
	slices.SortFunc(keys, bytes.Compare)
	for _, t := range []tree{s.trees.eavt.now, s.trees.eavt.was} {
		t.Ahead(ctx, len(keys), func(i int) []byte { return keys[i] })
	}
}

// readAhead is a store of which some blocks are there already.
type readAhead struct {
	cas.Getter
	blocks map[cid.Cid]cas.Block // the zero Block: asked for
	txs    []cid.Cid             // of the commits that were read, to be asked for
}

// below are the commits to be read after one, back to the one of transaction from. It notes the transaction of c.
func (r *readAhead) below(c Commit, from uint64) (ids []cid.Cid) {
	if c.T <= from {
		return nil
	}
	r.txs = append(r.txs, c.Tx)
	var want []cid.Cid
	if c.T-1 > from {
		want = append(want, c.parent())
	}
	if jumpT(c.T) > from {
		want = append(want, c.jump)
	}
	for _, id := range want {
		if _, ok := r.blocks[id]; !ok && id.Defined() {
			r.blocks[id] = cas.Block{}
			ids = append(ids, id)
		}
	}
	return ids
}

// Get implements cas.Getter.
func (r *readAhead) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	if b := r.blocks[id]; b.CID().Defined() {
		return b, nil
	}
	return r.Getter.Get(ctx, id)
}
