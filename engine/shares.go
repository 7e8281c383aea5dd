package engine

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// shareSize is how many items are worth a goroutine.
const shareSize = 64

// inShares calls f for 0 to n-1, on all processors when they are many.
func inShares(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	shares := min(runtime.GOMAXPROCS(0), n/shareSize+1)
	g, ctx := errgroup.WithContext(ctx)
	for s := range shares {
		g.Go(func() error {
			for i := s * n / shares; i < (s+1)*n/shares; i++ {
				if err := f(ctx, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}
