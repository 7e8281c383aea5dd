package engine

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/dhfs/dhfs/engine/index"
	"github.com/ipfs/go-cid"
)

// Home is where an entity lives in the tree of files: the kind is the
// namespace of its identifying attribute ("_" without one), the name is made
// of the value (FileName) or, under "_", the id in decimal.
type Home struct{ Kind, Name string }

func (h Home) String() string { return h.Kind + "/" + h.Name }

// Name is one entry of the names index. Digest changes whenever anything that
// the entity's directory shows changes, mtimes included; Newest is the t of the newest change that it shows.
// In lists of a commit far behind the snapshot that it is opened from both may be 0, since to work them out for all takes long: Lookup tells them of one.
type Name struct {
	Home   Home
	ID     ID
	Newest uint64
	Digest uint64
}

// KindInfo tells about all entities of one kind without reading them. Digest is that of the kind's directory.
type KindInfo struct {
	Kind   string
	Count  uint64
	Newest uint64
	Digest uint64
}

// Kinds lists the kinds by name. Attributes and transactions are not entities in this sense.
func (db DB) Kinds(ctx context.Context) ([]KindInfo, error) {
	if db.s.foreign != nil {
		return db.foreignKinds(ctx)
	}
	if db.s.late != nil {
		if infos, known, err := db.s.late.kindInfos(ctx, db.s); known || err != nil {
			return infos, err
		}
	}
	s, err := db.s.settled(ctx)
	if err != nil {
		return nil, err
	}
	infos := make([]KindInfo, 0, len(s.trees.names))
	for _, k := range s.trees.names {
		root, err := k.tree.Root()
		if err != nil {
			return nil, fmt.Errorf("kind %q: %w", k.kind, err)
		}
		infos = append(infos, KindInfo{k.kind, k.tree.n, k.newest, shortDigest(root)})
	}
	return infos, nil
}

// shortDigest is the first 8 bytes of the digest that a CID contains.
func shortDigest(id cid.Cid) uint64 {
	hash := id.Hash()
	return binary.BigEndian.Uint64(hash[len(hash)-digestSize:])
}

// Names yields the entities of one kind in name order, starting at the first name >= from.
func (db DB) Names(ctx context.Context, kind, from string) iter.Seq2[Name, error] {
	if db.s.foreign != nil {
		return db.foreignNames(ctx, kind, func(s *shelf) int { return s.rank(from) })
	}
	k, ok, err := db.kind(ctx, kind)
	if !ok {
		return noNames(err)
	}
	return k.all(k.tree.Scan(ctx, []byte(from), nil))
}

// NamesAt yields the entities of one kind in name order, starting at the nth (for directory offsets).
func (db DB) NamesAt(ctx context.Context, kind string, n uint64) iter.Seq2[Name, error] {
	if db.s.foreign != nil {
		return db.foreignNames(ctx, kind, func(*shelf) int { return int(min(n, 1<<62)) })
	}
	k, ok, err := db.kind(ctx, kind)
	if !ok {
		return noNames(err)
	}
	return k.all(k.tree.At(ctx, n))
}

// NameRange is the entities of one kind whose names begin with a prefix.
type NameRange struct {
	From   uint64 // how many names of the kind come before
	Count  uint64
	Newest uint64 // the t of the newest change that their directories show
	// Digest is of the names and of all that their directories show: equal ones mean that these are equal. See KindInfo.
	Digest uint64
}

// NamesWith tells about the names of one kind that begin with prefix, in O(log n) reads.
func (db DB) NamesWith(ctx context.Context, kind, prefix string) (NameRange, error) {
	if db.s.foreign != nil {
		return db.foreignRange(ctx, kind, prefix)
	}
	k, ok, err := db.kind(ctx, kind)
	if !ok {
		return NameRange{}, err
	}
	if k.late != nil {
		r, known, err := k.late.with(ctx, prefix)
		if err != nil {
			return r, fmt.Errorf("names %s/%s…: %w", kind, prefix, err)
		}
		if known {
			return r, nil
		}
		made, err := db.s.settled(ctx)
		if err != nil {
			return r, err
		}
		whole, err := (DB{s: made}).NamesWith(ctx, kind, prefix)
		r.Newest = whole.Newest
		return r, err
	}
	lo := []byte(prefix)
	from, err := k.tree.Rank(ctx, lo)
	if err != nil {
		return NameRange{}, fmt.Errorf("names %s/%s…: %w", kind, prefix, err)
	}
	s, err := k.tree.Summarize(ctx, lo, prefixEnd(lo))
	if err != nil {
		return NameRange{}, fmt.Errorf("names %s/%s…: %w", kind, prefix, err)
	}
	return NameRange{from, s.Count, s.Max, binary.BigEndian.Uint64(s.Digest[:])}, nil
}

