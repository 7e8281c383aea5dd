package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cascache"
	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"
)

// caching says what is kept on disk of stores that are not on disk themselves.
type caching struct {
	dir     string // noCache: nothing
	limit   byteSize
	offline bool
}

// noCache as --cache says that nothing is kept.
const noCache = "none"

func (c *caching) add(flags *pflag.FlagSet) {
	c.limit = cascache.DefaultLimit
	flags.StringVar(&c.dir, "cache", "", "where blocks of databases that are not files are kept (default: dhfs in the user's cache directory; none: nowhere)")
	flags.Var(&c.limit, "cache-size", "how much is kept there, about")
	flags.BoolVar(&c.offline, "offline", false, "ask no database that is not a file: what is in the cache must do")
}

// byteSize is a flag such as 500MB.
type byteSize int64

func (b *byteSize) String() string { return humanize.IBytes(uint64(*b)) }
func (b *byteSize) Type() string   { return "size" }

func (b *byteSize) Set(s string) error {
	n, err := humanize.ParseBytes(s)
	if err != nil || n == 0 || n > 1<<62 {
		return fmt.Errorf("%q is no size such as 500MB or 2GiB", s)
	}
	*b = byteSize(n)
	return nil
}

type cachingKey struct{}

// with has stores that are opened under the context cached as c says.
func (c *caching) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, cachingKey{}, *c)
}

// uncached is ctx for those who must see what a store really has.
func uncached(ctx context.Context) context.Context {
	c, _ := ctx.Value(cachingKey{}).(caching)
	c.dir = noCache
	return c.with(ctx)
}

// open opens the cache; it is nil where there is none.
func (c caching) open() (*cascache.Cache, error) {
	dir := c.dir
	if dir == noCache {
		return nil, nil
	}
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, nil // a user without a home, as services have
		}
		dir = filepath.Join(base, "dhfs")
	}
	return cascache.Open(dir, int64(c.limit))
}

// openFar opens a store that is not on this machine's disk, behind the cache.
func openFar(ctx context.Context, b backend, url string) (store, error) {
	c, ok := ctx.Value(cachingKey{}).(caching)
	if !ok {
		return b.open(ctx, url)
	}
	cache, err := c.open()
	switch {
	case c.offline && cache == nil:
		return nil, errors.Join(err, hinted{fmt.Errorf("offline, and without a cache there is nothing of %s: %w", b.shown(url), cas.ErrUnavailable), "leave --offline away"})
	case c.offline:
		s, err := cache.Offline(b.shown(url))
		if err != nil {
			return nil, hinted{fmt.Errorf("offline: %s: %w", b.shown(url), errors.Join(cas.ErrUnavailable, err)), "read it once without --offline"}
		}
		return unclosed{s}, nil
	}
	s, err := b.open(ctx, url)
	if err != nil || cache == nil {
		return s, err
	}
	return behindCache{cache.Over(s, b.shown(url)), s}, nil
}

// behindCache is a store behind a cache.
type behindCache struct {
	*cascache.Store
	io.Closer
}

// unclosed is a store that has nothing to close.
type unclosed struct{ cas.RefStore }

// Close implements store.
func (unclosed) Close() error { return nil }
