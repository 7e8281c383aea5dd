package exec

import (
	"math/bits"
	"slices"
	"sync/atomic"
)

// walked is what the walks of one part of the origins found.
type walked struct {
	counts []int32 // of each origin
	found  []int32
	first  int // of its pairs among all
}

// walk is the pairs of a closure that begin at the origins, as a side.
func (r *run) walk(c *closure, g *graph, origins []term) (*side, error) {
	parts := make([]walked, walkChunks(len(origins)))
	var rows atomic.Int64
	err := splitInto(len(parts), len(origins), func(i, lo, hi int) error {
		return r.walkPart(c, g, origins[lo:hi], &parts[i], &rows)
	})
	if err != nil {
		return nil, err
	}
	n := 0
	for i := range parts {
		parts[i].first = n
		n += len(parts[i].found)
	}
	if err := r.room(n, 16*n); err != nil {
		return nil, err
	}
	r.scanned += n
	sd := &side{unique: true, keys: make([]term, n), others: make([]term, n)}
	if err := splitInto(len(parts), len(origins), func(i, lo, hi int) error {
		parts[i].pairs(sd, g, origins[lo:hi])
		return nil
	}); err != nil {
		return nil, err
	}
	sd.groups = newGroups(sd.keys)
	sd.single = sd.groups.n == n
	if sd.rising = g.nodes.ranks == nil && n > 0; sd.rising {
		sd.low, sd.high = g.nodes.low, g.nodes.term(int32(g.nodes.n-1))
	}
	return sd, nil
}

// walkPart walks from some of the origins; rows counts the pairs of all parts.
func (r *run) walkPart(c *closure, g *graph, origins []term, p *walked, rows *atomic.Int64) error {
	w := &walker{graph: g, kind: c.kind, seen: newBitset(g.nodes.n)}
	if c.kind == stepsThenBase {
		w.ends = newBitset(g.nodes.n)
	}
	p.counts = make([]int32, len(origins))
	for i, origin := range origins {
		node, ok := g.nodes.of(origin)
		if !ok {
			continue
		}
		found, err := w.from(r, node)
		if err != nil {
			return err
		}
		p.counts[i] = int32(len(found))
		p.found = append(p.found, found...)
		n := int(rows.Add(int64(len(found))))
		if err := r.room(n, 16*n); err != nil {
			return err
		}
	}
	return nil
}

// pairs writes the pairs of a part into their place in a side.
func (p *walked) pairs(sd *side, g *graph, origins []term) {
	at := p.first
	for i, n := range p.counts {
		for range n {
			sd.keys[at] = origins[i]
			sd.others[at] = g.nodes.term(p.found[at-p.first])
			at++
		}
	}
}

// walker walks from one origin after another.
type walker struct {
	graph *graph
	kind  closureKind
	seen  bitset // of this walk
	ends  bitset // what base edges lead to, where that is not the same
	queue []int32
	found []int32
}

// from is the nodes that the closure relates a node to, rising, valid until the next call.
func (w *walker) from(r *run, node int32) ([]int32, error) {
	w.queue = w.queue[:0]
	if w.kind == stepsThenBase {
		w.visit(node)
	} else {
		for _, n := range w.graph.base.of(node) {
			w.visit(n)
		}
	}
	work := 0
	for at := 0; at < len(w.queue); at++ {
		list := w.graph.steps.of(w.queue[at])
		for _, n := range list {
			w.visit(n)
		}
		if work += len(list) + 1; work >= checkEvery {
			work = 0
			if err := r.guard.Check(); err != nil {
				return nil, err
			}
		}
	}
	w.found = append(w.found[:0], w.queue...)
	if w.kind == stepsThenBase {
		w.found = w.found[:0]
		for _, from := range w.queue {
			for _, n := range w.graph.base.of(from) {
				if w.ends.add(n) {
					w.found = append(w.found, n)
				}
			}
		}
		w.seen.clear(w.queue)
		return w.ends.drain(w.found), nil
	}
	return w.seen.drain(w.found), nil
}

func (w *walker) visit(n int32) {
	if w.seen.add(n) {
		w.queue = append(w.queue, n)
	}
}

// bitset is a set of nodes.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, n/64+1) }

func (b bitset) add(n int32) bool {
	word, bit := &b[n/64], uint64(1)<<(n%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

func (b bitset) clear(list []int32) {
	for _, n := range list {
		b[n/64] = 0
	}
}

// drain empties the set, whose members are listed, and sorts the list.
func (b bitset) drain(list []int32) []int32 {
	if !slices.IsSorted(list) {
		if len(list) < len(b) {
			slices.Sort(list)
		} else {
			b.list(list)
		}
	}
	b.clear(list)
	return list
}

// list writes all members, of which there are as many as the list has places, rising.
func (b bitset) list(list []int32) {
	at := 0
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			list[at] = int32(64*i + bits.TrailingZeros64(word))
			at++
		}
	}
}
