package engine

import (
	"context"
	"fmt"
	"time"

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
	end, ok, err := sole(ctx, s)
	if !ok || err != nil {
		return cas.Collected{}, false, err
	}
	defer end()
	done, err := tidy(ctx, s)
	return done, true, err
}

// sole has GC and Tidy done by one at a time, in whatever process: each notes in one list what will be missing, and what it removes must be in it. ok is false when another is at it.
func sole(ctx context.Context, s cas.RefStore) (end func(), ok bool, err error) {
	if o, ok := cas.As[cas.Soloist](s); ok {
		return o.Sole(ctx, "tidy")
	}
	return func() {}, true, nil
}

// waitSole waits until nobody else is at it.
func waitSole(ctx context.Context, s cas.RefStore) (end func(), err error) {
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		end, ok, err := sole(ctx, s)
		if ok || err != nil {
			return end, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for a process that removes garbage: %w", ctx.Err())
		case <-time.After(wait):
		}
	}
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
