package engine

import "strings"

// Nearest is the ident most like the given one, for error messages; "" if none is near.
func (s *Schema) Nearest(ident string) string {
	n := nearest{want: ident, dist: 1 + max(1, len(ident)/3)}
	for a := range s.Attributes() {
		n.try(a.Ident)
	}
	for a := range s.System() {
		n.try(a.Ident)
	}
	return n.best
}

// nearest keeps the candidate with the smallest edit distance below dist, the first by name among equals.
type nearest struct {
	want, best string
	dist       int
}

func (n *nearest) try(s string) {
	d := n.distance(s)
	if d < n.dist || d == n.dist && n.best != "" && s < n.best {
		n.best, n.dist = s, d
	}
}

// distance counts a wrong or missing namespace as one edit when the name is right.
func (n *nearest) distance(s string) int {
	if after(s) == after(n.want) {
		return 1
	}
	return editDistance(n.want, s)
}

func after(ident string) string { return ident[strings.LastIndexByte(ident, '/')+1:] }

// nearestOf is the one of a few words most like want; "" if none is near.
func nearestOf(want string, words []string) string {
	n := nearest{want: want, dist: 1 + max(1, len(want)/3)}
	for _, w := range words {
		n.try(w)
	}
	return n.best
}

// editDistance counts insertions, deletions, replacements and swaps of neighbours (optimal string alignment), in bytes.
func editDistance(a, b string) int {
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost(a[i-1] != b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}

func cost(differ bool) int {
	if differ {
		return 1
	}
	return 0
}
