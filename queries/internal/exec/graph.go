package exec

import (
	"slices"

	"github.com/dhfs/dhfs/engine"
)

// graph is the edges of a closure between numbered nodes. The order of the numbers is that
// of the terms.
type graph struct {
	nodes numbering
	steps adjacency
	base  adjacency
}

// numbering numbers terms: by their distance from the least where they are close together, else by their rank.
type numbering struct {
	low   term
	n     int
	ranks []term // sorted; nil when numbers are distances
	index map[term]int32
}

// adjacency is the lists of where edges lead, by where they begin.
type adjacency struct {
	starts []int32 // of each node's list; one more than there are nodes
	to     []int32
}

func (a adjacency) of(node int32) []int32 { return a.to[a.starts[node]:a.starts[node+1]] }

// graphKey names a graph of one edge among what is derived from a tree.
type graphKey struct{ dict *engine.Dict }

// graphs is the graph of a closure. It is nil when walking in the tree from so many origins is cheaper than making it.
func (r *run) graphs(c *closure, origins int) (*graph, error) {
	if origins == 0 {
		origins = 1 << 30
	}
	edges := c.steps
	if c.kind != baseOften {
		edges = append(slices.Clone(edges), c.base...)
	}
	var place engine.Derived
	if single := len(edges) == 1; single {
		e := edges[0]
		place = e.pattern.Source.Input.DB.Of(e.pattern.Attr.ID, e.order, graphKey{r.dict.Shared()})
		if kept, ok := place.Get(); ok {
			return kept.(*graph), nil
		}
	}
	sides := make([]*side, len(edges))
	for i, e := range edges {
		sd, err := r.side(e.pattern, e.order, origins*walkLength)
		if sd == nil || err != nil {
			return nil, err
		}
		sides[i] = sd
	}
	g := &graph{nodes: number(sides)}
	g.steps = g.adjacency(sides[:len(c.steps)])
	g.base = g.steps
	if c.kind != baseOften {
		g.base = g.adjacency(sides[len(c.steps):])
	}
	if len(edges) == 1 {
		place.Put(g, int64(4*len(g.steps.starts)+4*len(g.steps.to)+40*len(g.nodes.ranks)))
	}
	return g, nil
}

// walkLength is how many look-ups a walk is thought to take.
const walkLength = 64

func number(sides []*side) numbering {
	var least, most term
	ints, n := true, 0
	for _, sd := range sides {
		for i, t := range sd.keys {
			u := sd.others[i]
			ints = ints && t.IsInt() && u.IsInt()
			if n == 0 {
				least, most = t, t
			}
			n++
			least, most = lesser(least, lesser(t, u)), greater(most, greater(t, u))
		}
	}
	if spread := uint64(most-least) >> engine.TagBits; ints && spread < uint64(2*maxSpread*n+1024) {
		return numbering{low: least, n: int(spread) + 1}
	}
	var all []term
	for _, sd := range sides {
		all = append(append(all, sd.keys...), sd.others...)
	}
	slices.SortFunc(all, compareTerms)
	all = slices.Compact(all)
	m := numbering{ranks: all, n: len(all), index: make(map[term]int32, len(all))}
	for i, t := range all {
		m.index[t] = int32(i)
	}
	return m
}

func lesser(a, b term) term {
	if int64(a) < int64(b) {
		return a
	}
	return b
}

func greater(a, b term) term {
	if int64(a) > int64(b) {
		return a
	}
	return b
}

// compareTerms orders integers as numbers.
func compareTerms(a, b term) int {
	switch {
	case int64(a) < int64(b):
		return -1
	case int64(a) > int64(b):
		return 1
	}
	return 0
}

// of is the number of a term, false when it has none.
func (m *numbering) of(t term) (int32, bool) {
	if m.ranks != nil {
		i, ok := m.index[t]
		return i, ok
	}
	d := uint64(t - m.low)
	return int32(d >> engine.TagBits), d&(1<<engine.TagBits-1) == 0 && d>>engine.TagBits < uint64(m.n)
}

func (m *numbering) term(i int32) term {
	if m.ranks != nil {
		return m.ranks[i]
	}
	return m.low + term(i)<<engine.TagBits
}

func (g *graph) adjacency(sides []*side) adjacency {
	a := adjacency{starts: make([]int32, g.nodes.n+1)}
	total := 0
	for _, sd := range sides {
		total += len(sd.keys)
		for _, t := range sd.keys {
			i, _ := g.nodes.of(t)
			a.starts[i+1]++
		}
	}
	for i := range g.nodes.n {
		a.starts[i+1] += a.starts[i]
	}
	a.to = make([]int32, total)
	at := slices.Clone(a.starts)
	for _, sd := range sides {
		for row, t := range sd.keys {
			i, _ := g.nodes.of(t)
			a.to[at[i]], _ = g.nodes.of(sd.others[row])
			at[i]++
		}
	}
	return a
}

// starts are all nodes that an edge begins at.
func (g *graph) starts() []term {
	var out []term
	for i := range int32(g.nodes.n) {
		if len(g.steps.of(i)) > 0 || len(g.base.of(i)) > 0 {
			out = append(out, g.nodes.term(i))
		}
	}
	return out
}
