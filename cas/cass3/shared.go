package cass3

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"github.com/maypok86/otter/v2"
)

// shared is what all opens of one store in the process know of it. All of it is about things that never change, but for the refs,
// which are asked again, and what was put here last.
type shared struct {
	address
	number atomic.Uint64 // of the store as of this epoch, in the keys of the caches

	mu       sync.Mutex
	refs     map[string]*refObject // as last seen
	packs    []packInfo            // newest first, without those that another one replaces
	byID     map[packID]packInfo   // packs, also those that were replaced
	replaced map[packID]bool
	unlisted []packInfo         // put here, and not yet in the list of a ref
	probed   bool               // the server keeps conditions
	lines    map[string]*line   // of those who want to move a ref
	watched  map[string]watched // claims that others have, by key
	ahead    map[packID]run
	epoch    uint64          // how often garbage was removed, as far as is known here
	doomed   map[packID]bool // packs that were removed as garbage, or are being removed
	hidden   atomic.Pointer[hidden]
	roll     roll // of the packs that were seen when garbage was removed last
	rollMu   sync.Mutex
	rolled   atomic.Pointer[rolled]
	vanished atomic.Int64 // how often a pack was not there any more
}

var (
	stores      sync.Map // identity → *shared
	storeNumber atomic.Uint64
)

// sharedOf is what is known of the store at a.
func sharedOf(a address) *shared {
	if known, ok := stores.Load(a.identity()); ok {
		return known.(*shared)
	}
	known, _ := stores.LoadOrStore(a.identity(), newShared(a))
	return known.(*shared)
}

// newShared knows nothing yet.
func newShared(a address) *shared {
	s := &shared{
		address: a, refs: map[string]*refObject{}, byID: map[packID]packInfo{}, replaced: map[packID]bool{},
		lines: map[string]*line{}, ahead: map[packID]run{}, doomed: map[packID]bool{},
	}
	s.number.Store(storeNumber.Add(1))
	return s
}

// What the process keeps of all stores together.
const (
	blockBytes  = 32 << 20
	pieceBytes  = 32 << 20  // of indexes, small packs and what was read ahead
	maxLocation = 1_000_000 // about 100 bytes each
)

type blockKey struct {
	store uint64
	id    cid.Cid
}

// pieceKey names bytes of a pack, by where they begin.
type pieceKey struct {
	store uint64
	pack  packID
	off   uint32
}

var (
	blocks = sync.OnceValue(func() *otter.Cache[blockKey, cas.Block] {
		return otter.Must(&otter.Options[blockKey, cas.Block]{
			MaximumWeight: blockBytes, Weigher: func(_ blockKey, b cas.Block) uint32 { return uint32(len(b.Data())) + 200 },
		})
	})
	pieces = sync.OnceValue(func() *otter.Cache[pieceKey, []byte] {
		return otter.Must(&otter.Options[pieceKey, []byte]{
			MaximumWeight: pieceBytes, Weigher: func(_ pieceKey, b []byte) uint32 { return uint32(len(b)) + 100 },
		})
	})
	locations = sync.OnceValue(func() *otter.Cache[blockKey, location] {
		return otter.Must(&otter.Options[blockKey, location]{MaximumSize: maxLocation})
	})
)

func (s *shared) block(id cid.Cid) (cas.Block, bool) {
	return blocks().GetIfPresent(blockKey{s.number.Load(), id})
}

func (s *shared) keep(b cas.Block) {
	if len(b.Data()) <= blockBytes/16 {
		blocks().Set(blockKey{s.number.Load(), b.CID()}, b)
	}
}

// where is the place of a block as far as it is known without asking.
func (s *shared) where(id cid.Cid) location {
	at, _ := locations().GetIfPresent(blockKey{s.number.Load(), id})
	if s.hides(at) {
		return location{}
	}
	return at
}

func (s *shared) learn(id cid.Cid, at location) { locations().Set(blockKey{s.number.Load(), id}, at) }

func (s *shared) forget(id cid.Cid) { locations().Invalidate(blockKey{s.number.Load(), id}) }

// has tells whether a block is known to be stored, in a pack that was there since garbage was removed last. A hint does not tell that.
func (s *shared) has(id cid.Cid) bool { return s.listedAt(id).known() }

// listedAt is where has knows a block to be.
func (s *shared) listedAt(id cid.Cid) location {
	at := s.where(id)
	if _, ok := s.ofPack(at.pack); !ok {
		return location{}
	}
	return at
}

// learnHints keeps where a block's children lie.
func (s *shared) learnHints(links []cid.Cid, hints []location) {
	for i, at := range hints {
		if i < len(links) && at.known() && !s.where(links[i]).known() {
			s.learn(links[i], at)
		}
	}
}

// addPacks takes note of packs, the newest first. They were there in the epoch since, so in a later one they may not be.
func (s *shared) addPacks(since uint64, packs ...packInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if since < s.epoch {
		return
	}
	for _, p := range slices.Backward(packs) {
		if _, ok := s.byID[p.id]; !ok && !s.doomed[p.id] {
			s.byID[p.id] = p
			if !s.replaced[p.id] {
				s.packs = append(s.packs, p)
			}
		}
	}
}

// replace drops packs of which another one has all blocks.
func (s *shared) replace(ids []packID) {
	if len(ids) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.replaced[id] = true
	}
	s.packs = slices.DeleteFunc(s.packs, func(p packInfo) bool { return s.replaced[p.id] })
	s.unlisted = slices.DeleteFunc(s.unlisted, func(p packInfo) bool { return s.replaced[p.id] })
}

// vanish notes that a pack is not there any more. What is live of it is elsewhere.
func (s *shared) vanish(id packID) {
	s.vanished.Add(1)
	s.replace([]packID{id})
}

// known are the packs that have to be asked for a block, newest first.
func (s *shared) known() []packInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	packs := slices.Clone(s.packs)
	slices.Reverse(packs)
	return packs
}

// ofPack is what is known of a pack.
func (s *shared) ofPack(id packID) (packInfo, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.byID[id]
	return p, ok
}

// without is packs but for those that are gone.
func without(packs []packInfo, gone map[packID]bool) []packInfo {
	return slices.DeleteFunc(packs, func(p packInfo) bool { return gone[p.id] })
}
