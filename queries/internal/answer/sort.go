package answer

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
)

// sort puts rows into the order that was asked for, and where that does not
// decide, into that of their values, so that the order is always the same.
func (b *builder) sort(rows []row) error {
	var late error
	slices.SortFunc(rows, func(x, y row) int {
		if late == nil {
			late = b.guard.Step()
		}
		if late != nil {
			return 0 // comes to an end without looking at values
		}
		return b.order(x.values, y.values)
	})
	return late
}

func (b *builder) order(x, y []edn.Value) int {
	for _, o := range b.query.Order {
		c := compare(x[o.Column], y[o.Column])
		if o.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return compareRows(x, y)
}

func compareRows(x, y []edn.Value) int {
	for i := range x {
		if c := compare(x[i], y[i]); c != 0 {
			return c
		}
	}
	for i := range x {
		if !ambiguous(x[i].Kind()) {
			continue
		}
		if c := strings.Compare(fn.Key(x[i]), fn.Key(y[i])); c != 0 {
			return c
		}
	}
	return 0
}

// ambiguous tells the kinds that have different values which compare as equal, such as 1 and 1N.
func ambiguous(k edn.Kind) bool {
	switch k {
	case edn.BigInt, edn.BigDec, edn.List, edn.Vector, edn.Set, edn.Map, edn.Tagged:
		return true
	}
	return false
}

func compare(a, b edn.Value) int {
	if a.Kind() == edn.Int && b.Kind() == edn.Int {
		return cmp.Compare(a.Int(), b.Int())
	}
	return edn.Compare(a, b)
}
