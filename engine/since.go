package engine

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

const (
	// sinceBytes is how much a Since holds; nodes are copied instead of more, a batch at a time.
	sinceBytes = 64 << 20
	// sinceFetchers is how many commits are asked for at once.
	sinceFetchers = 16
)

// errNoSince says that nodes have to be copied.
var errNoSince = fmt.Errorf("no short way of transactions from one to the other: %w", cas.ErrUnsupported)

// Since is what cas.Differ promises, from the blocks of any store.
func Since(ctx context.Context, g cas.Getter, heads, haves []cid.Cid) ([]cas.Block, error) {
	blocks, err := since(ctx, g, heads, haves)
	if err != nil {
		return nil, fmt.Errorf("since: %w", err)
	}
	return blocks, nil
}

func since(ctx context.Context, g cas.Getter, heads, haves []cid.Cid) ([]cas.Block, error) {
	ahead := &lookahead{Getter: g, batch: batcherOf(g), got: map[cid.Cid]cas.Block{}}
	known, err := ahead.known(ctx, haves)
	if err != nil {
		return nil, err
	}
	if len(known) == 0 || len(heads) == 0 {
		return nil, errNoSince
	}
	if err := ahead.read(ctx, heads, known); err != nil {
		return nil, err
	}
	commits, err := between(ctx, ahead, heads, known)
	if err != nil {
		return nil, err
	}
	var blocks []cas.Block
	size := 0
	txs := make([]cid.Cid, len(commits))
	for i, c := range commits {
		txs[i] = c.Tx
	}
	for b, err := range cas.Walk(ctx, g, txs, nil) {
		if err != nil {
			return nil, err
		}
		if size += len(b.Data()); size > sinceBytes {
			return nil, errNoSince
		}
		blocks = append(blocks, b)
	}
	slices.Reverse(blocks) // parts before the transactions that link to them
	for _, c := range commits {
		b, err := ahead.Get(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// between are the commits that heads come from and known do not, parents first.
func between(ctx context.Context, g cas.Getter, heads []cid.Cid, known []Commit) ([]Commit, error) {
	p := painter{from: map[cid.Cid]lineage{}}
	for _, c := range known {
		p.paint(c, lineageB)
	}
	for _, id := range heads {
		c, err := ReadCommit(ctx, g, id)
		if err != nil {
			return nil, err
		}
		p.paint(c, lineageA)
	}
	found := map[cid.Cid]Commit{}
	for p.awaits(lineageA) {
		c := heap.Pop(&p.queue).(Commit)
		from := p.from[c.ID]
		if from == lineageA {
			if found[c.ID] = c; len(c.Parents) == 0 || len(found) > sinceBytes/512 {
				return nil, errNoSince
			}
		}
		for _, id := range c.Parents {
			if known, seen := p.from[id]; seen {
				p.from[id] = known | from
				continue
			}
			parent, err := ReadCommit(ctx, g, id)
			if from&lineageB != 0 && errors.Is(err, cas.ErrNotFound) {
				continue // what lies behind a commit that both have does not matter
			}
			if err != nil {
				return nil, err
			}
			p.paint(parent, from)
		}
	}
	return parentsFirst(found, heads), nil
}

// awaits tells whether the queue has a commit of just this lineage.
func (p *painter) awaits(l lineage) bool {
	return slices.ContainsFunc(p.queue, func(c Commit) bool { return p.from[c.ID] == l })
}

// parentsFirst puts commits in an order in which each comes after its parents and, where that is possible, right after the first one.
func parentsFirst(commits map[cid.Cid]Commit, heads []cid.Cid) []Commit {
	ordered := make([]Commit, 0, len(commits))
	done := map[cid.Cid]bool{}
	var emit func(id cid.Cid)
	emit = func(id cid.Cid) {
		var line []Commit
		for c, ok := commits[id]; ok && !done[c.ID]; c, ok = commits[c.parent()] {
			line = append(line, c)
		}
		for _, c := range slices.Backward(line) {
			for _, id := range c.Parents[1:] {
				emit(id)
			}
			if !done[c.ID] {
				done[c.ID] = true
				ordered = append(ordered, c)
			}
		}
	}
	for _, id := range heads {
		emit(id)
	}
	return ordered
}

// lookahead reads commits many at a time, ahead of who goes through them one by one.
type lookahead struct {
	cas.Getter
	batch cas.Batcher // the same; nil where it gains nothing by that
	got   map[cid.Cid]cas.Block
}

// Get implements cas.Getter.
func (l *lookahead) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	if b, ok := l.got[id]; ok {
		return b, nil
	}
	return l.Getter.Get(ctx, id)
}

// known are those of haves that are there.
func (l *lookahead) known(ctx context.Context, haves []cid.Cid) (known []Commit, err error) {
	if err := l.fetch(ctx, haves); err != nil {
		return nil, err
	}
	for _, id := range haves {
		b, ok := l.got[id]
		if !ok {
			continue
		}
		c, err := parseCommit(b)
		if errors.Is(err, errNoCommit) {
			continue
		}
		if err != nil {
			return nil, err
		}
		known = append(known, c)
	}
	return known, nil
}

// read goes back from heads over parents and jumps at once, so that a line of n commits is read in few steps, down to the t of the newest
// commit that is known. It misses commits where lines merge, which are then read one by one.
func (l *lookahead) read(ctx context.Context, heads []cid.Cid, known []Commit) error {
	floor := -1
	for _, c := range known {
		floor = max(floor, int(c.T))
	}
	seen := map[cid.Cid]bool{}
	for level := heads; len(level) > 0 && len(l.got) <= sinceBytes/512; {
		if err := l.fetch(ctx, level); err != nil {
			return err
		}
		var next []cid.Cid
		for _, id := range level {
			c, err := parseCommit(l.got[id])
			if err != nil || int(c.T) <= floor+1 {
				continue
			}
			for _, id := range append([]cid.Cid{c.jump}, c.Parents...) {
				if id.Defined() && (id != c.jump || int(jumpT(c.T)) > floor) && !seen[id] {
					seen[id] = true
					next = append(next, id)
				}
			}
		}
		level = next
	}
	return nil
}

// fetch reads what is there of ids.
func (l *lookahead) fetch(ctx context.Context, ids []cid.Cid) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id cid.Cid) bool { _, ok := l.got[id]; return ok })
	blocks := make([]cas.Block, len(ids))
	take := func(i int, b cas.Block, err error) error {
		if err == nil {
			blocks[i] = b
		} else if !errors.Is(err, cas.ErrNotFound) {
			return err
		}
		return nil
	}
	var err error
	if l.batch != nil {
		var failed []error
		err = l.batch.GetMany(ctx, ids, func(i int, b cas.Block, err error) { failed = append(failed, take(i, b, err)) })
		err = errors.Join(err, errors.Join(failed...))
	} else {
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(sinceFetchers)
		for i, id := range ids {
			g.Go(func() error { b, err := l.Getter.Get(ctx, id); return take(i, b, err) })
		}
		err = g.Wait()
	}
	for i, id := range ids {
		if blocks[i].CID().Defined() {
			l.got[id] = blocks[i]
		}
	}
	return err
}
