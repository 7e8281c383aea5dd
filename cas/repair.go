package cas

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/ipfs/go-cid"
)

// Repaired is what a Repair has found and mended.
type Repaired struct {
	Verified           // what was read; its Faults are of blocks that neither store has
	Mended   []cid.Cid // blocks that were missing or damaged and that the other store has
}

// Repair reads every block that roots reach and takes from another store those that are missing or damaged. Blocks for which skip is true may be
// missing. dryRun only looks. progress is told as by Verify.
//
// A damaged block is forgotten before it is stored again, which only a Collector can. Where that fails the error says so, and the block
// is as damaged as before.
func Repair(ctx context.Context, s RefStore, from Getter, roots []cid.Cid, skip func(cid.Cid) bool, dryRun bool, progress func(Verified)) (Repaired, error) {
	both := fallback{first: s, second: from}
	found, err := Verify(ctx, &both, roots, skip, progress)
	done := Repaired{Verified: found, Mended: both.taken}
	if err != nil || dryRun {
		return done, err
	}
	slices.Reverse(done.Mended) // the walk went down, and children are put first
	for batch := range slices.Chunk(done.Mended, fetchBatch) {
		if err := mend(ctx, s, from, batch); err != nil {
			return done, fmt.Errorf("repair: %w", err)
		}
	}
	return done, nil
}

// fallback reads from one store what another has not, and notes what that was.
type fallback struct {
	first, second Getter
	mu            sync.Mutex
	taken         []cid.Cid
}

func (f *fallback) Get(ctx context.Context, id cid.Cid) (Block, error) {
	b, err := f.first.Get(ctx, id)
	if err == nil || !damage(err) {
		return b, err
	}
	b, serr := f.second.Get(ctx, id)
	if serr != nil {
		if damage(serr) {
			return Block{}, err
		}
		return Block{}, fmt.Errorf("the store to repair from: %w", serr)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.taken = append(f.taken, id)
	return b, nil
}

// mend stores blocks of from in s, in place of damaged ones where there are such.
func mend(ctx context.Context, s RefStore, from Getter, ids []cid.Cid) error {
	blocks := make([]Block, len(ids))
	for i, id := range ids {
		var err error
		if blocks[i], err = from.Get(ctx, id); err != nil {
			return err
		}
	}
	if err := s.Put(ctx, blocks); err != nil {
		return err
	}
	damaged := map[cid.Cid]bool{}
	for _, id := range ids {
		var corrupt *CorruptError
		if _, err := s.Get(ctx, id); errors.As(err, &corrupt) {
			damaged[id] = true
		} else if err != nil {
			return err
		}
	}
	if len(damaged) == 0 {
		return nil
	}
	if err := forget(ctx, s, damaged); err != nil {
		return err
	}
	return s.Put(ctx, blocks)
}

// forget removes damaged blocks.
func forget(ctx context.Context, s RefStore, damaged map[cid.Cid]bool) error {
	if f, ok := As[Forgetter](s); ok {
		return f.Forget(ctx, slices.Collect(maps.Keys(damaged)))
	}
	c, ok := As[Collector](s)
	if !ok {
		return fmt.Errorf("%d damaged blocks: this kind of store cannot forget them: %w", len(damaged), ErrUnsupported)
	}
	_, err := c.Collect(ctx, false, func(context.Context, []Ref, []cid.Cid) (func(cid.Cid) bool, error) {
		return func(id cid.Cid) bool { return !damaged[id] }, nil
	})
	return err
}
