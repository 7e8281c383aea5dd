package cas

import (
	"context"
	"sync/atomic"
)

// As finds what else a store can do, such as a Collector, in s or in the store that s is in front of: a cache, a counter.
func As[T any](s any) (T, bool) {
	for {
		if t, ok := s.(T); ok {
			return t, true
		}
		w, ok := s.(interface{ Unwrap() RefStore })
		if !ok {
			var none T
			return none, false
		}
		s = w.Unwrap()
	}
}

type cachedKey struct{}

// CountCached makes caches on disk count in n the blocks that they give to whoever reads under the context.
func CountCached(ctx context.Context, n *atomic.Int64) context.Context {
	return context.WithValue(ctx, cachedKey{}, n)
}

// Cached is told by a cache on disk of a block that it has given under ctx.
func Cached(ctx context.Context) {
	if n, ok := ctx.Value(cachedKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}
