package oracle

import "context"

// forgiving is the key of contexts made by Forgiving.
type forgiving struct{}

// Forgiving is a context in which a row for which a function fails is dropped, as if some other clause had
// done so before. That is the one right answer of an evaluator whose order of clauses keeps such rows from the
// function.
func Forgiving(ctx context.Context) context.Context {
	return context.WithValue(ctx, forgiving{}, true)
}

// passes tells whether an error of a function is to be passed over.
func (r *run) passes(err error) bool {
	return err != nil && r.forgiving && !r.stopped(err)
}
