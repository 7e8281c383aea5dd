//go:build linux || darwin

package fs

import "github.com/dhfs/dhfs/engine"

// Numbers of nodes that have an address hold it, so that nothing is kept for
// them but a count for each commit:
//
//	bit 63      1
//	bit 62      1 for a file, 0 for a directory
//	bits 52–61  the commit's slot
//	bits 12–51  the entity
//	bits 0–11   a file's attribute, above the beginning of its partition; a directory's kind
//	            in bits 1–11, and 1 in bit 0 where it lies below pages
const (
	packedBit = 1 << 63
	fileBit   = 1 << 62
	slotBits  = 10
	lowBits   = 12
	idBits    = 40

	maxSlots = 1 << slotBits
	attrBase = engine.ID(1) << 42 // the partition of attributes
)

// slot is a commit that nodes with packed numbers belong to.
type slot struct {
	c       *commit
	lookups uint64 // how often the kernel was given such a number, less what it forgot
}

// slots are the commits in use. A slot is free when the kernel has forgotten
// every number with it.
type slots struct {
	list []slot
	of   map[*commit]int
}

// take finds or makes the slot of a commit; false when there are too many.
func (s *slots) take(c *commit) (int, bool) {
	if i, ok := s.of[c]; ok {
		return i, true
	}
	i := 0
	for i < len(s.list) && s.list[i].c != nil {
		i++
	}
	if i == maxSlots {
		return 0, false
	}
	if i == len(s.list) {
		s.list = append(s.list, slot{})
	}
	if s.of == nil {
		s.of = map[*commit]int{}
	}
	s.list[i].c, s.of[c] = c, i
	return i, true
}

// bind counts a look-up and returns the number; false when the address does not fit into one.
func (s *slots) bind(a address) (id uint64, ok bool) {
	if !a.fits() {
		return 0, false
	}
	i, ok := s.take(a.c)
	if !ok {
		return 0, false
	}
	s.list[i].lookups++
	return a.number(i), true
}

// low is what is left of an address without commit and entity.
func (a address) low() uint64 {
	if a.attr != 0 {
		return uint64(a.attr - attrBase)
	}
	if a.paged {
		return uint64(a.kind)<<1 | 1
	}
	return uint64(a.kind) << 1
}

func (a address) fits() bool {
	return a.low() < 1<<lowBits && a.entity < 1<<idBits && (a.attr == 0 || a.attr >= attrBase)
}

// number is the address as a number, its commit being in slot i.
func (a address) number(i int) uint64 {
	id := packedBit | uint64(i)<<(idBits+lowBits) | uint64(a.entity)<<lowBits | a.low()
	if a.attr != 0 {
		id |= fileBit
	}
	return id
}

// address reads a number; false when the kernel should have forgotten it.
func (s *slots) address(id uint64) (address, bool) {
	i := int(id >> (idBits + lowBits) & (maxSlots - 1))
	if i >= len(s.list) || s.list[i].c == nil {
		return address{}, false
	}
	a := address{c: s.list[i].c, entity: engine.ID(id >> lowBits & (1<<idBits - 1))}
	low := id & (1<<lowBits - 1)
	if id&fileBit != 0 {
		a.attr = attrBase + engine.ID(low)
	} else {
		a.kind, a.paged = int(low>>1), low&1 == 1
	}
	return a, true
}

// forget takes back n look-ups.
func (s *slots) forget(id, n uint64) {
	i := int(id >> (idBits + lowBits) & (maxSlots - 1))
	if i >= len(s.list) || s.list[i].c == nil {
		return
	}
	if s.list[i].lookups -= min(n, s.list[i].lookups); s.list[i].lookups == 0 {
		delete(s.of, s.list[i].c)
		s.list[i].c = nil
	}
}
