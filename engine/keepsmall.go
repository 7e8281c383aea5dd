package engine

import (
	"context"

	"github.com/dhfs/dhfs/cas"
)

// Tidy is due when so many bytes were stored since the last time, and a share of the storage.
const (
	tidyBytes = 128 << 10
	tidyShare = 16 // one in
)

// TidyIfDue is Tidy where that is worth while and no other process is at it; else it does nothing.
func TidyIfDue(ctx context.Context, s cas.RefStore) (cas.Collected, error) {
	if !tidyDue(s, 0) {
		return cas.Collected{}, nil
	}
	done, _, err := tidyAlone(ctx, s)
	return done, err
}

// tidyAlone is Tidy, unless another process is at it.
func tidyAlone(ctx context.Context, s cas.RefStore) (_ cas.Collected, tried bool, err error) {
	if o, ok := cas.As[cas.Soloist](s); ok {
		done, ok := o.Sole(ctx, "tidy")
		if !ok {
			return cas.Collected{}, false, nil
		}
		defer done()
	}
	done, err := Tidy(ctx, s)
	return done, true, err
}

// tidyDue tells whether enough was stored since the last time, when so much was left that could not be made smaller.
func tidyDue(s cas.RefStore, unkept int64) bool {
	g, ok := cas.As[cas.Grower](s)
	if !ok {
		return false
	}
	fresh, rest := g.Growth()
	return fresh >= max(tidyBytes, rest/tidyShare, 2*unkept)
}

// TidyElsewhere has begin called in place of the goroutine that Transact would begin: in a process that ends before that had come to its end.
func (c *Conn) TidyElsewhere(begin func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.elsewhere = begin
}

// Tidied waits until what Transact has begun in this process to make the storage smaller has come to its end.
func (c *Conn) Tidied(ctx context.Context) error {
	c.mu.Lock()
	ended := c.tidying
	c.mu.Unlock()
	if ended == nil {
		return nil
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// keepSmall begins Tidy when it is due, beside those who transact: none of them does more than its own work. What fails, or could not be made smaller, is tried
// again when twice as much is there.
func (c *Conn) keepSmall(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tidying != nil || !tidyDue(c.store, c.unkept) {
		return
	}
	if c.elsewhere != nil {
		c.elsewhere()
		return
	}
	c.tidying = make(chan struct{})
	go c.tidy(context.WithoutCancel(ctx), c.tidying)
}

func (c *Conn) tidy(ctx context.Context, ended chan<- struct{}) {
	_, tried, _ := tidyAlone(ctx, c.store)
	c.mu.Lock()
	defer c.mu.Unlock()
	if g, ok := cas.As[cas.Grower](c.store); ok && tried {
		c.unkept, _ = g.Growth()
	}
	c.tidying = nil
	close(ended)
}
