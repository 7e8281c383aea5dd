//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/cas/casidb"
	"github.com/ipfs/go-cid"
)

// partial is a store of this browser that fetches what it is asked for and has not, and keeps it. What it does not have yet counts as
// there: the server has it.
type partial struct {
	*casidb.Store
	far *cashttp.Client

	mu      sync.Mutex
	unkept  map[cid.Cid]cas.Block // fetched, but not yet stored
	keeping bool                  // somebody stores them
}

func newPartial(s *casidb.Store) (*partial, error) {
	far, err := cashttp.Open(s.From(), cashttp.Options{})
	return &partial{Store: s, far: far, unkept: map[cid.Cid]cas.Block{}}, err
}

// Get implements cas.Getter.
func (p *partial) Get(ctx context.Context, id cid.Cid) (b cas.Block, err error) {
	failed := p.GetMany(ctx, []cid.Cid{id}, func(_ int, got cas.Block, e error) { b, err = got, e })
	if failed != nil {
		return cas.Block{}, failed
	}
	return b, err
}

// GetMany implements cas.Batcher: what is not here is asked for at once.
func (p *partial) GetMany(ctx context.Context, ids []cid.Cid, got func(i int, b cas.Block, err error)) error {
	var missing []cid.Cid
	var places []int
	err := p.Store.GetMany(ctx, ids, func(i int, b cas.Block, err error) {
		if errors.Is(err, cas.ErrNotFound) {
			fetched, ok := p.fetched(ids[i])
			if !ok {
				missing, places = append(missing, ids[i]), append(places, i)
				return
			}
			b, err = fetched, nil
		}
		got(i, b, err)
	})
	if err != nil || len(missing) == 0 {
		return err
	}
	answered := 0
	err = p.far.GetMany(ctx, missing, func(i int, b cas.Block, err error) {
		if err == nil {
			p.keep(b)
		}
		answered++
		got(places[i], b, err)
	})
	if errors.Is(err, cas.ErrUnavailable) {
		return fmt.Errorf("%d blocks are not in the partial replica %s, %s among them: %w", len(missing)-answered, p.Name(), missing[0], err)
	}
	return err
}

func (p *partial) fetched(id cid.Cid) (cas.Block, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, ok := p.unkept[id]
	return b, ok
}

// keep stores a block soon, with others that come meanwhile: a transaction for each would take longer than the network.
func (p *partial) keep(b cas.Block) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unkept[b.CID()] = b
	if !p.keeping {
		p.keeping = true
		go p.store()
	}
}

func (p *partial) store() {
	for {
		p.mu.Lock()
		var batch []cas.Block
		for _, b := range p.unkept {
			batch = append(batch, b)
		}
		p.keeping = len(batch) > 0
		p.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		_ = p.Put(context.Background(), batch) // without room, or a database, it is fetched again when it is wanted again
		p.mu.Lock()
		for _, b := range batch {
			delete(p.unkept, b.CID())
		}
		p.mu.Unlock()
	}
}

// Close ends the connection to the server too.
func (p *partial) Close() error { return errors.Join(p.far.Close(), p.Store.Close()) }
