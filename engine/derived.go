package engine

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/ipfs/go-cid"
	"github.com/maypok86/otter/v2"
)

// Trees are named by the CIDs of their roots, so whatever is computed from one alone can
// be kept under that name and is never out of date: a commit that does not touch an
// attribute leaves its roots as they were.

// derivedPart is how many times the cache of nodes may be taken again for what is derived from them.
const derivedPart = 5

// derived keeps what was computed from trees, within a limit of bytes.
type derived struct {
	cache *otter.Cache[derivedKey, derivedEntry]
	limit int64
	dict  atomic.Pointer[Dict]
}

// derivedKey is what something was computed from, as a view, and what it is.
type derivedKey struct {
	now, was cid.Cid
	after    uint64
	history  bool
	what     any
}

type derivedEntry struct {
	value any
	bytes int64
}

func newDerived(limit int64) *derived {
	d := &derived{limit: limit}
	if limit > 0 {
		d.cache = otter.Must(&otter.Options[derivedKey, derivedEntry]{
			MaximumWeight: uint64(limit),
			Weigher:       func(_ derivedKey, e derivedEntry) uint32 { return uint32(min(e.bytes+256, 1<<32-1)) },
		})
	}
	return d
}

// Derived is a place for something computed from a tree of the database, as the database's view shows it.
// All databases of one store share what is kept; it goes when room is wanted for something else.
type Derived struct {
	d   *derived
	key derivedKey
}

// Of is the place for what, comparable and of a type that nobody else uses, computed from the tree of one attribute.
func (db DB) Of(a ID, order Index, what any) Derived {
	if db.s.foreign != nil {
		return db.foreignPlace(a, order, what)
	}
	t, _ := db.s.trees.attr(a)
	if order == AVET {
		return db.place(t.avet, what)
	}
	return db.place(t.aevt, what)
}

// OfAll is the place for what was computed from all that the database holds, its schema included.
func (db DB) OfAll(what any) Derived {
	return Derived{db.s.env.derived, derivedKey{now: db.s.name(), after: db.after, history: db.history, what: what}}
}

func (db DB) place(p pair, what any) Derived {
	key := derivedKey{now: p.now.root(), after: db.after, history: db.history, what: what}
	if db.history {
		key.was = p.was.root()
	}
	return Derived{db.s.env.derived, key}
}

// root names what a tree holds: the CID of its root, which is made here where it is not stored yet, or what else it is known by.
func (t tree) root() cid.Cid {
	if t.n == 0 || t.name.Defined() {
		return t.name
	}
	id, err := t.Root()
	if err != nil { // only of what was put off, which has a name
		return cid.Undef
	}
	return id
}

// name is the CID of the snapshot or, where transactions were put off and nobody has looked whether they lead there, of the commit.
func (s *state) name() cid.Cid {
	if s.late != nil {
		return s.commit.ID
	}
	return s.root()
}

// AppendKey appends what names the tree and the view, but not what is derived from them: places
// with equal keys are of equal datoms.
func (p Derived) AppendKey(dst []byte) []byte {
	dst = append(append(dst, p.key.now.Bytes()...), p.key.was.Bytes()...)
	dst = binary.AppendUvarint(dst, p.key.after)
	if p.key.history {
		dst = append(dst, 'h')
	}
	return append(dst, 0)
}

// For is the place in the same store for what was derived from several trees, which key tells apart.
func (p Derived) For(what any) Derived { return Derived{p.d, derivedKey{what: what}} }

// Get is what was put there, if it is there still.
func (p Derived) Get() (any, bool) {
	if p.d.cache == nil {
		return nil, false
	}
	e, ok := p.d.cache.GetIfPresent(p.key)
	return e.value, ok
}

// Put keeps a value of about so many bytes that never changes, or may be changed by several goroutines at once.
func (p Derived) Put(value any, bytes int64) {
	if p.d.cache != nil {
		p.d.cache.Set(p.key, derivedEntry{value, bytes})
	}
}

// Room is how many bytes may be kept in all.
func (p Derived) Room() int64 { return p.d.limit }

// minDict is how large a dictionary may grow even where nothing is cached.
const minDict = 16 << 20

// Dict is the dictionary that the databases of one store share. A new one is begun when
// it has grown large: whoever needs terms to be comparable takes it once.
func (db DB) Dict() *Dict {
	kept := db.s.env.derived
	for {
		d := kept.dict.Load()
		if d != nil && d.Bytes() <= max(kept.limit/2, minDict) {
			return d
		}
		if next := NewDict(); kept.dict.CompareAndSwap(d, next) {
			return next
		}
	}
}
