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
	tail    novelty
	foreign Foreign // where the datoms are, of a value that is read elsewhere
	hold    *hold   // what it is opened from; nil when all of it is in memory

	once     sync.Once
	snapshot cas.Block
}

// novelty is what lies between the stored snapshot and the state.
type novelty struct {
	datoms  int
	bytes   int  // of blocks of transactions
	thinned bool // the commit's own base is not there: it was opened from an older one
}

// block is the canonical snapshot. It hashes what was not hashed yet.
func (s *state) block() cas.Block {
	s.once.Do(func() { s.snapshot = cas.NewBlock(cas.DagCBOR, s.appendSnapshot(nil)) })
	return s.snapshot
}

func (s *state) root() cid.Cid { return s.block().CID() }

// edited is a copy to make the next state of.
func (s *state) edited() *state {
	return &state{
		env: s.env, opts: s.opts, commit: s.commit, before: s.before, t: s.t, at: s.at, next: s.next,
		schema: s.schema, ids: s.ids, trees: s.trees, tail: s.tail, hold: s.hold,
	}
}
