package cass3

import "context"

// run is a place that a reader may come to next, and how many records in a row it has read up to there.
type run struct {
	end  uint32
	long int
}

const (
	aheadFrom = 3       // records in a row make a scan
	aheadMost = 1 << 20 // bytes
)

// readAhead reads a record, and those behind it when the ones before it were just read: a scan asks for the leaves in the order in which they lie.
func (s *Store) readAhead(ctx context.Context, at location) ([]byte, error) {
	size := s.window(at)
	data, err := s.client.getRange(ctx, at.pack.key(), int64(at.off), size)
	if err != nil || size == int64(at.size) {
		return data, err
	}
	for off := int(at.size); ; {
		_, whole, err := splitRecord(data[off:], at.pack)
		if err != nil { // cut off, or damaged: who wants it reads it
			return data[:at.size:at.size], nil
		}
		pieces().Set(pieceKey{s.number.Load(), at.pack, at.off + uint32(off)}, data[off:off+whole:off+whole])
		off += whole
	}
}

// window is how many bytes to read from a record on.
func (s *Store) window(at location) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.ahead[at.pack]
	if gap := int64(at.off) - int64(r.end); gap >= 0 && gap <= 4<<10 {
		r.long++
	} else {
		r.long = 0
	}
	size := int64(at.size)
	if p, ok := s.byID[at.pack]; ok && r.long >= aheadFrom {
		size = max(size, min(aheadMost, 8<<10<<min(r.long-aheadFrom, 7), p.index()-int64(at.off)))
	}
	r.end = at.off + uint32(size)
	if len(s.ahead) > 1024 {
		clear(s.ahead)
	}
	s.ahead[at.pack] = r
	return size
}