// NameRank is how many names of the kind come before every name that begins
// with prefix, and end is that number for what comes after them.
func (db DB) NameRank(ctx context.Context, kind, prefix string) (from, end uint64, err error) {
	if db.s.foreign != nil {
		r, err := db.foreignRange(ctx, kind, prefix)
		return r.From, r.From + r.Count, err
	}
	k, ok, err := db.kind(ctx, kind)
	if !ok {
		return 0, 0, err
	}
	lo, end := []byte(prefix), k.tree.n
	if from, err = k.tree.Rank(ctx, lo); err == nil && len(lo) > 0 {
		end, err = k.tree.Rank(ctx, prefixEnd(lo))
	}
	if err != nil {
		return 0, 0, fmt.Errorf("names %s/%s…: %w", kind, prefix, err)
	}
	return from, end, nil
}

// nameList is the names of one kind.
type nameList struct {
	kind string
	tree tree

	late    *lateKind // nil but where transactions were put off
	touched map[ID]struct{}
}

// kind is the names of one kind; ok is false where there are none, and after an error.
func (db DB) kind(ctx context.Context, kind string) (_ nameList, ok bool, err error) {
	if db.s.late != nil {
		names, err := db.s.late.names(ctx, db.s)
		if err != nil {
			return nameList{}, false, err
		}
		if names != nil {
			k, ok := names.kind(kind)
			if !ok {
				return nameList{}, false, nil
			}
			return nameList{kind, k.tree, k, names.touched}, true, nil
		}
	}
	s, err := db.s.settled(ctx)
	if err != nil {
		return nameList{}, false, fmt.Errorf("names of kind %q: %w", kind, err)
	}
	i, ok := s.trees.findKind(kind)
	if !ok {
		return nameList{}, false, nil
	}
	return nameList{kind: kind, tree: s.trees.names[i].tree}, true, nil
}

// noNames yields the error, if there is one.
func noNames(err error) iter.Seq2[Name, error] {
	return func(yield func(Name, error) bool) {
		if err != nil {
			yield(Name{}, err)
		}
	}
}

// all yields the names of runs.
func (k nameList) all(runs iter.Seq2[index.Run, error]) iter.Seq2[Name, error] {
	return func(yield func(Name, error) bool) {
		for run, err := range runs {
			if err != nil {
				yield(Name{}, fmt.Errorf("read names of kind %q: %w", k.kind, err))
				return
			}
			leaf := run.Leaf.(*nameLeaf)
			for i := run.Lo; i < run.Hi; i++ {
				entry := leaf.entry(i)
				if _, touched := k.touched[entry.id]; touched {
					entry = nameEntry{id: entry.id}
				}
				if !yield(entry.name(Home{k.kind, leaf.names[i]}), nil) {
					return
				}
			}
		}
	}
}

func (n nameEntry) name(h Home) Name { return Name{h, n.id, n.newest, n.digest} }

// Lookup finds the entity at a home path. "_" and a decimal id finds every entity
// that has datoms; the Home in the result is where it really lives.
func (db DB) Lookup(ctx context.Context, h Home) (Name, bool, error) {
	if db.s.late != nil && db.s.late.made.Load() == nil {
		if n, ok, known, err := db.lookupLate(ctx, h); known {
			return n, ok, err
		}
	}
	k, ok, err := db.kind(ctx, h.Kind)
	if err != nil {
		return Name{}, false, err
	}
	if ok {
		val, ok, err := k.tree.Get(ctx, []byte(h.Name))
		if err != nil {
			return Name{}, false, fmt.Errorf("look up %s: %w", h, err)
		}
		if ok {
			entry, err := parseNameEntry(string(val))
			if _, touched := k.touched[entry.id]; touched && err == nil {
				return db.nameOf(ctx, entry.id)
			}
			return entry.name(h), err == nil, err
		}
	}
	if db.s.foreign != nil && h.Kind != noKind {
		id, _, ok, err := db.EntityAt(ctx, h)
		if err != nil || !ok {
			return Name{}, false, err
		}
		return db.nameOf(ctx, id)
	}
	id, ok := idOfHome(h)
	if h.Kind != noKind || !ok {
		return Name{}, false, nil
	}
	return db.nameOf(ctx, id)
}

// nameOf works out the name of any entity that has datoms, whether it is in the index or not.
func (db DB) nameOf(ctx context.Context, id ID) (Name, bool, error) {
	n := newNamer(db.s, nil)
	h, err := n.homeOf(ctx, id)
	if err != nil {
		return Name{}, false, err
	}
	entry, ok, err := n.digest(ctx, id)
	return entry.name(h.Home), ok, err
}

// HomeOf is where the entity lives, and the newest t at which that changed.
func (db DB) HomeOf(ctx context.Context, id ID) (Home, uint64, error) {
	h, err := db.s.homeOf(ctx, id)
	return h.Home, h.since, err
}
