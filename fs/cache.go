package fs

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// cache keeps what was expensive to make, the newest used within a limit of
// bytes. What was dropped is made again: every value is a function of its key.
type cache[V any] struct {
	size func(V) int

	mu    sync.Mutex
	limit int
	bytes int
	known map[string]*list.Element
	order list.List // of *cached[V], newest used first
}

type cached[V any] struct {
	key   string
	ready chan struct{} // closed when value or err is set
	value V
	err   error
	bytes int

	settled bool // guarded by the cache's lock
}

func newCache[V any](limit int, size func(V) int) *cache[V] {
	return &cache[V]{limit: limit, size: size, known: map[string]*list.Element{}}
}

// get returns the value named key, and makes it unless it is kept or being
// made for another caller. Failures are not kept.
func (c *cache[V]) get(ctx context.Context, key string, build func(context.Context) (V, error)) (V, error) {
	for {
		item, mine := c.claim(key)
		if mine {
			item.value, item.err = build(ctx)
			c.settle(item)
			return item.value, item.err
		}
		select {
		case <-item.ready:
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
		// Another caller's failure may have been its own, such as a cancelled
		// request: try for ourselves.
		if item.err == nil {
			return item.value, nil
		}
	}
}

// claim finds the item, or adds an empty one that the caller has to fill.
func (c *cache[V]) claim(key string) (item *cached[V], mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.known[key]; ok {
		c.order.MoveToFront(e)
		return e.Value.(*cached[V]), false
	}
	item = &cached[V]{key: key, ready: make(chan struct{})}
	c.known[key] = c.order.PushFront(item)
	return item, true
}

// settle accounts for a filled item and drops the least used ones. An item
// larger than the limit stays until the next one comes: whoever made it is
// about to read it.
func (c *cache[V]) settle(item *cached[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(item.ready)
	if item.err != nil {
		c.drop(c.known[item.key])
		return
	}
	item.settled, item.bytes = true, c.size(item.value)
	c.bytes += item.bytes
	for e := c.order.Back(); e != nil && c.bytes > c.limit; {
		before := e.Prev()
		if old := e.Value.(*cached[V]); old != item && old.settled {
			c.drop(e)
		}
		e = before
	}
}

// drop forgets an item.
func (c *cache[V]) drop(e *list.Element) {
	item := e.Value.(*cached[V])
	c.order.Remove(e)
	delete(c.known, item.key)
	c.bytes -= item.bytes
}

// made is a file whose content is computed when it is first asked for.
type made struct {
	cache *cache[[]byte]
	key   string // names the content among everything in cache
	mtime time.Time
	build func(ctx context.Context) ([]byte, error)
	stat  atomic.Pointer[Stat]
}

func (f *made) Stat(ctx context.Context) (Stat, error) {
	if s := f.stat.Load(); s != nil {
		return *s, nil
	}
	data, err := f.Read(ctx)
	if err != nil {
		return Stat{}, err
	}
	s, err := text{data: data, mtime: f.mtime}.Stat(ctx)
	f.stat.Store(&s)
	return s, err
}

func (f *made) Read(ctx context.Context) ([]byte, error) {
	return f.cache.get(ctx, f.key, f.build)
}
