package datahike

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/ipfs/go-cid"
)

// InPlace is what the engine asks a store for, with each answer read from the store when it is asked for: an engine.Elsewhere. Its
// commits are what an import makes of those of the store, one for each transaction, under names of their own. It is safe for many goroutines.
type InPlace struct {
	src *Store
	// converted is the conversion of the store, and the commit in it that one of the store became. What is not read in place is read there:
	// transactions between the first and the last of a commit.
	converted func(ctx context.Context, id uuid.UUID) (cas.RefStore, cid.Cid, error)

	steps *lru.Cache[uuid.UUID, *step]
	mu    sync.Mutex
	names map[cid.Cid]moment
}

// moment is a transaction of a commit.
type moment struct {
	commit uuid.UUID
	tx     int64
}

// keptSteps is how many commits are remembered, without what is below them.
const keptSteps = 1 << 14

// NewInPlace reads src in place. converted may be nil, and is called when something is asked for that only a conversion tells.
func NewInPlace(src *Store, converted func(ctx context.Context, id uuid.UUID) (cas.RefStore, cid.Cid, error)) *InPlace {
	steps, _ := lru.New[uuid.UUID, *step](keptSteps)
	return &InPlace{src: src, converted: converted, steps: steps, names: map[cid.Cid]moment{}}
}

// name tells a commit of a transaction from all others.
func (c *Commit) name(tx int64) string { return fmt.Sprintf("%s%s t%d", mark, c.ID, tx-FirstTx) }

// id is what the engine calls a transaction of a commit.
func (p *InPlace) id(c *Commit, tx int64) cid.Cid {
	id := engine.ForeignID(c.name(tx))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.names[id] = moment{c.ID, tx}
	return id
}

// step is a commit of the store, and which of its parents it goes on from.
func (p *InPlace) step(ctx context.Context, id uuid.UUID) (*step, error) {
	if st, ok := p.steps.Get(id); ok {
		return st, nil
	}
	c, err := p.src.Commit(ctx, id)
	if err != nil {
		return nil, err
	}
	return p.with(ctx, c)
}

