package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// ErrPruned says that something was there and was dropped by GC, which kept newer commits only. It wraps cas.ErrNotFound.
var ErrPruned = fmt.Errorf("dropped by an earlier gc, which kept newer commits: %w", cas.ErrNotFound)

// explained is why id could not be had from g: ErrPruned in place of cas.ErrNotFound where it is missing on purpose.
func explained(ctx context.Context, g cas.Getter, id cid.Cid, err error) error {
	if !errors.Is(err, cas.ErrNotFound) || errors.Is(err, ErrPruned) {
		return err
	}
	s, ok := storeOf(g)
	if !ok {
		return err
	}
	absent, lerr := cas.ReadAbsent(ctx, s)
	if lerr != nil || !absent.Has(id) {
		return err
	}
	return fmt.Errorf("block %s: %w", id, ErrPruned)
}

// storeOf is the store that g reads from, if it is one.
func storeOf(g cas.Getter) (cas.RefStore, bool) {
	switch x := g.(type) {
	case *env:
		return storeOf(x.Getter)
	case counted:
		return storeOf(x.Getter)
	case *healer:
		return storeOf(x.Getter)
	}
	s, ok := g.(cas.RefStore)
	return s, ok
}
