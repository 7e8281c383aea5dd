package casfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/dhfs/dhfs/cas"
)

// mark says how far a file of records is known.
type mark struct {
	end  int64  // of the last whole record
	last int64  // where that record begins; 0, the head of the file, when there is none
	sum  uint32 // of that record
}

// harvest is what a walk over records gathered.
type harvest struct {
	mark  mark
	refs  []refMove
	found []found
	// torn: more bytes follow that are no whole record, nor is there one after them.
	torn   bool
	damage *cas.CorruptError
}

// readAhead is how much of a file is read at a time when looking for records.
const readAhead = 256 << 10

// walk gathers the records from m to size. Bytes that are no record are damage
// when a record follows after them, since a record is only written when the
// one before is safe; else they are the torn end of an append. A record that
// was not written behind the one in m means that m is of the past: the error
// is errReplaced.
func walk(f file, name string, id identity, m mark, size int64) (harvest, error) {
	h := harvest{mark: m}
	w := window{f: f, limit: size}
	for {
		head, body, err := w.record(id, h.mark.end)
		switch {
		case err == io.EOF:
			return h, nil
		case errors.Is(err, errNoRecord):
			next, err := w.findRecord(id, h.mark.end+1)
			if err != nil {
				return h, err
			}
			if next < 0 {
				h.torn = true
				return h, nil
			}
			h.damaged(name, fmt.Sprintf("%d bytes are no record", next-h.mark.end))
			h.mark = mark{end: next}
			continue
		case err != nil:
			return h, err
		}
		if before := binary.LittleEndian.Uint32(head[8:]); before != h.mark.sum && h.damage == nil {
			return h, errReplaced
		}
		if !h.take(head, body) {
			h.damaged(name, "the record is not made as records are")
		}
	}
}

// errReplaced says that what a mark was taken from has been written anew.
var errReplaced = errors.New("the file is not the one that was read before")

// take adds one record to the harvest.
func (h *harvest) take(head, body []byte) bool {
	moves, blocks, ok := parseBody(body, h.mark.end+recordHead, h.found)
	if ok {
		h.refs, h.found = append(h.refs, moves...), blocks
	}
	h.mark = mark{
		end:  h.mark.end + recordHead + int64(len(body)),
		last: h.mark.end,
		sum:  headSum(head),
	}
	return ok
}

// damaged notes the first damage.
func (h *harvest) damaged(name, reason string) {
	if h.damage == nil {
		h.damage = &cas.CorruptError{Path: fmt.Sprintf("%s at offset %d", name, h.mark.end), Reason: reason}
	}
}

// errNoRecord says that what lies at an offset is no whole record.
var errNoRecord = errors.New("no record")

// window reads a file below limit with one large read for many small ones.
type window struct {
	f     file
	limit int64
	off   int64
	buf   []byte
}

// bytes returns n bytes at off, valid until the next call; io.EOF when the
// file ends before.
func (w *window) bytes(off, n int64) ([]byte, error) {
	if off+n > w.limit {
		return nil, io.EOF
	}
	if off < w.off || off+n > w.off+int64(len(w.buf)) {
		want := min(max(n, readAhead), w.limit-off)
		if int64(cap(w.buf)) < want {
			w.buf = make([]byte, want)
		}
		got, err := w.f.ReadAt(w.buf[:want], off)
		w.off, w.buf = off, w.buf[:got]
		if int64(got) < n {
			return nil, err
		}
	}
	return w.buf[off-w.off:][:n:n], nil
}

// record reads the record at off. The error is io.EOF at the very end of the
// file and errNoRecord when there is no whole record there.
func (w *window) record(id identity, off int64) (head, body []byte, err error) {
	if off == w.limit {
		return nil, nil, io.EOF
	}
	head, err = w.bytes(off, recordHead)
	if err != nil {
		return nil, nil, noRecord(err)
	}
	if !bytes.Equal(head[:4], id.marker()) {
		return nil, nil, errNoRecord
	}
	whole, err := w.bytes(off, recordHead+int64(binary.LittleEndian.Uint32(head[4:])))
	if err != nil {
		return nil, nil, noRecord(err)
	}
	head, body = whole[:recordHead], whole[recordHead:]
	if id.sum(off, head, body) != headSum(head) {
		return nil, nil, errNoRecord
	}
	return head, body, nil
}

// noRecord tells the end of the file, which may have been cut meanwhile, from
// a failure to read.
func noRecord(err error) error {
	if err == io.EOF {
		return errNoRecord
	}
	return err
}

// findRecord looks for the first whole record at or after off; -1 when there is none.
func (w *window) findRecord(id identity, off int64) (int64, error) {
	for off+recordHead <= w.limit {
		b, err := w.bytes(off, min(readAhead, w.limit-off))
		if err == io.EOF {
			return -1, nil
		}
		if err != nil {
			return 0, err
		}
		i := bytes.Index(b, id.marker())
		if i < 0 {
			off += int64(len(b) - len(id.marker()) + 1)
			continue
		}
		off += int64(i)
		_, _, err = w.record(id, off)
		if err == nil {
			return off, nil
		}
		if !errors.Is(err, errNoRecord) && err != io.EOF {
			return 0, err
		}
		off++
	}
	return -1, nil
}
