package cas

import (
	"context"
	"errors"

	"github.com/ipfs/go-cid"
)

// Collector is a store from which garbage can be removed while others read it and write into it.
// What is garbage is for the caller to say.
type Collector interface {
	// Collect removes the blocks that mark does not keep, parents before their children: when it fails or is
	// interrupted, at any point, whoever has a block still has all that it links to. thorough leaves no byte
	// of them in the storage; else some may stay where little would be gained, but not as blocks.
	Collect(ctx context.Context, thorough bool, mark Mark) (Collected, error)
	// Pin keeps mark informed that somebody reads what ids reach, until unpin is called or the process ends.
	// The error wraps ErrNotFound when one of ids is not there (any more).
	Pin(ctx context.Context, ids ...cid.Cid) (unpin func(), err error)
	Beginner
}

// Beginner is a store from which garbage may be removed, by whomever.
type Beginner interface {
	// Begin is the store as one writer sees it from now to the move of a ref: it fails with ErrConflict once garbage was removed since.
	// What the writer has put but not yet linked to a ref may have been removed then, and what it did not put because it was there.
	Begin() RefStore
}

// Mark tells what to keep, given where all refs point and what is pinned. Nothing of that changes while it runs for the last time, and
// it may read the store. It may be asked more than once. Refs that are set afterwards point at what it kept or at what their writers have put.
type Mark func(ctx context.Context, refs []Ref, pins []cid.Cid) (keep func(cid.Cid) bool, err error)

// Collected is what a Collect has removed.
type Collected struct {
	Blocks int
	Bytes  int64 // by which the storage is smaller
}

// Sizer is a store that knows what a block costs in the storage, its name included.
type Sizer interface {
	Size(ctx context.Context, id cid.Cid) (bytes int64, err error)
}

// Totals are how much a store holds.
type Totals struct {
	Blocks int64 // that can be read
	Raw    int64 // bytes of all blocks before compression
	Disk   int64 // bytes that the storage takes, with all that the store keeps besides blocks
}

// Begin is s for one writer, where it is a Beginner; else s.
func Begin(s RefStore) RefStore {
	if c, ok := As[Beginner](s); ok {
		return c.Begin()
	}
	return s
}

// SizeOf is what a block costs in the storage, or its length where the store does not know.
func SizeOf(ctx context.Context, s Store, id cid.Cid) (int64, error) {
	if z, ok := As[Sizer](s); ok {
		return z.Size(ctx, id)
	}
	b, err := s.Get(ctx, id)
	return int64(len(b.data)), err
}

// ManySizer is a Sizer that is asked about many blocks in less time than about one after the other.
type ManySizer interface {
	// SizeMany is what Size would tell of each of ids; -1 for what is not there.
	SizeMany(ctx context.Context, ids []cid.Cid) ([]int64, error)
}

// SizesOf is SizeOf of many blocks; -1 for what is not there.
func SizesOf(ctx context.Context, s Store, ids []cid.Cid) ([]int64, error) {
	if z, ok := As[ManySizer](s); ok {
		return z.SizeMany(ctx, ids)
	}
	sizes := make([]int64, len(ids))
	for i, id := range ids {
		size, err := SizeOf(ctx, s, id)
		if errors.Is(err, ErrNotFound) {
			size, err = -1, nil
		}
		if err != nil {
			return nil, err
		}
		sizes[i] = size
	}
	return sizes, nil
}

// Forgetter is a store that can remove damaged blocks, by name, so that they can be stored again.
type Forgetter interface {
	// Forget removes blocks that Get has reported to be corrupt.
	Forget(ctx context.Context, ids []cid.Cid) error
}

// Soloist is a store whose processes can agree on which of them does something that several should not do at once.
type Soloist interface {
	// Sole tells whether the caller may do it; then nobody else may until done is called or the process ends. It does not wait. Processes that
	// stand still for long may be taken for ended.
	Sole(ctx context.Context, what string) (done func(), ok bool, err error)
}

// Grower is a Collector that stores what is new in a form that takes more room than what a Collect makes of it.
type Grower interface {
	// Growth is how many bytes were stored since the last Collect, and how many the rest takes.
	Growth() (fresh, rest int64)
}
