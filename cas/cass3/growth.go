package cass3

import (
	"context"

	"github.com/dhfs/dhfs/cas"
)

// growthFrom is how many bytes commits have to add before it is worth while to make the bucket smaller: a Collect is some fifty requests,
// and who asks for it reads all that is live.
const growthFrom = 64 << 20

// Growth implements cas.Grower by what refs tell that were seen; it asks nothing.
func (s *Store) Growth() (fresh, rest int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sizes := map[packID]int64{}
	for _, o := range s.refs {
		if o == nil {
			continue
		}
		fresh = max(fresh, o.grown) // branches have packs in common
		for _, p := range o.packs {
			sizes[p.id] = p.size
		}
	}
	for _, n := range sizes {
		rest += n
	}
	rest = max(0, rest-fresh)
	if fresh < max(s.growFrom, rest/2) {
		fresh = 0
	}
	return fresh, rest
}

// leaveGrown notes in refs that what commits have added cannot be made smaller, so that not each next one tries. It is tried again after as much more.
func (s *Store) leaveGrown(ctx context.Context, refs []cas.Ref) {
	for _, r := range refs {
		cur := s.seen(r.Name)
		if cur == nil || cur.grown < s.growFrom {
			continue
		}
		next := cur.again()
		next.grown = 0
		_ = s.swap(ctx, r.Name, cur, next, next.encode(s.where)) // another move of the ref does as well
	}
}
