package fs

import (
	"context"
	"iter"
	"strings"
	"time"
	"unicode/utf8"
)

// Big directories are paged. The names below a prefix are grouped by the unit
// that follows it: a character, or a whole %XX. A group of one name is listed as
// that name; a larger one is a page, a directory named after what all its
// names begin with and "+". A page lists its names, or pages again when there are too
// many. Where a name is listed depends on nothing but the names near it.

// defaultPage is how many names a directory lists before it is paged.
const defaultPage = 1000

// pageLimit is the number of names that one directory may list.
func (o Options) pageLimit() uint64 {
	switch {
	case o.Page < 0:
		return 1<<64 - 1
	case o.Page == 0:
		return defaultPage
	}
	return uint64(o.Page)
}

// shelf is rising names that are too many for one directory.
type shelf interface {
	// rank is how many names come before all that begin with prefix, and before what comes after them.
	rank(ctx context.Context, prefix string) (from, end uint64, err error)
	// at is the nth name.
	at(ctx context.Context, n uint64) (string, error)
}

// span is the names [from, end) of a shelf: those that begin with prefix, which
// is as long as it can be unless it is empty, where the directory itself begins.
type span struct {
	prefix    string
	from, end uint64
}

func (s span) count() uint64 { return s.end - s.from }

// file is the name of a span: of its page, or that of the only name in it.
func (s span) file() string {
	if s.count() == 1 {
		return s.prefix
	}
	return s.prefix + "+"
}

// isPage tells names of pages: other names never end so.
func isPage(name string) (prefix string, ok bool) { return strings.CutSuffix(name, "+") }

// group is the names of s that have the same unit after its prefix as name has.
func (s span) group(ctx context.Context, all shelf, name string) (span, error) {
	cut := len(s.prefix) + unitLen(name[len(s.prefix):])
	g := span{prefix: name}
	var err error
	if g.from, g.end, err = all.rank(ctx, name[:cut]); err != nil {
		return g, err
	}
	// What is an escape cut short elsewhere is the end of a name: no unit goes on from there.
	if cut == len(s.prefix) || name[cut-1] == '%' {
		g.end = min(g.end, g.from+1)
	}
	return g.tight(ctx, all)
}

// tight makes the prefix of a span as long as it can be.
func (s span) tight(ctx context.Context, all shelf) (span, error) {
	if s.from == s.end {
		return s, nil
	}
	first, err := all.at(ctx, s.from)
	if err != nil {
		return s, err
	}
	last := first
	if s.count() > 1 {
		if last, err = all.at(ctx, s.end-1); err != nil {
			return s, err
		}
	}
	s.prefix = commonUnits(first, last)
	return s, nil
}

// groups yields the groups of s in name order, from the one on that begins after so many names.
func (s span) groups(ctx context.Context, all shelf, after uint64) iter.Seq2[span, error] {
	return func(yield func(span, error) bool) {
		for at := s.from + after; at < s.end; {
			name, err := all.at(ctx, at)
			if err != nil {
				yield(span{}, err)
				return
			}
			g, err := s.group(ctx, all, name)
			if !yield(g, err) || err != nil {
				return
			}
			at = g.end
		}
	}
}

// step finds the group of s that name is in, or that is the page of that prefix;
// false when there is none.
func (s span) step(ctx context.Context, all shelf, name string) (span, bool, error) {
	if !strings.HasPrefix(name, s.prefix) {
		return span{}, false, nil
	}
	g, err := s.group(ctx, all, name)
	return g, err == nil && g.from < g.end && strings.HasPrefix(name, g.prefix), err
}

// pagesOf are the pages that lead from s to a name that it holds, or to a page.
func (s span) pagesOf(ctx context.Context, all shelf, limit uint64, name string) ([]span, error) {
	var way []span
	for s.count() > limit {
		g, ok, err := s.step(ctx, all, name)
		if err != nil {
			return nil, err
		}
		if !ok || g.count() == 1 {
			break
		}
		way, s = append(way, g), g
	}
	return way, nil
}

// pageIn is what a page's name means in the directory of s itself: the page, or for those that
// lie below other pages a link to them, so that each directory has one path.
func pageIn(ctx context.Context, s span, all shelf, limit uint64, name, prefix string, at time.Time, page func(span) Node) (Node, error) {
	way, err := s.pagesOf(ctx, all, limit, prefix)
	if err != nil {
		return nil, err
	}
	if len(way) == 0 || way[len(way)-1].prefix != prefix {
		return nil, missing(name)
	}
	if len(way) == 1 {
		return page(way[0]), nil
	}
	target := way[0].file()
	for _, s := range way[1:] {
		target += "/" + s.file()
	}
	return link{target: target, mtime: at}, nil
}

// commonUnits is what two names begin with, in whole units.
func commonUnits(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) {
		size := unitLen(a[n:])
		if size != unitLen(b[n:]) || a[n:n+size] != b[n:n+size] {
			break
		}
		n += size
	}
	return a[:n]
}

// unitLen is the size of the first character or escape of a name; 0 at its end.
func unitLen(name string) int {
	if len(name) >= 3 && name[0] == '%' {
		return 3
	}
	_, size := utf8.DecodeRuneInString(name)
	return size
}
