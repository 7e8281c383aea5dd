package fs

import (
	"context"
	iofs "io/fs"
	"iter"
	"slices"
	"strings"
)

// catalog is directories whose names are all at hand, in order, such as commits:
// they are paged as entities are.
type catalog struct {
	names []string // rising
	limit uint64
	stat  func(ctx context.Context, s span) (Stat, error) // of the directory or a page
	// node is the directory that is named so, where it is listed so many pages below the catalog.
	node func(ctx context.Context, name string, depth int) (Node, error)
}

func (c *catalog) rank(_ context.Context, prefix string) (from, end uint64, err error) {
	lo, _ := slices.BinarySearch(c.names, prefix)
	n, _ := slices.BinarySearchFunc(c.names[lo:], prefix, func(name, prefix string) int {
		if strings.HasPrefix(name, prefix) {
			return -1
		}
		return 1
	})
	return uint64(lo), uint64(lo + n), nil
}

func (c *catalog) at(_ context.Context, n uint64) (string, error) { return c.names[n], nil }

// all is the span of the catalog's own directory; what all names begin with tells nothing.
func (c *catalog) all(ctx context.Context) (span, error) {
	return span{end: uint64(len(c.names))}.tight(ctx, c)
}

// catalogDir is the directory of a catalog, or a page of it.
type catalogDir struct {
	of     func(context.Context) (*catalog, error) // the names as they are now
	prefix string                                  // of the page
	depth  int                                     // how many pages lead to it
}

// open is the catalog and what of it the directory holds. A page may have gone with the names in it.
func (d catalogDir) open(ctx context.Context) (*catalog, span, error) {
	c, err := d.of(ctx)
	if err != nil {
		return nil, span{}, err
	}
	s, err := c.all(ctx)
	if err != nil || d.depth == 0 {
		return c, s, err
	}
	way, err := s.pagesOf(ctx, c, c.limit, d.prefix)
	if err := asMissing(d.prefix+"+", len(way) == d.depth && way[d.depth-1].prefix == d.prefix, err); err != nil {
		return nil, s, err
	}
	return c, way[d.depth-1], nil
}

func (d catalogDir) Stat(ctx context.Context) (Stat, error) {
	c, s, err := d.open(ctx)
	if err != nil {
		return Stat{}, err
	}
	return c.stat(ctx, s)
}

// Lookup finds what is listed, and from the catalog's own directory all its names.
func (d catalogDir) Lookup(ctx context.Context, name string) (Node, error) {
	c, s, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	prefix, isPage := isPage(name) // all of it when it is none
	switch {
	case isPage && d.depth == 0:
		stat, err := c.stat(ctx, s)
		if err != nil {
			return nil, err
		}
		return pageIn(ctx, s, c, c.limit, name, prefix, stat.MTime, d.page)
	case d.depth > 0 && s.count() > c.limit:
		g, ok, err := s.step(ctx, c, prefix)
		if err := asMissing(name, ok && g.prefix == prefix && isPage == (g.count() > 1), err); err != nil {
			return nil, err
		}
		return d.member(ctx, c, g)
	case c.holds(s, name):
		return c.node(ctx, name, d.depth)
	}
	return nil, missing(name)
}

// page is the page of a span that the directory lists.
func (d catalogDir) page(s span) Node { return catalogDir{d.of, s.prefix, d.depth + 1} }

// member is what a group is listed as: a page, or the only name in it.
func (d catalogDir) member(ctx context.Context, c *catalog, g span) (Node, error) {
	if g.count() > 1 {
		return d.page(g), nil
	}
	return c.node(ctx, g.prefix, d.depth)
}

// List has the number of names before an entry as its offset.
func (d catalogDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		c, s, err := d.open(ctx)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		groups := c.single(s, from)
		if s.count() > c.limit {
			groups = s.groups(ctx, c, from)
		}
		for g, err := range groups {
			var n Node
			if err == nil {
				n, err = d.member(ctx, c, g)
			}
			if !yield(Entry{Name: g.file(), Mode: iofs.ModeDir, Node: n, Next: g.end - s.from}, err) || err != nil {
				return
			}
		}
	}
}

// holds tells whether a name is in a span.
func (c *catalog) holds(s span, name string) bool {
	_, ok := slices.BinarySearch(c.names[s.from:s.end], name)
	return ok
}

// single yields the names of a span one by one.
func (c *catalog) single(s span, after uint64) iter.Seq2[span, error] {
	return func(yield func(span, error) bool) {
		for i := s.from + after; i < s.end; i++ {
			if !yield(span{prefix: c.names[i], from: i, end: i + 1}, nil) {
				return
			}
		}
	}
}
