package engine

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/dhfs/dhfs/engine/edn"
)

// Term is a value in eight bytes. The lowest three bits say what the others are: an
// integer or an instant of 61 bits, a double whose last three bits are zero, or the
// place of any other value in a Dict. Two terms of one Dict are equal exactly when
// their values join in queries: a long equals a ref of the same number, a float the
// double of the same value, and nothing else of two kinds is equal.
type Term uint64

// The tags of terms. LocalTag is never given out by a Dict: it is for values that whoever
// uses terms keeps beside it, such as collections.
const (
	dictTag    Term = 0
	IntTag     Term = 1
	LocalTag   Term = 2
	doubleTag  Term = 3
	instantTag Term = 5

	TagBits = 3
	tagMask = 1<<TagBits - 1
)

// The terms that every Dict begins with.
const (
	NilTerm Term = iota << TagBits
	FalseTerm
	TrueTerm
)

// IntTerm is the term of n; ok is false when n needs more than 61 bits and has to be interned.
func IntTerm(n int64) (t Term, ok bool) {
	return Term(n)<<TagBits | IntTag, n<<TagBits>>TagBits == n
}

// IsInt tells whether t is an integer of up to 61 bits. Such terms compare as signed numbers like their integers.
func (t Term) IsInt() bool { return t&tagMask == IntTag }

// Int is the integer of a term that IsInt.
func (t Term) Int() int64 { return int64(t) >> TagBits }

// Tag is what the lowest bits say.
func (t Term) Tag() Term { return t & tagMask }

// Place is the number in the other bits, of a term with the local tag.
func (t Term) Place() int { return int(t >> TagBits) }

// BoolTerm is the term of a boolean.
func BoolTerm(b bool) Term {
	if b {
		return TrueTerm
	}
	return FalseTerm
}

// Dict gives terms to values. It only grows, and any number of goroutines may use it.
type Dict struct {
	seed   maphash.Seed
	shards [dictShards]dictShard
	list   termList
}

// dictShards is how many maps share the values, so that goroutines that intern at once seldom wait.
const dictShards = 16

type dictShard struct {
	sync.Mutex
	text    map[textKey]Term
	numbers map[numberKey]Term
	room    []byte // where texts are copied to, so that none holds on to the leaf it was read from
	_       [64]byte
}

type textKey struct {
	text string
	kind Kind
}

type numberKey struct {
	number uint64
	kind   Kind
}

// NewDict makes an empty dictionary.
func NewDict() *Dict {
	d := &Dict{seed: maphash.MakeSeed()}
	for i := range d.shards {
		d.shards[i].text, d.shards[i].numbers = map[textKey]Term{}, map[numberKey]Term{}
	}
	for _, v := range []edn.Value{edn.MakeNil(), edn.MakeBool(false), edn.MakeBool(true)} {
		d.list.add(v, 0)
	}
	return d
}

// Bytes is about what the dictionary holds in memory.
func (d *Dict) Bytes() int64 { return d.list.bytes.Load() }

// EDN is what a term of this dictionary stands for.
func (d *Dict) EDN(t Term) edn.Value {
	switch t & tagMask {
	case IntTag:
		return edn.MakeInt(t.Int())
	case doubleTag:
		return edn.MakeFloat(Value{num: uint64(t &^ tagMask)}.Double())
	case instantTag:
		return edn.MakeInst(t.Int())
	}
	return d.list.at(int(t >> TagBits))
}

// Term is the term of v, which is no tuple: whether tuples are equal is for those who compare collections to say.
func (d *Dict) Term(v Value) Term {
	if t, ok := inlineTerm(v); ok {
		return t
	}
	switch v.kind {
	case RefKind:
		v = Long(v.Long())
	case FloatKind:
		if v = Double(float64(v.Float())); v.num&tagMask == 0 {
			return Term(v.num) | doubleTag
		}
	}
	if v.str == "" {
		return d.number(v)
	}
	return d.text(v)
}

// inlineTerm is the term of a value that needs no dictionary.
func inlineTerm(v Value) (Term, bool) {
	switch v.kind {
	case LongKind, RefKind:
		return IntTerm(int64(v.num))
	case DoubleKind:
		return Term(v.num) | doubleTag, v.num&tagMask == 0
	case InstantKind:
		t, ok := IntTerm(int64(v.num))
		return t ^ IntTag | instantTag, ok
	case BoolKind:
		return BoolTerm(v.num != 0), true
	case NilKind:
		return NilTerm, true
	}
	return 0, false
}

func (d *Dict) number(v Value) Term {
	key := numberKey{v.num, v.kind}
	s := &d.shards[v.num%dictShards]
	s.Lock()
	defer s.Unlock()
	if t, ok := s.numbers[key]; ok {
		return t
	}
	t := d.list.add(ToEDN(v), 0)
	s.numbers[key] = t
	return t
}

func (d *Dict) text(v Value) Term {
	s := &d.shards[maphash.String(d.seed, v.str)%dictShards]
	s.Lock()
	defer s.Unlock()
	if t, ok := s.text[textKey{v.str, v.kind}]; ok {
		return t
	}
	v.str = s.copy(v.str)
	t := d.list.add(ToEDN(v), len(v.str))
	s.text[textKey{v.str, v.kind}] = t
	return t
}

// Find is the term of v if it has one already: what has none is in no column that this dictionary made.
func (d *Dict) Find(v Value) (Term, bool) {
	if t, ok := inlineTerm(v); ok || v.str == "" {
		if !ok {
			t = d.Term(v)
		}
		return t, true
	}
	s := &d.shards[maphash.String(d.seed, v.str)%dictShards]
	s.Lock()
	defer s.Unlock()
	t, ok := s.text[textKey{v.str, v.kind}]
	return t, ok
}

// roomSize is how much is allocated for texts at once.
const roomSize = 32 << 10

func (s *dictShard) copy(text string) string {
	if len(text) > cap(s.room)-len(s.room) {
		s.room = make([]byte, 0, max(roomSize, len(text)))
	}
	at := len(s.room)
	s.room = append(s.room, text...)
	return aliased(s.room[at:])
}

// termList is the values by their places: blocks that double in size, so that those who read need no lock.
type termList struct {
	mu     sync.Mutex
	n      int
	blocks [40]atomic.Pointer[[]edn.Value]
	bytes  atomic.Int64
}

// firstBlock is the size of the first block, as a power of two.
const firstBlock = 8

// termBytes is what a value costs besides its text: in the list and in a map.
const termBytes = 32 + 48

func (l *termList) add(v edn.Value, size int) Term {
	l.mu.Lock()
	defer l.mu.Unlock()
	block, at := place(l.n)
	p := l.blocks[block].Load()
	if p == nil {
		values := make([]edn.Value, 1<<(firstBlock+max(block-1, 0)))
		p = &values
		l.blocks[block].Store(p)
	}
	(*p)[at] = v
	l.n++
	l.bytes.Add(termBytes + int64(size))
	return Term(l.n-1) << TagBits
}

func (l *termList) at(i int) edn.Value {
	block, at := place(i)
	return (*l.blocks[block].Load())[at]
}

// place is the block of the ith value and where it is in there: blocks have 256, 256, 512, 1024, … values.
func place(i int) (block, at int) {
	if i < 1<<firstBlock {
		return 0, i
	}
	block = bits.Len(uint(i)) - firstBlock
	return block, i - 1<<(firstBlock+block-1)
}
