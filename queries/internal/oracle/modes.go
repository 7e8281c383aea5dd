package oracle

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/dhfs/dhfs/queries/internal/lang"
)

type (
	forgiving struct{}
	shuffled  struct{}
)

// Forgiving is a context in which a row for which a function fails is dropped, as if some other clause had
// done so before. That is the one right answer of an evaluator whose order of clauses keeps such rows from the
// function.
func Forgiving(ctx context.Context) context.Context {
	return context.WithValue(ctx, forgiving{}, true)
}

// Shuffled is a context in which clauses run in a random order. What may be an error in one order need not be one in another.
func Shuffled(ctx context.Context, by *rand.Rand) context.Context {
	return context.WithValue(ctx, shuffled{}, by)
}

// passes tells whether an error of a function is to be passed over. One that comes of a limit, or of whoever gave up, is not.
func (r *run) passes(err error) bool {
	var e *lang.Error
	switch {
	case err == nil || r.ctx.Value(forgiving{}) == nil:
		return false
	case errors.As(err, &e):
		return e.Code != lang.Limit
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}
