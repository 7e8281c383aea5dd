//go:build js && wasm

package casidb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"syscall/js"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// From is the URL that a partial store is of; "" for one that has all that its blocks link to.
func (s *Store) From() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from
}

// errWhole says that another tab has brought what was missing. What was to be written would leave gaps again, so it is not.
var errWhole = fmt.Errorf("another tab has made a whole replica of the partial one: %w", cas.ErrConflict)

// write is run for what changes a store. One that this tab takes to be partial may be whole by now: then the error wraps
// cas.ErrConflict, nothing was written, and From says so.
func (s *Store) write(ctx context.Context, what string, stores []string, place func(tx *transaction)) error {
	if s.From() == "" {
		return s.run(ctx, what, "readwrite", stores, place)
	}
	err := s.run(ctx, what, "readwrite", append(stores, meta), func(tx *transaction) {
		tx.then(tx.store(meta).Call("get", "from"), func(from js.Value) {
			if from.IsUndefined() {
				tx.giveUp(errWhole)
				return
			}
			place(tx)
		})
	})
	if errors.Is(err, errWhole) {
		s.mu.Lock()
		s.from = ""
		s.mu.Unlock()
	}
	return err
}

// MakeWhole has a partial store be a whole one, given the refs that it has and all blocks that these lead to, which have to be there. Blocks of which what
// they link to need not be there go. It is one transaction; the error wraps cas.ErrConflict when a ref has moved meanwhile.
func (s *Store) MakeWhole(ctx context.Context, at []cas.Ref, reached func(cid.Cid) bool) error {
	if s.From() == "" {
		return nil
	}
	err := s.write(ctx, "make whole", []string{blocks, refs}, func(tx *transaction) {
		for _, r := range at {
			tx.then(tx.store(refs).Call("get", r.Name), func(now js.Value) {
				if b, ok := toGo(now); !ok || !bytes.Equal(b, r.CID.Bytes()) {
					tx.giveUp(fmt.Errorf("ref %s: %w", r.Name, cas.ErrConflict))
				}
			})
		}
		tx.then(tx.store(refs).Call("count"), func(n js.Value) {
			if n.Int() != len(at) {
				tx.giveUp(fmt.Errorf("refs: %w", cas.ErrConflict))
			}
		})
		tx.dropOthers(js.Undefined(), reached)
		tx.store(meta).Call("delete", "from")
	})
	if errors.Is(err, errWhole) { // which is what was wanted
		return nil
	}
	if err == nil {
		s.mu.Lock()
		s.from = ""
		s.mu.Unlock()
	}
	return err
}

// dropOthers removes the blocks behind a name that are not to be kept.
func (tx *transaction) dropOthers(after js.Value, keep func(cid.Cid) bool) {
	store, only := tx.store(blocks), after
	if after.Truthy() {
		only = js.Global().Get("IDBKeyRange").Call("lowerBound", after, true)
	}
	tx.then(store.Call("getAllKeys", only, allBatch), func(keys js.Value) {
		n := keys.Length()
		for i := range n {
			b, _ := toGo(keys.Index(i))
			if id, err := cid.Cast(b); err != nil || !keep(id) {
				store.Call("delete", keys.Index(i))
			}
		}
		if n == allBatch {
			tx.dropOthers(keys.Index(n-1), keep)
		}
	})
}
