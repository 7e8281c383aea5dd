package cas

import "context"

// Leaser is a store for readers that cannot ask where a ref points each time, such as a kernel that walks a tree through a link.
type Leaser interface {
	// Lease makes whoever moves a ref from now on wait before telling of it, until release is called: what a ref pointed at since
	// may be believed until then. It takes longer to release than a moment at the price of writers, who give up waiting. ok is
	// false where none is to be had now, and release is nil.
	Lease() (release func(), ok bool)
	// Settle waits until the leases that are held now are released, so that everybody on this machine sees where refs point.
	Settle(ctx context.Context)
}

// Lease is a lease of s, where it is a Leaser.
func Lease(s RefStore) (release func(), ok bool) {
	if l, is := As[Leaser](s); is {
		return l.Lease()
	}
	return nil, false
}

// Settle waits until no reader of s believes in what refs pointed at before, where it is a Leaser.
func Settle(ctx context.Context, s RefStore) {
	if l, ok := As[Leaser](s); ok {
		l.Settle(ctx)
	}
}
