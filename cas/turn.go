package cas

import "context"

// Queuer is a store whose writers can stand in line, so that none of them works in vain because another was faster.
type Queuer interface {
	// Turn waits until those are done who asked for a turn at ref before, in whatever process, and then keeps others waiting
	// until done is called. It is a courtesy and protects nothing: it ends with ctx, or when it takes too long, and the caller
	// goes on all the same. done is never nil.
	//
	// held is false where the store let the caller go on without keeping anybody waiting: who is then overtaken asks again, and stands in line.
	Turn(ctx context.Context, ref string) (done func(), held bool)
}

// Turn waits for the caller's turn to move ref, where s is a Queuer.
func Turn(ctx context.Context, s RefStore, ref string) (done func(), held bool) {
	if q, ok := As[Queuer](s); ok {
		return q.Turn(ctx, ref)
	}
	return func() {}, false
}
