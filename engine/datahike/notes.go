package datahike

import (
	"maps"
	"slices"
)

// notes are what is different after a conversion, each once.
type notes struct{ said map[string]bool }

func (n *notes) add(s string) {
	if n.said == nil {
		n.said = map[string]bool{}
	}
	n.said[s] = true
}

func (n *notes) list() []string { return slices.Sorted(maps.Keys(n.said)) }
