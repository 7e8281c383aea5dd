package ingest

import "hash/maphash"

// maxKeys is how many keys are remembered: 8 million, in 128 MiB.
const maxKeys = 1 << 23

// keySet remembers texts by a hash of 64 bits. Two of 8 million texts
// share one with a probability of two in a million.
type keySet struct {
	slots []uint64 // 0: empty
	n     int
	full  bool // more than maxKeys were added, and those are not in it
}

var keySeed = maphash.MakeSeed()

// add tells whether the text was there already.
func (s *keySet) add(text string) (seen bool) {
	if 4*s.n >= 3*len(s.slots) {
		s.grow()
	}
	slot := s.find(text)
	if *slot != 0 {
		return true
	}
	if s.n == maxKeys {
		s.full = true
		return false
	}
	*slot = keyHash(text)
	s.n++
	return false
}

// has tells whether the text was added. It is not to be asked when the set is full.
func (s *keySet) has(text string) bool { return len(s.slots) > 0 && *s.find(text) != 0 }

func keyHash(text string) uint64 { return max(1, maphash.String(keySeed, text)) }

// find is the slot of the text, or the empty one where it belongs.
func (s *keySet) find(text string) *uint64 {
	h := keyHash(text)
	return s.slotOf(h)
}

func (s *keySet) slotOf(h uint64) *uint64 {
	mask := uint64(len(s.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		if s.slots[i] == 0 || s.slots[i] == h {
			return &s.slots[i]
		}
	}
}

func (s *keySet) grow() {
	old := s.slots
	s.slots = make([]uint64, max(1024, 2*len(old)))
	for _, h := range old {
		if h != 0 {
			*s.slotOf(h) = h
		}
	}
}
