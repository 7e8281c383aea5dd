package exec

import (
	"sort"
	"sync/atomic"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// side is all datoms of one attribute as columns, ordered by entity (AEVT) or by
// value (AVET): the key is the one that orders, the other is the other of the two. Sides
// are kept with the trees that they were made of, and read only.
type side struct {
	order  engine.Index
	keys   []term
	others []term
	txs    []term // nil unless they were asked for
	added  []bool // nil when all were added
	groups groups
	single bool // no key has two rows
	unique bool // no two rows agree in key and other
	once   bool // no two rows agree in the other; false where that is not known
	rising bool // the others of a key are integers that rise

	low, high term // the least and greatest other, where rising
}

// sideKey names a side among what is derived from a tree.
type sideKey struct {
	dict *engine.Dict
	txs  bool
}

// spentKey names what look-ups in a tree have cost so far.
type spentKey struct{}

// lookupCost is what one look-up in a tree costs, in datoms of a side that is built.
const lookupCost = 12

// side is the side of a pattern's attribute. It is nil when looking up in the tree is
// cheaper: as long as all that look-ups in that very tree have cost is less than building the side would.
func (r *run) side(p *logic.Pattern, order engine.Index, lookups int) (*side, error) {
	if sd := r.peek(p, order); sd != nil {
		return sd, nil
	}
	db := p.Source.Input.DB
	place := r.sidePlace(p, order)
	count, _, err := db.Count(r.ctx, engine.Pattern{A: engine.Some(p.Attr.ID)})
	if err != nil {
		return nil, err
	}
	n := float64(count)
	if !r.scope.counting && (24*int64(n) > r.maxSide(place) || !r.affordable(db.Of(p.Attr.ID, order, spentKey{}), lookups, n)) {
		return nil, nil
	}
	sd, err := r.buildSide(p, order, uses(p, logic.PlaceT), int(n))
	if err != nil {
		return nil, err
	}
	place.Put(sd, sd.bytes())
	r.sides[place] = sd
	return sd, nil
}

// peek is the side if it is there already, else nil.
func (r *run) peek(p *logic.Pattern, order engine.Index) *side {
	place := r.sidePlace(p, order)
	if kept, ok := place.Get(); ok {
		return kept.(*side)
	}
	return r.sides[place]
}

func (r *run) sidePlace(p *logic.Pattern, order engine.Index) engine.Derived {
	return p.Source.Input.DB.Of(p.Attr.ID, order, sideKey{r.dict.Shared(), uses(p, logic.PlaceT)})
}

// maxSide is how many bytes a side may have.
func (r *run) maxSide(place engine.Derived) int64 { return max(place.Room()/4, 8<<20) }

// affordable tells whether it is time to build a side of n datoms.
func (r *run) affordable(place engine.Derived, lookups int, n float64) bool {
	cost := float64(lookups) * lookupCost
	if cost >= n {
		return true
	}
	spent, ok := place.Get()
	if !ok {
		spent = new(atomic.Int64)
		place.Put(spent, 64)
	}
	return float64(spent.(*atomic.Int64).Add(int64(cost)+1)) >= n
}

func uses(p *logic.Pattern, place int) bool { return p.Terms[place].Kind != lang.Blank }

func (r *run) buildSide(p *logic.Pattern, order engine.Index, txs bool, n int) (*side, error) {
	sd := &side{order: order, keys: make([]term, 0, n), others: make([]term, 0, n)}
	var held int64
	for c, err := range p.Source.Input.DB.Terms(r.ctx, r.dict.Shared(), order, p.Attr.ID) {
		if err != nil {
			return nil, err
		}
		r.add(sd, c, order, txs)
		more := sd.bytes() - held
		held += more
		if err := r.guard.Hold(more); err != nil {
			return nil, err
		}
	}
	r.scanned += len(sd.keys)
	sd.groups = newGroups(sd.keys)
	sd.describe()
	return sd, r.guard.Hold(-held)
}

// add appends a batch.
func (r *run) add(sd *side, c engine.TermColumns, order engine.Index, txs bool) {
	at := len(sd.keys)
	if order == engine.AVET {
		sd.keys, sd.others = append(sd.keys, c.V...), r.entities(sd.others, c.E)
	} else {
		sd.keys, sd.others = r.entities(sd.keys, c.E), append(sd.others, c.V...)
	}
	if txs {
		for _, t := range c.T {
			sd.txs = append(sd.txs, r.entity(engine.TxID(t)))
		}
	}
	if c.Added == nil && sd.added == nil {
		return
	}
	for len(sd.added) < at {
		sd.added = append(sd.added, true)
	}
	for i := range c.E {
		sd.added = append(sd.added, c.Added == nil || c.Added[i])
	}
}

func (r *run) entities(dst []term, ids []engine.ID) []term {
	for _, id := range ids {
		dst = append(dst, r.entity(id))
	}
	return dst
}

// describe finds out what the columns are like.
func (sd *side) describe() {
	sd.single, sd.unique, sd.rising = true, true, true
	if len(sd.others) > 0 {
		sd.rising = sd.others[0].IsInt()
		sd.low, sd.high = sd.others[0], sd.others[0]
	}
	for i := 1; i < len(sd.keys); i++ {
		x, y := sd.others[i-1], sd.others[i]
		sd.rising = sd.rising && y.IsInt()
		if int64(y) < int64(sd.low) {
			sd.low = y
		}
		if int64(y) > int64(sd.high) {
			sd.high = y
		}
		if sd.keys[i] != sd.keys[i-1] {
			continue
		}
		sd.single = false
		sd.unique = sd.unique && x != y
		sd.rising = sd.rising && int64(x) <= int64(y)
	}
	if sd.rising {
		_, sd.once = firstOnes(sd.others)
	}
}

func (sd *side) bytes() int64 {
	return int64(16*len(sd.keys)+8*len(sd.txs)+len(sd.added)) + sd.groups.bytes()
}

// all is the rows of the whole side.
func (sd *side) all() span { return span{0, int32(len(sd.keys))} }

// search is the first row of s whose other is t; it is s.hi when there is none.
func (sd *side) search(s span, t term) int32 {
	if !sd.rising || s.len() <= 8 {
		for i := s.lo; i < s.hi; i++ {
			if sd.others[i] == t {
				return i
			}
		}
		return s.hi
	}
	if !t.IsInt() {
		return s.hi
	}
	i := s.lo + int32(sort.Search(s.len(), func(i int) bool { return int64(sd.others[int(s.lo)+i]) >= int64(t) }))
	if i < s.hi && sd.others[i] == t {
		return i
	}
	return s.hi
}
