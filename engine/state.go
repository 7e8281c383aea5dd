package engine

import (
	"sync"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// state is what a DB is a view of. It never changes.
type state struct {
	env     *env
	opts    Options
	commit  Commit // the newest commit in its past; its own unless made by With
	before  *state // what With made it from, nil otherwise
	t       uint64
	at      time.Time
	next    ID // greater than every id in the user's partition that was ever used
	schema  *Schema
	ids     identities // of schema
	trees   trees
	late    *late // transactions that trees are still to be edited by; nil when there are none
	tail    novelty
	foreign Foreign // where the datoms are, of a value that is read elsewhere
	hold    *hold   // what it is opened from; nil when all of it is in memory

	once     sync.Once
	snapshot cas.Block
	failed   error // to make it
}

// novelty is what lies between the stored snapshot and the state.
type novelty struct {
	datoms  int
	bytes   int  // of blocks of transactions
	thinned bool // the commit's own base is not there: it was opened from an older one
}

// block is the canonical snapshot. It hashes what was not hashed yet. It fails where transactions were put off: settled has to be asked first.
func (s *state) block() (cas.Block, error) {
	s.once.Do(func() {
		data, err := s.appendSnapshot(nil)
		if err != nil {
			s.failed = err
			return
		}
		s.snapshot = cas.NewBlock(cas.DagCBOR, data)
	})
	return s.snapshot, s.failed
}

// root is the CID of the canonical snapshot, where transactions were put off the one that the commit names. It is undefined, and so no commit's, where there is none.
func (s *state) root() cid.Cid {
	if s.late != nil {
		return s.commit.Root
	}
	b, err := s.block()
	if err != nil {
		return cid.Undef
	}
	return b.CID()
}

// edited is a copy to make the next state of. Nothing may have been put off.
func (s *state) edited() *state {
	return &state{
		env: s.env, opts: s.opts, commit: s.commit, before: s.before, t: s.t, at: s.at, next: s.next,
		schema: s.schema, ids: s.ids, trees: s.trees, tail: s.tail, hold: s.hold,
	}
}
