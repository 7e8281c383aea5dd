package fs

import (
	"sync"

	"github.com/dhfs/dhfs/engine"
)

// A program that walks a tree asks for an entity's directory several times in a
// row: for the listing, for its end, for attributes, for contents. The listings
// that were made last are kept, together with what was rendered of them.

const (
	// keptListings is how many: enough for as many programs that walk at once.
	keptListings = 64
	// maxKeptFiles is how many files a directory may have to be kept; with
	// maxKeptBytes it bounds the memory for all of them to 64 MiB.
	maxKeptFiles = 256
	maxKeptBytes = 4096
)

// recent are listings of entities, by commit and entity; the oldest goes first.
type recent struct {
	mu    sync.Mutex
	known map[entityKey]*listing
	order [keptListings]entityKey
	next  int // where the oldest is in order
}

type entityKey struct {
	c  *commit
	id engine.ID
}

// listing is the files of an entity's directory, as they are named in one kind.
type listing struct {
	kind    string
	entries []Entry // the nodes are *attrFile
}

func (r *recent) get(k entityKey) (*listing, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.known[k]
	return l, ok
}

func (r *recent) add(k entityKey, l *listing) {
	if len(l.entries) > maxKeptFiles {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = make(map[entityKey]*listing, keptListings)
	}
	if _, ok := r.known[k]; !ok {
		delete(r.known, r.order[r.next])
		r.order[r.next] = k
		r.next = (r.next + 1) % keptListings
	}
	r.known[k] = l
}

// file is one attribute of an entity that was listed a moment ago.
func (r *recent) file(k entityKey, attr engine.ID) (*attrFile, bool) {
	l, ok := r.get(k)
	if !ok {
		return nil, false
	}
	for _, e := range l.entries {
		if f, ok := e.Node.(*attrFile); ok && f.f.attr.ID == attr {
			return f, true
		}
	}
	return nil, false
}
