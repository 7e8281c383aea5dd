package engine

import (
	"context"
	"slices"
	"strings"
)

// checkSwaps verifies that attributes held what compare-and-swaps expect. What
// this transaction does besides does not matter. With cardinality many the
// expected value must be among those there are, and stays.
func (x *tx) checkSwaps(ctx context.Context) error {
	for i := range x.swaps {
		s := &x.swaps[i]
		vals, err := x.before(ctx, ID(s.e), s.a.ID)
		if err != nil {
			return err
		}
		if s.old.IsNil() && len(vals) == 0 || !s.old.IsNil() && slices.Contains(vals, s.old) {
			continue
		}
		return refuse(codeCas, s.pos, "read the entity again and decide anew",
			":db/cas failed: :%s of entity %d is %s, expected %s", s.a.Ident, s.e, showAll(vals), show(s.old))
	}
	return nil
}

// showAll is the values of one attribute in a message: nil when there are none.
func showAll(vals []Value) string {
	if len(vals) == 0 {
		return "nil"
	}
	words := make([]string, len(vals))
	for i, v := range vals {
		words[i] = show(v)
	}
	return strings.Join(words, " ")
}
