package fn

import (
	"math"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// Key is text that two values share exactly when they are the same value in a
// join: their EDN text, where lists are written as vectors, the items of sets
// and maps are sorted, and there is one zero.
func Key(v edn.Value) string { return string(AppendKey(nil, v)) }

// AppendKey appends Key(v) to dst.
func AppendKey(dst []byte, v edn.Value) []byte {
	switch v.Kind() {
	case edn.List, edn.Vector:
		dst = append(dst, '[')
		for _, item := range v.Items() {
			dst = append(AppendKey(dst, item), ' ')
		}
		return append(dst, ']')
	case edn.Set:
		return appendSorted(append(dst, '#'), v.Items(), 1)
	case edn.Map:
		return appendSorted(dst, v.Items(), 2)
	case edn.Tagged:
		return AppendKey(append(append(append(dst, '#'), v.Text()...), ' '), v.Items()[0])
	case edn.Float:
		if v.Float() == 0 || math.IsNaN(v.Float()) {
			return edn.Append(dst, edn.MakeFloat(math.Abs(v.Float())))
		}
	}
	return edn.Append(dst, v)
}

// appendSorted writes items in groups of n between braces, the groups sorted by their text.
func appendSorted(dst []byte, items []edn.Value, n int) []byte {
	var groups []string
	for len(items) >= n {
		var group []byte
		for _, item := range items[:n] {
			group = append(AppendKey(group, item), ' ')
		}
		groups, items = append(groups, string(group)), items[n:]
	}
	slices.Sort(groups)
	dst = append(dst, '{')
	for _, g := range groups {
		dst = append(dst, g...)
	}
	return append(dst, '}')
}