// with remembers a commit that was read.
func (p *InPlace) with(ctx context.Context, c *Commit) (*step, error) {
	if st, ok := p.steps.Get(c.ID); ok {
		return st, nil
	}
	c.Record = nil // it is large
	st, best := &step{Commit: c}, int64(-1)
	var there []uuid.UUID
	for _, id := range c.Parents {
		parent, err := p.light(ctx, id)
		if errors.Is(err, cas.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		there = append(there, id)
		if len(c.Parents) == 1 && parent.MaxTx > c.MaxTx {
			return nil, p.src.damaged(toKey(c.ID), "transaction %d comes from transaction %d", c.MaxTx, parent.MaxTx)
		}
		if n := st.nearness(parent); n > best {
			best, st.own = n, id
		}
	}
	st.other = slices.DeleteFunc(there, func(id uuid.UUID) bool { return id == st.own })
	p.steps.Add(c.ID, st)
	return st, nil
}

// light is a commit of which nobody needs the parents.
func (p *InPlace) light(ctx context.Context, id uuid.UUID) (*Commit, error) {
	if st, ok := p.steps.Get(id); ok {
		return st.Commit, nil
	}
	return p.src.Commit(ctx, id)
}

// before is the commit that a step goes on from, nil where there is none.
func (p *InPlace) before(ctx context.Context, st *step) (*Commit, error) {
	if st.own == (uuid.UUID{}) {
		return nil, nil
	}
	return p.light(ctx, st.own)
}

// last is what the engine calls a commit: it is its last transaction, or that of the commit before where it has none.
func (p *InPlace) last(ctx context.Context, c *Commit) (cid.Cid, error) {
	seen := map[uuid.UUID]bool{}
	for !seen[c.ID] {
		seen[c.ID] = true
		st, err := p.with(ctx, c)
		if err != nil {
			return cid.Undef, err
		}
		own, err := p.before(ctx, st)
		if err != nil {
			return cid.Undef, err
		}
		if own == nil || own.MaxTx < st.MaxTx {
			return p.id(st.Commit, st.MaxTx), nil
		}
		c = own
	}
	return cid.Undef, p.src.damaged(toKey(c.ID), "the commit comes from itself")
}

// moment is what an id of the engine stands for.
func (p *InPlace) moment(ctx context.Context, id cid.Cid) (m moment, ok bool, err error) {
	p.mu.Lock()
	m, ok = p.names[id]
	p.mu.Unlock()
	if ok || id.Prefix().Codec != cas.DagCBOR {
		return m, ok, nil
	}
	if err := p.nameAll(ctx); err != nil {
		return m, false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok = p.names[id]
	return m, ok, nil
}

// nameAll finds all transactions of all commits.
func (p *InPlace) nameAll(ctx context.Context) error {
	h, err := plan(ctx, p.src, func(uuid.UUID) bool { return false })
	if err != nil {
		return err
	}
	for _, st := range h.order {
		first, err := p.first(ctx, st)
		if err != nil {
			return err
		}
		for tx := first; tx <= st.MaxTx; tx++ {
			p.id(st.Commit, tx)
		}
	}
	return nil
}

// first is the first transaction of a commit; of one that goes on from none, the state before all.
func (p *InPlace) first(ctx context.Context, st *step) (int64, error) {
	own, err := p.before(ctx, st)
	if err != nil || own == nil {
		return FirstTx, err
	}
	if st.MaxTx-own.MaxTx > maxAtOnce {
		return 0, p.src.damaged(toKey(st.ID), "%d transactions in one commit", st.MaxTx-own.MaxTx)
	}
	return own.MaxTx + 1, nil
}

// ForeignCommit implements engine.Elsewhere.
func (p *InPlace) ForeignCommit(ctx context.Context, id cid.Cid) (c engine.Commit, ok bool, err error) {
	m, ok, err := p.moment(ctx, id)
	if err != nil || !ok {
		return c, false, err
	}
	st, err := p.step(ctx, m.commit)
	if err != nil {
		return c, false, err
	}
	first, err := p.first(ctx, st)
	if err != nil {
		return c, false, err
	}
	msg := mark + st.ID.String()
	if m.tx < st.MaxTx {
		msg = fmt.Sprintf("%sof %s", mark, st.ID)
	}
	if m.tx == FirstTx {
		return engine.NewForeignCommit(st.name(m.tx), 0, millis(st.At), "", nil), true, nil
	}
	parents, err := p.parents(ctx, st, m.tx, first)
	return engine.NewForeignCommit(st.name(m.tx), uint64(m.tx-FirstTx), millis(st.At), msg, parents), err == nil, err
}

// parents are those of a transaction of a commit.
func (p *InPlace) parents(ctx context.Context, st *step, tx, first int64) (parents []cid.Cid, err error) {
	from := []uuid.UUID{}
	if tx > first {
		parents = append(parents, p.id(st.Commit, tx-1))
	} else {
		from = append(from, st.own)
	}
	if tx == st.MaxTx {
		from = append(from, st.other...)
	}
	for _, id := range from {
		c, err := p.light(ctx, id)
		if err != nil {
			return nil, err
		}
		last, err := p.last(ctx, c)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(parents, last) {
			parents = append(parents, last)
		}
	}
	return parents, nil
}

// ForeignDB implements engine.Elsewhere.
func (p *InPlace) ForeignDB(ctx context.Context, c engine.Commit) (db engine.DB, err error) {
	m, _, err := p.moment(ctx, c.ID)
	if err != nil {
		return db, err
	}
	st, err := p.step(ctx, m.commit)
	if err != nil {
		return db, err
	}
	if m.tx == st.MaxTx {
		db, ok, err := st.Commit.DB(ctx, p)
		if ok || err != nil {
			return db, err
		}
	}
	made, at, err := p.convertedAt(ctx, m.commit, c.T)
	if err != nil {
		return db, err
	}
	return engine.Open(ctx, made, at.ID)
}

// Alias implements engine.Aliaser: Datahike's ids of commits, and unambiguous beginnings of them.
func (p *InPlace) Alias(ctx context.Context, name string) (cid.Cid, bool, error) {
	if !IsPartOfID(name) {
		return cid.Undef, false, nil
	}
	id, ok, err := p.src.FindCommit(ctx, name)
	if err != nil || !ok {
		return cid.Undef, false, err
	}
	st, err := p.step(ctx, id)
	if err != nil {
		return cid.Undef, false, err
	}
	last, err := p.last(ctx, st.Commit)
	return last, err == nil, err
}
