package fs

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// storeError is a failure of a store. It hides all of the failure but what the
// tree decides by: a pack file that is missing or may not be read is no name
// that is missing in the tree, and must not look like one.
type storeError struct {
	of  cid.Cid // the block; undefined when a ref was asked for
	err error
}

// asStoreError marks err; where the caller gave up, that is the error.
func asStoreError(ctx context.Context, of cid.Cid, err error) error {
	if err == nil {
		return nil
	}
	if gaveUp := ctx.Err(); gaveUp != nil {
		return gaveUp
	}
	return &storeError{of, err}
}

func (e *storeError) Error() string {
	if e.of.Defined() {
		return fmt.Sprintf("block %s: %v", e.of, e.err)
	}
	return e.err.Error()
}

func (e *storeError) Is(target error) bool {
	return (target == cas.ErrNotFound || target == context.DeadlineExceeded) && errors.Is(e.err, target)
}

func (e *storeError) As(target any) bool {
	switch target.(type) {
	case **cas.CorruptError:
		return errors.As(e.err, target)
	}
	return false
}

// lost tells whether err is about a block that should be there: one that
// another block or a ref named. asked is what the user named.
func lost(err error, asked string) bool {
	var e *storeError
	return errors.As(err, &e) && e.of.Defined() && e.of.String() != asked
}

// backendFailed tells whether err is about the way to the store. That a block is
// missing or damaged is an answer.
func backendFailed(err error) bool {
	var corrupt *cas.CorruptError
	return err != nil && !errors.Is(err, cas.ErrNotFound) && !errors.Is(err, cas.ErrUnsupported) && !errors.As(err, &corrupt)
}
