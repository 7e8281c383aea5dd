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

// Put implements cas.Store. It is one transaction.
func (s *Store) Put(ctx context.Context, batch []cas.Block) error {
	if err := check(batch); err != nil || len(batch) == 0 {
		return errors.Join(err, ctx.Err())
	}
	return s.write(ctx, "put blocks", []string{blocks}, func(tx *transaction) { tx.put(batch) })
}

// SetRef implements cas.Refs.
func (s *Store) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return s.Commit(ctx, nil, name, old, next)
}

// Commit implements cas.Committer: blocks and ref in one transaction. Where the ref has moved no block is stored.
func (s *Store) Commit(ctx context.Context, batch []cas.Block, ref string, old, next cid.Cid) error {
	if err := errors.Join(ctx.Err(), cas.CheckRefName(ref), check(batch)); err != nil {
		return err
	}
	err := s.write(ctx, "ref "+ref, []string{blocks, refs}, func(tx *transaction) {
		tx.then(tx.store(refs).Call("get", ref), func(at js.Value) {
			if b, ok := toGo(at); ok != old.Defined() || !bytes.Equal(b, old.Bytes()) {
				tx.giveUp(fmt.Errorf("ref %s: %w", ref, cas.ErrConflict))
				return
			}
			tx.put(batch)
			if next.Defined() {
				tx.store(refs).Call("put", toJS(next.Bytes()), ref)
			} else {
				tx.store(refs).Call("delete", ref)
			}
		})
	})
	if err == nil {
		announce(s.name)
	}
	return err
}

// put stores blocks. One that is there has the same bytes.
func (tx *transaction) put(batch []cas.Block) {
	store := tx.store(blocks)
	for _, b := range batch {
		store.Call("put", toJS(b.Data()), toJS(b.CID().Bytes()))
	}
}

func check(batch []cas.Block) error {
	for _, b := range batch {
		if !b.CID().Defined() {
			return errors.New("a block without a CID cannot be stored: make it with NewBlock or Check")
		}
	}
	return nil
}
