package queries

import "io"

// sinkSize is about how much is written at once.
const sinkSize = 64 << 10

// sink collects what is to be written. A failed write sticks.
type sink struct {
	w   io.Writer
	buf []byte
	err error
}

func newSink(w io.Writer) *sink { return &sink{w: w} }

// spill writes what there is, once it is enough.
func (s *sink) spill() {
	if len(s.buf) >= sinkSize {
		s.flush()
	}
}

// flush writes what there is.
func (s *sink) flush() error {
	if s.err == nil && len(s.buf) > 0 {
		_, s.err = s.w.Write(s.buf)
	}
	s.buf = s.buf[:0]
	return s.err
}
