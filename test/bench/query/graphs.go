package main

import (
	"fmt"
	"slices"
)

var graphAttrs = []attr{{name: "edge", kind: "ref", many: true}}

func sized(kind string, shape [2]int) string {
	return fmt.Sprintf("%s-%dx%d", kind, shape[0], shape[1])
}

// edges collects different edges between different nodes until there are n.
func edges(n int, draw func() (from, to int64)) map[int64][]int64 {
	lists := map[int64][]int64{}
	seen := map[[2]int64]bool{}
	for len(seen) < n {
		from, to := draw()
		if e := [2]int64{from, to}; from != to && !seen[e] {
			seen[e] = true
			lists[from] = append(lists[from], to)
		}
	}
	return lists
}

func graph(name string, nodes int64, lists map[int64][]int64) *workload {
	w := &workload{name: name, attrs: graphAttrs}
	for i := int64(1); i <= nodes; i++ {
		e := entity{id: i}
		slices.Sort(lists[i])
		for _, to := range lists[i] {
			e.facts = append(e.facts, fact{0, to})
		}
		w.entities = append(w.entities, e)
	}
	return w
}

// evenly draws any node with the same chance.
func evenly(r *random, nodes int) func() (int64, int64) {
	return func() (int64, int64) {
		from := int64(r.below(nodes) + 1)
		return from, int64(r.below(nodes) + 1)
	}
}

// skewed draws from a recursive matrix with the chances .57, .19, .19 and .05 (R-MAT of Chakrabarti, Zhan and Faloutsos).
func skewed(r *random, levels int) func() (int64, int64) {
	return func() (int64, int64) {
		var x, y int64
		for range levels {
			x, y = x<<1, y<<1
			switch u := r.float(); {
			case u < .57:
			case u < .76:
				y |= 1
			case u < .95:
				x |= 1
			default:
				x, y = x|1, y|1
			}
		}
		return x + 1, y + 1
	}
}

// forward draws edges to a node a little further on.
func forward(r *random, nodes int) func() (int64, int64) {
	return func() (int64, int64) {
		from := int64(r.below(nodes-1) + 1)
		return from, min(int64(nodes), from+1+int64(r.below(100)))
	}
}

func graphs() []*workload {
	return []*workload{
		graph("graph-random100k", 5000, edges(100000, evenly(newRandom(11), 5000))),
		graph("graph-skew100k", 1<<14, edges(100000, skewed(newRandom(12), 14))),
		graph("graph-skew10k", 1<<11, edges(10000, skewed(newRandom(13), 11))),
		graph("graph-dag2k", 2000, edges(3000, forward(newRandom(14), 2000))),
		graph("graph-cyclic1k", 1000, edges(2000, evenly(newRandom(15), 1000))),
	}
}
