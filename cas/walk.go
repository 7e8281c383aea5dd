package cas

import (
	"context"
	"iter"
	"slices"

	"github.com/ipfs/go-cid"
)

// Walk yields every block that roots reach over links, each once: the roots,
// then what they link to, and so on, a level at a time. Blocks for which skip
// is true are neither read nor descended into; a nil skip skips none. It is
// asked once for each CID and never concurrently.
//
// Blocks are fetched several at a time and few are held, but the CIDs of all
// that was seen stay in memory. The first error ends the walk.
func Walk(ctx context.Context, g Getter, roots []cid.Cid, skip func(cid.Cid) bool) iter.Seq2[Block, error] {
	return func(yield func(Block, error) bool) {
		w := walk{
			from:  g,
			skip:  skip,
			fatal: func(error) bool { return true },
			visit: func(_ cid.Cid, f fetched) bool { return yield(f.block, nil) },
		}
		if err := w.run(ctx, roots); err != nil {
			yield(Block{}, err)
		}
	}
}

// walk goes down from roots, level by level.
type walk struct {
	from  Getter
	skip  func(cid.Cid) bool
	fatal func(error) bool                 // whether failing to fetch a block ends the walk
	visit func(id cid.Cid, f fetched) bool // called with each block, or with an error that is not fatal; false ends the walk
	via   map[cid.Cid]cid.Cid              // everything seen, and the block that it was first seen in
}

func (w *walk) run(ctx context.Context, roots []cid.Cid) error {
	w.via = map[cid.Cid]cid.Cid{}
	for level := w.unseen(nil, cid.Undef, roots); len(level) > 0; {
		var next []cid.Cid
		for ids := range slices.Chunk(level, fetchBatch) {
			batch, err := fetchMany(ctx, w.from, ids, w.fatal)
			if err != nil {
				return err
			}
			for i, f := range batch {
				if !w.visit(ids[i], f) {
					return nil
				}
				next = w.unseen(next, ids[i], f.links)
			}
		}
		level = next
	}
	return nil
}

// unseen appends to level those links of parent that are to be visited.
func (w *walk) unseen(level []cid.Cid, parent cid.Cid, links []cid.Cid) []cid.Cid {
	for _, id := range links {
		if _, seen := w.via[id]; seen {
			continue
		}
		w.via[id] = parent
		if w.skip == nil || !w.skip(id) {
			level = append(level, id)
		}
	}
	return level
}

// path is how id was reached: from a root down to the block that links to it.
func (w *walk) path(id cid.Cid) []cid.Cid {
	var path []cid.Cid
	for p := w.via[id]; p.Defined(); p = w.via[p] {
		path = append(path, p)
	}
	slices.Reverse(path)
	return path
}
