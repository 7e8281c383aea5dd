//go:build js && wasm

package casidb

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"syscall/js"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

const (
	askBatch = 1000 // blocks of one transaction
	allBatch = 5000 // names of one transaction
)

// run does one transaction on the connection there is. Where that has ended meanwhile it connects anew.
func (s *Store) run(ctx context.Context, what, mode string, stores []string, place func(tx *transaction)) error {
	for tries := 1; ; tries++ {
		c, err := s.connection(ctx)
		if err != nil {
			return err
		}
		err = transact(ctx, c, mode, stores, place)
		if tries < maxTries && (errors.Is(err, errNotBegun) || mode == "readonly" && again(err)) {
			s.lose(c)
			continue
		}
		return s.failed(what, err)
	}
}

// ask places a request of the store of blocks for each of ids, and returns their results. Names that no block can have are left out.
func (s *Store) ask(ctx context.Context, what, method string, ids []cid.Cid) ([]js.Value, error) {
	results := make([]js.Value, len(ids))
	for first := 0; first < len(ids); first += askBatch {
		part := results[first:min(len(ids), first+askBatch)]
		err := s.run(ctx, what, "readonly", []string{blocks}, func(tx *transaction) {
			store := tx.store(blocks)
			for i := range part {
				if id := ids[first+i]; cas.CheckCID(id) == nil {
					part[i] = store.Call(method, toJS(id.Bytes()))
				}
			}
		})
		if err != nil {
			return nil, err
		}
		for i, request := range part {
			if !request.IsUndefined() {
				part[i] = request.Get("result")
			}
		}
	}
	return results, ctx.Err()
}

// Get implements cas.Getter. The bytes are hashed: what another script has changed is no block.
func (s *Store) Get(ctx context.Context, id cid.Cid) (b cas.Block, err error) {
	failed := s.GetMany(ctx, []cid.Cid{id}, func(_ int, got cas.Block, e error) { b, err = got, e })
	if failed != nil {
		return cas.Block{}, failed
	}
	return b, err
}

// GetMany implements cas.Batcher with a transaction for each 1,000 blocks.
func (s *Store) GetMany(ctx context.Context, ids []cid.Cid, got func(i int, b cas.Block, err error)) error {
	for first := 0; first < len(ids); first += askBatch {
		batch := ids[first:min(len(ids), first+askBatch)]
		found, err := s.ask(ctx, "get blocks", "get", batch)
		if err != nil {
			return err
		}
		for i, v := range found {
			b, err := s.block(batch[i], v)
			got(first+i, b, err)
		}
	}
	return ctx.Err()
}

// block is what was found under a name.
func (s *Store) block(id cid.Cid, found js.Value) (cas.Block, error) {
	if err := cas.CheckCID(id); err != nil {
		return cas.Block{}, err
	}
	if found.IsUndefined() {
		return cas.Block{}, fmt.Errorf("block %s: %w in the store %s of this browser", id, cas.ErrNotFound, s.name)
	}
	data, ok := toGo(found)
	if !ok {
		return cas.Block{}, &cas.CorruptError{CID: id, Path: prefix + s.name, Reason: "it is no Uint8Array"}
	}
	b, err := cas.Check(id, data)
	var corrupt *cas.CorruptError
	if errors.As(err, &corrupt) {
		corrupt.Path = prefix + s.name
	}
	return b, err
}

// Near implements cas.Near.
func (s *Store) Near() {}

// Has implements cas.Store.
func (s *Store) Has(ctx context.Context, id cid.Cid) (bool, error) {
	known, err := s.HasMany(ctx, []cid.Cid{id})
	return err == nil && known[0], err
}

// HasMany implements cas.Batcher with a transaction for each 1,000 names.
func (s *Store) HasMany(ctx context.Context, ids []cid.Cid) ([]bool, error) {
	found, err := s.ask(ctx, "look for blocks", "getKey", ids)
	if err != nil {
		return nil, err
	}
	known := make([]bool, len(ids))
	for i, v := range found {
		known[i] = !v.IsUndefined()
	}
	return known, nil
}

// All implements cas.Store, in the order of the names' bytes.
func (s *Store) All(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		after := js.Undefined()
		for {
			keys, err := s.keys(ctx, after)
			if err != nil {
				yield(cid.Undef, err)
				return
			}
			n := keys.Length()
			for i := range n {
				id, err := s.named(keys.Index(i), "blocks")
				if !yield(id, err) || err != nil {
					return
				}
			}
			if n < allBatch {
				return
			}
			after = keys.Index(n - 1)
		}
	}
}

// keys are the next keys of blocks.
func (s *Store) keys(ctx context.Context, after js.Value) (js.Value, error) {
	var request js.Value
	err := s.run(ctx, "list blocks", "readonly", []string{blocks}, func(tx *transaction) {
		only := after
		if after.Truthy() {
			only = js.Global().Get("IDBKeyRange").Call("lowerBound", after, true)
		}
		request = tx.store(blocks).Call("getAllKeys", only, allBatch)
	})
	if err != nil {
		return js.Value{}, err
	}
	return request.Get("result"), nil
}

// named is a CID that is stored.
func (s *Store) named(v js.Value, where string) (cid.Cid, error) {
	b, ok := toGo(v)
	id, err := cid.Cast(b)
	if !ok || err != nil {
		return cid.Undef, &cas.CorruptError{Path: prefix + s.name + ", " + where, Reason: "what should be a CID is none"}
	}
	return id, nil
}

// Ref implements cas.Refs.
func (s *Store) Ref(ctx context.Context, name string) (cid.Cid, error) {
	if err := errors.Join(ctx.Err(), cas.CheckRefName(name)); err != nil {
		return cid.Undef, err
	}
	var request js.Value
	err := s.run(ctx, "ref "+name, "readonly", []string{refs}, func(tx *transaction) { request = tx.store(refs).Call("get", name) })
	if err != nil {
		return cid.Undef, err
	}
	at := request.Get("result")
	if at.IsUndefined() {
		return cid.Undef, fmt.Errorf("ref %s: %w in the store %s of this browser", name, cas.ErrNotFound, s.name)
	}
	return s.named(at, "ref "+name)
}

// Refs implements cas.Refs.
func (s *Store) Refs(ctx context.Context) ([]cas.Ref, error) {
	var names, values js.Value
	err := s.run(ctx, "list refs", "readonly", []string{refs}, func(tx *transaction) {
		names, values = tx.store(refs).Call("getAllKeys"), tx.store(refs).Call("getAll")
	})
	if err != nil {
		return nil, err
	}
	names, values = names.Get("result"), values.Get("result")
	all := make([]cas.Ref, names.Length()) // IndexedDB sorts by UTF-16, in which names, being ASCII, sort as in bytes
	for i := range all {
		all[i].Name = names.Index(i).String()
		if all[i].CID, err = s.named(values.Index(i), "ref "+all[i].Name); err != nil {
			return nil, err
		}
	}
	return all, nil
}
