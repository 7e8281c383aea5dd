//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
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

	mu       sync.Mutex
	wanted   map[cid.Cid][]chan<- arrived // not yet asked for
	fetching bool                         // somebody asks for them
	unkept   map[cid.Cid]cas.Block        // fetched, but not yet stored
	keeping  bool                         // somebody stores them
}

// arrived is what became of a block that was asked for.
type arrived struct {
	block cas.Block
	err   error
}

func newPartial(s *casidb.Store) (*partial, error) {
	far, err := cashttp.Open(s.From(), cashttp.Options{})
	return &partial{Store: s, far: far, wanted: map[cid.Cid][]chan<- arrived{}, unkept: map[cid.Cid]cas.Block{}}, err
}

// Get implements cas.Getter.
func (p *partial) Get(ctx context.Context, id cid.Cid) (cas.Block, error) { return one(ctx, p, id) }

// one asks for many, of which there is one.
func one(ctx context.Context, from cas.Batcher, id cid.Cid) (b cas.Block, err error) {
	failed := from.GetMany(ctx, []cid.Cid{id}, func(_ int, got cas.Block, e error) { b, err = got, e })
	if failed != nil {
		return cas.Block{}, failed
	}
	return b, err
}

// GetMany implements cas.Batcher. What is not here is asked for together with what others want meanwhile.
func (p *partial) GetMany(ctx context.Context, ids []cid.Cid, got func(i int, b cas.Block, err error)) error {
	if p.From() == "" { // it is a whole one by now
		return p.Store.GetMany(ctx, ids, got)
	}
	coming := map[int]<-chan arrived{}
	err := p.Store.GetMany(ctx, ids, func(i int, b cas.Block, err error) {
		if errors.Is(err, cas.ErrNotFound) {
			fetched, ok := p.fetched(ids[i])
			if !ok {
				coming[i] = p.want(ids[i])
				return
			}
			b, err = fetched, nil
		}
		got(i, b, err)
	})
	if err != nil {
		return err
	}
	for i, c := range coming {
		select {
		case a := <-c:
			got(i, a.block, a.err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// want asks for a block: at once, or with others when the request that is under way has been answered.
func (p *partial) want(id cid.Cid) <-chan arrived {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := make(chan arrived, 1)
	p.wanted[id] = append(p.wanted[id], c)
	if !p.fetching {
		p.fetching = true
		go p.fetch()
	}
	return c
}

// fetch asks for what is wanted until nothing is.
func (p *partial) fetch() {
	for {
		runtime.Gosched() // who wants more at this moment is to be in the first request too
		p.mu.Lock()
		wanted := p.wanted
		p.wanted = map[cid.Cid][]chan<- arrived{}
		p.fetching = len(wanted) > 0
		p.mu.Unlock()
		if len(wanted) == 0 {
			return
		}
		p.ask(wanted)
	}
}

func (p *partial) ask(wanted map[cid.Cid][]chan<- arrived) {
	ids := slices.Collect(maps.Keys(wanted))
	answer := func(id cid.Cid, a arrived) {
		for _, c := range wanted[id] {
			c <- a
		}
		delete(wanted, id)
	}
	err := p.far.GetMany(context.Background(), ids, func(i int, b cas.Block, err error) {
		if err == nil {
			p.keep(b)
		}
		answer(ids[i], arrived{b, err})
	})
	for id := range wanted {
		answer(id, arrived{err: fmt.Errorf("block %s is not in the partial replica %s: %w", id, p.Name(), err)})
	}
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
		p.keeping = len(batch) > 0 && p.From() != "" // a whole one must not have what links to something missing
		p.mu.Unlock()
		if len(batch) == 0 || p.From() == "" {
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
