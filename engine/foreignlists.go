package engine

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"
)

// The lists of names of a Foreign. None are kept: that of a kind is made when it is asked for, of the datoms of the attributes that entities
// of the kind are named by, and of those that go before them.

// shelf is the names of a kind, rising.
type shelf struct {
	names []string
	ids   []ID
}

func (s *shelf) rank(name string) int { return sort.SearchStrings(s.names, name) }

func (s *shelf) Len() int           { return len(s.names) }
func (s *shelf) Less(i, j int) bool { return s.names[i] < s.names[j] }
func (s *shelf) Swap(i, j int) {
	s.names[i], s.names[j] = s.names[j], s.names[i]
	s.ids[i], s.ids[j] = s.ids[j], s.ids[i]
}

func (s *shelf) add(h Home, id ID) {
	s.names, s.ids = append(s.names, h.Name), append(s.ids, id)
}

func (s *shelf) bytes() (n int64) {
	for _, name := range s.names {
		n += int64(len(name)) + 24
	}
	return n
}

// shelfOf is what the list of a kind is kept under.
type shelfOf string

// shelf is the names of a kind.
func (db DB) shelf(ctx context.Context, kind string) (*shelf, error) {
	place := DB{s: db.s}.OfAll(shelfOf(kind))
	if known, ok := place.Get(); ok {
		return known.(*shelf), nil
	}
	s, err := DB{s: db.s}.listNames(ctx, kind)
	if err != nil {
		return nil, fmt.Errorf("names of kind %q: %w", kind, err)
	}
	sort.Sort(s)
	place.Put(s, s.bytes())
	return s, nil
}

func (db DB) listNames(ctx context.Context, kind string) (*shelf, error) {
	s, seen := &shelf{}, map[ID]bool{}
	last := len(db.s.ids) - 1
	for ; last >= 0 && kind != noKind && db.s.ids[last].kind != kind; last-- {
	}
	for _, i := range db.s.ids[:last+1] {
		for d, err := range db.Match(ctx, Pattern{A: Some(i.attr.ID)}) {
			if err != nil {
				return nil, err
			}
			if seen[d.E] || !db.s.isNamed(d.E) {
				continue
			}
			if i.kind == kind {
				s.add(i.home(d.V), d.E)
			}
			seen[d.E] = true
		}
	}
	if kind != noKind {
		return s, nil
	}
	for d, err := range db.Match(ctx, Pattern{}) {
		if err != nil {
			return nil, err
		}
		if !seen[d.E] && db.s.isNamed(d.E) {
			s.add(idHome(d.E), d.E)
			seen[d.E] = true
		}
	}
	return s, nil
}

// foreignNames yields the names of a kind from a place in the list on.
func (db DB) foreignNames(ctx context.Context, kind string, from func(*shelf) int) iter.Seq2[Name, error] {
	return func(yield func(Name, error) bool) {
		s, err := db.shelf(ctx, kind)
		if err != nil {
			yield(Name{}, err)
			return
		}
		for i := from(s); i < len(s.names); i++ {
			if !yield(Name{Home: Home{kind, s.names[i]}, ID: s.ids[i], Newest: db.s.t, Digest: db.foreignDigest(uint64(s.ids[i]))}, nil) {
				return
			}
		}
	}
}

// foreignDigest is that of something of a Foreign: it is another one in each commit.
func (db DB) foreignDigest(of uint64) uint64 {
	return shortDigest(foreignBlock(fmt.Sprint(db.s.snapshot.CID(), of)).CID())
}

func (db DB) foreignRange(ctx context.Context, kind, prefix string) (NameRange, error) {
	s, err := db.shelf(ctx, kind)
	if err != nil {
		return NameRange{}, err
	}
	from := s.rank(prefix)
	n := sort.Search(len(s.names)-from, func(i int) bool { return !strings.HasPrefix(s.names[from+i], prefix) })
	return NameRange{uint64(from), uint64(n), db.s.t, db.foreignDigest(uint64(from)<<32 | uint64(n))}, nil
}

// foreignKinds are the kinds that some entity is of, and that of entities without an identity, whether there are any or not. How many there are
// is not known: 1 stands for some.
func (db DB) foreignKinds(ctx context.Context) ([]KindInfo, error) {
	here := DB{s: db.s}
	infos := []KindInfo{db.foreignKind(noKind)}
	for n, i := range db.s.ids {
		if slices.ContainsFunc(infos, func(k KindInfo) bool { return k.Kind == i.kind }) {
			continue
		}
		some, err := here.namesSome(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("kind %q: %w", i.kind, err)
		}
		if some {
			infos = append(infos, db.foreignKind(i.kind))
		}
	}
	slices.SortFunc(infos, func(a, b KindInfo) int { return strings.Compare(a.Kind, b.Kind) })
	return infos, nil
}

func (db DB) foreignKind(kind string) KindInfo {
	return KindInfo{kind, 1, db.s.t, shortDigest(foreignBlock(db.s.snapshot.CID().String() + kind).CID())}
}

// ForeignKind is what Kinds would tell of a kind, which is read from nowhere; ok is false for one that the schema does not make.
func (db DB) ForeignKind(kind string) (k KindInfo, ok bool) {
	ok = kind == noKind || slices.ContainsFunc(db.s.ids, func(i identity) bool { return i.kind == kind })
	return db.foreignKind(kind), ok
}

// namesSome tells whether an entity lives in the kind of the nth identity by it.
func (db DB) namesSome(ctx context.Context, n int) (bool, error) {
	i := db.s.ids[n]
	for d, err := range db.Match(ctx, Pattern{A: Some(i.attr.ID)}) {
		if err != nil {
			return false, err
		}
		if !db.s.isNamed(d.E) {
			continue
		}
		if n == 0 {
			return true, nil
		}
		h, err := db.s.foreignHome(ctx, d.E)
		if err != nil || h.Kind == i.kind {
			return err == nil, err
		}
	}
	return false, nil
}
