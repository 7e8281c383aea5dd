package fs

import (
	"sync"

	"github.com/dhfs/dhfs/engine"
)

// The kernel asks for a directory's attributes again whenever a program has listed
// it. Where it has only the number of an entity, finding them takes a look-up of
// the identity and one of the name.

// maxDirs is how many directories of entities a commit remembers, 24 bytes each.
const maxDirs = 1 << 15

// dirShows is what the names index tells of what an entity's directory shows.
type dirShows struct {
	id     engine.ID // 0 is no entity
	newest uint64
	digest uint64
}

// dirMemo remembers directories, in places by their ids: those that follow on each
// other, as in an import, do not drive each other out.
type dirMemo struct {
	mu    sync.Mutex
	known []dirShows // empty until it is needed
}

func (m *dirMemo) get(id engine.ID) (dirShows, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		return dirShows{}, false
	}
	s := m.known[id%maxDirs]
	return s, s.id == id
}

func (m *dirMemo) put(s dirShows) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = make([]dirShows, maxDirs)
	}
	m.known[s.id%maxDirs] = s
}
