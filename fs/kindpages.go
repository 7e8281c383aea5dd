package fs

import (
	"context"
	iofs "io/fs"
	"iter"

	"github.com/dhfs/dhfs/engine"
)

// kindShelf is the names of one kind.
type kindShelf struct {
	db   engine.DB
	kind string
}

func (k kindShelf) rank(ctx context.Context, prefix string) (from, end uint64, err error) {
	return k.db.NameRank(ctx, k.kind, prefix)
}

func (k kindShelf) at(ctx context.Context, n uint64) (string, error) {
	for name, err := range k.db.NamesAt(ctx, k.kind, n) {
		return name.Home.Name, err
	}
	return "", missing(k.kind)
}

// shelf is the names in the directory.
func (d kindDir) shelf() kindShelf { return kindShelf{d.c.db, d.info.Kind} }

// all is the span of the whole directory.
func (d kindDir) all(ctx context.Context) (s span, err error) {
	if !d.c.db.IsForeign() {
		return span{end: d.info.Count}, nil
	}
	_, s.end, err = d.shelf().rank(ctx, "")
	return s, err
}

// limit is how many names one directory may list.
func (d kindDir) limit() uint64 { return d.c.of.tree.opt.pageLimit() }

// entity is the directory of an entity, listed in the kind's directory itself or in a page.
func (d kindDir) entity(n engine.Name, paged bool) entityDir {
	e := entityDir{c: d.c, id: n.ID, kind: d.info.Kind, paged: paged}
	if !d.c.db.IsForeign() {
		e.name = n
	}
	return e
}

// list yields what the directory of a span lists.
func (d kindDir) list(ctx context.Context, s span, from uint64) iter.Seq2[Entry, error] {
	if s.count() > d.limit() {
		return d.listGroups(ctx, s, from)
	}
	return d.listNames(ctx, s, from)
}

func (d kindDir) listNames(ctx context.Context, s span, from uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		at := s.from + from
		if at >= s.end {
			return
		}
		for n, err := range d.c.db.NamesAt(ctx, d.info.Kind, at) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			at++
			if !yield(Entry{Name: n.Home.Name, Mode: iofs.ModeDir, Node: d.entity(n, s.prefix != "")}, nil) || at == s.end {
				return
			}
		}
	}
}

// listGroups has the number of names before a group as its offset.
func (d kindDir) listGroups(ctx context.Context, s span, from uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for g, err := range s.groups(ctx, d.shelf(), from) {
			var n Node
			if err == nil {
				n, err = d.member(ctx, s, g)
			}
			if !yield(Entry{Name: g.file(), Mode: iofs.ModeDir, Node: n, Next: g.end - s.from}, err) || err != nil {
				return
			}
		}
	}
}

// member is the directory of a group of s: a page, or an entity's.
func (d kindDir) member(ctx context.Context, s, g span) (Node, error) {
	if g.count() > 1 {
		return pageDir{d, g}, nil
	}
	n, ok, err := d.c.db.Lookup(ctx, engine.Home{Kind: d.info.Kind, Name: g.prefix})
	return d.entity(n, s.prefix != ""), asMissing(g.prefix, ok, err)
}

// page is what a page's name means in the kind's directory.
func (d kindDir) page(ctx context.Context, name, prefix string) (Node, error) {
	at, err := d.mtime(ctx)
	if err != nil {
		return nil, err
	}
	all, err := d.all(ctx)
	if err != nil {
		return nil, err
	}
	return pageIn(ctx, all, d.shelf(), d.limit(), name, prefix, at, func(s span) Node { return pageDir{d, s} })
}

// depth is how many pages the entity's directory lies below, where it is not
// directly in that of its kind.
func (d entityDir) depth(ctx context.Context) (int, error) {
	if !d.paged {
		return 0, nil
	}
	n, err := d.entry(ctx)
	if err != nil {
		return 0, err
	}
	k, err := d.c.kindNamed(ctx, d.kind)
	if err != nil {
		return 0, err
	}
	all, err := k.all(ctx)
	if err != nil {
		return 0, err
	}
	way, err := all.pagesOf(ctx, k.shelf(), k.limit(), n.Home.Name)
	return len(way), err
}

// pageDir is one page of a kind's directory.
type pageDir struct {
	kind kindDir
	span span
}

func (p pageDir) Stat(ctx context.Context) (Stat, error) {
	r, err := p.kind.c.db.NamesWith(ctx, p.kind.info.Kind, p.span.prefix)
	if err != nil {
		return Stat{}, err
	}
	at, err := p.kind.c.instant(ctx, r.Newest)
	if err != nil {
		return Stat{}, err
	}
	ino := inodeMix(inoPage, at, inodeOf(inoKind, at, []byte(p.kind.info.Kind)), r.Digest, r.Count)
	return Stat{Mode: dirMode, MTime: at, Ino: ino}, nil
}

// Lookup finds what the page lists.
func (p pageDir) Lookup(ctx context.Context, name string) (Node, error) {
	prefix, isPage := isPage(name) // all of it when it is none
	if isPage || p.span.count() > p.kind.limit() {
		return p.group(ctx, name, prefix, isPage)
	}
	n, ok, err := p.kind.find(ctx, name)
	if err := asMissing(name, ok && n.Home.Kind == p.kind.info.Kind && p.holds(name), err); err != nil {
		return nil, err
	}
	return p.kind.entity(n, true), nil
}

// holds tells whether a name is among those of the page, if it is any.
func (p pageDir) holds(name string) bool {
	return commonUnits(p.span.prefix, name) == p.span.prefix
}

// group finds a page or a name in a page that lists pages.
func (p pageDir) group(ctx context.Context, name, prefix string, isPage bool) (Node, error) {
	if p.span.count() <= p.kind.limit() {
		return nil, missing(name)
	}
	g, ok, err := p.span.step(ctx, p.kind.shelf(), prefix)
	if err := asMissing(name, ok && g.prefix == prefix && isPage == (g.count() > 1), err); err != nil {
		return nil, err
	}
	return p.kind.member(ctx, p.span, g)
}

func (p pageDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	return p.kind.list(ctx, p.span, from)
}
