package fs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

func newTestCache(limit int) *cache[[]byte] {
	return newCache(limit, func(b []byte) int { return len(b) })
}

// made10 counts how often content of ten bytes is made.
func made10(n *atomic.Int64) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) {
		n.Add(1)
		return make([]byte, 10), nil
	}
}

func TestCacheKeepsWhatFits(t *testing.T) {
	c := newTestCache(30)
	var n atomic.Int64
	get := func(key string) {
		if _, err := c.get(context.Background(), key, made10(&n)); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		key  string
		made int64
	}{{"a", 1}, {"b", 2}, {"c", 3}, {"a", 3}, {"d", 4}, {"a", 4}, {"c", 4}, {"b", 5}} {
		if get(step.key); n.Load() != step.made {
			t.Errorf("after %s: made %d times, want %d", step.key, n.Load(), step.made)
		}
	}
	if c.bytes > c.limit || len(c.known) != c.order.Len() {
		t.Errorf("%d bytes in %d entries, %d known", c.bytes, c.order.Len(), len(c.known))
	}
}

func TestCacheMakesOnce(t *testing.T) {
	c := newTestCache(100)
	var n atomic.Int64
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if _, err := c.get(context.Background(), "a", made10(&n)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n.Load() != 1 {
		t.Errorf("made %d times", n.Load())
	}
}

func TestCacheForgetsFailures(t *testing.T) {
	c := newTestCache(100)
	broken := errors.New("broken")
	if _, err := c.get(context.Background(), "a", func(context.Context) ([]byte, error) { return nil, broken }); err != broken {
		t.Error(err)
	}
	var n atomic.Int64
	if _, err := c.get(context.Background(), "a", made10(&n)); err != nil || n.Load() != 1 {
		t.Errorf("after a failure: %v, made %d times", err, n.Load())
	}
}

func TestCacheWaiterOutlivesACancelledMaker(t *testing.T) {
	c := newTestCache(100)
	ctx, cancel := context.WithCancel(context.Background())
	started := make(chan struct{})
	go c.get(ctx, "a", func(ctx context.Context) ([]byte, error) {
		close(started)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	<-started
	done := make(chan error)
	go func() {
		_, err := c.get(context.Background(), "a", func(context.Context) ([]byte, error) { return []byte("x"), nil })
		done <- err
	}()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("a waiter fails with the maker: %v", err)
	}
}

func TestCacheLargerThanItsLimit(t *testing.T) {
	c := newTestCache(5)
	var n atomic.Int64
	for i := range 3 {
		if _, err := c.get(context.Background(), fmt.Sprint(i), made10(&n)); err != nil {
			t.Fatal(err)
		}
		if len(c.known) != 1 {
			t.Errorf("%d entries of ten bytes where five are allowed", len(c.known))
		}
	}
}
