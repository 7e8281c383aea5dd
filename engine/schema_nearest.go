package engine

import (
	"iter"
	"slices"
	"strings"
)

// Nearest is the ident most like the given one, for error messages; "" if none is near.
func (s *Schema) Nearest(ident string) string {
	return nearest(ident, func(yield func(string) bool) {
		for _, attrs := range [][]*Attribute{s.attrs, systemAttributes} {
			for _, a := range attrs {
				if !yield(a.Ident) {
					return
				}
			}
		}
	})
}

// nearest is the word with the smallest edit distance to want, the first by
// name among equals; "" if none has most of its letters.
func nearest(want string, words iter.Seq[string]) (best string) {
	limit := 1 + max(1, len(want)/3)
	for w := range words {
		d := wordDistance(want, w)
		if d < limit || d == limit && best != "" && w < best {
			best, limit = w, d
		}
	}
	return best
}

// nearestOf is nearest of a list.
func nearestOf(want string, words []string) string { return nearest(want, slices.Values(words)) }

// wordDistance counts a wrong or missing namespace as one edit when the name is right.
func wordDistance(a, b string) int {
	if nameOf(a) == nameOf(b) && a != b {
		return 1
	}
	return editDistance(a, b)
}

// nameOf is an ident without its namespace.
func nameOf(ident string) string { return ident[strings.LastIndexByte(ident, '/')+1:] }

// editDistance counts insertions, deletions, replacements and swaps of neighbours (optimal string alignment), in bytes.
func editDistance(a, b string) int {
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := prev[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(prev[j]+1, row[j-1]+1, replaced)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}
