package cas

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/ipfs/go-cid"
)

// AbsentRef names the list of what was removed from a store although blocks that were kept link to it: the old
// history, when only the newest was to be kept. Where the list has no entries there is no such ref.
const AbsentRef = "gc/absent"

// Absent are names of blocks that may be missing on purpose.
type Absent map[cid.Cid]struct{}

// ReadAbsent reads the list of a store; it is empty where nothing is missing on purpose.
func ReadAbsent(ctx context.Context, s RefStore) (Absent, error) {
	id, err := s.Ref(ctx, AbsentRef)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b, err := s.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("ref %s: %w", AbsentRef, err)
	}
	a := Absent{}
	r := dagcbor.NewReader(b.data)
	for n := r.Array(); n > 0 && r.Err() == nil; n-- {
		id, err := cid.Cast(r.Bytes())
		if err != nil && r.Err() == nil {
			r.Fail("not a CID")
		}
		a[id] = struct{}{}
	}
	if err := r.Done(); err != nil {
		return nil, &CorruptError{CID: id, Reason: fmt.Sprintf("ref %s: not a list of CIDs: %v", AbsentRef, err)}
	}
	return a, nil
}

// Has tells whether id may be missing.
func (a Absent) Has(id cid.Cid) bool {
	_, ok := a[id]
	return ok
}

// Block is the list as it is stored: an array of CIDs, in order, as bytes and not as links.
func (a Absent) Block() Block {
	ids := make([][]byte, 0, len(a))
	for id := range a {
		ids = append(ids, id.Bytes())
	}
	slices.SortFunc(ids, bytes.Compare)
	dst := dagcbor.AppendArray(nil, len(ids))
	for _, id := range ids {
		dst = dagcbor.AppendBytes(dst, id)
	}
	return NewBlock(DagCBOR, dst)
}

// WriteAbsent makes a the list of a store.
func WriteAbsent(ctx context.Context, s RefStore, a Absent) error {
	old, err := s.Ref(ctx, AbsentRef)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	next, blocks := cid.Undef, []Block(nil)
	if len(a) > 0 {
		b := a.Block()
		next, blocks = b.id, []Block{b}
	}
	if next == old {
		return nil
	}
	return Commit(ctx, s, blocks, AbsentRef, old, next)
}

// Missing is what Walk and Verify need not look for: blocks of the list that are not there either.
func (a Absent) Missing(ctx context.Context, s Store) func(cid.Cid) bool {
	return func(id cid.Cid) bool {
		if !a.Has(id) {
			return false
		}
		ok, err := s.Has(ctx, id)
		return err == nil && !ok
	}
}
