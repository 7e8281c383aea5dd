package edn

import (
	"fmt"
	"io"
	"math"
	"unicode/utf8"
	"unsafe"
)

// window is the part of the text that is in memory: buf[at:] is still to be
// read. Whoever scans ahead counts from at, which stays when bytes are added.
type window struct {
	src     io.Reader // nil where all of the text is in buf
	shared  bool      // buf is the caller's string: values may share it
	buf     []byte
	at      int
	dropped int64 // bytes of the stream before buf
	line    int32
	bol     int // so that at-bol is how many characters of the line were read
	failed  error
	limit   int   // bytes of one top-level form
	began   int64 // where it began
	beganAt Pos
}

const windowSize = 64 << 10

// has tells whether buf[at+n] exists, after reading more if need be.
func (w *window) has(n int) bool {
	return w.at+n < len(w.buf) || w.more(n)
}

// more reads until buf[at+n] exists; false at the end of the stream.
func (w *window) more(n int) bool {
	if w.src == nil || w.failed != nil {
		return false
	}
	if w.limit > 0 && w.dropped+int64(len(w.buf))-w.began > int64(w.limit) && w.beganAt.Line > 0 {
		w.failed = &Error{Pos: w.beganAt, Msg: fmt.Sprintf("a form of more than %d bytes", w.limit), Hint: "split it into several"}
		return false
	}
	w.makeRoom(n)
	for idle := 0; w.at+n >= len(w.buf) && w.failed == nil; idle++ {
		got, err := w.src.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+got]
		w.failed = err
		if got > 0 {
			idle = 0
		} else if idle > 100 && err == nil {
			w.failed = io.ErrNoProgress
		}
	}
	return w.at+n < len(w.buf)
}

// makeRoom drops what was read, and grows the buffer where a token fills it, so that buf[at+n] fits.
func (w *window) makeRoom(n int) {
	rest := w.buf[w.at:]
	w.dropped += int64(w.at)
	w.bol -= w.at
	w.at = 0
	if size := max(windowSize, 2*len(rest)); cap(w.buf) <= n {
		w.buf = append(make([]byte, 0, size), rest...)
		return
	}
	w.buf = append(w.buf[:0], rest...)
}

func (w *window) pos() Pos {
	return Pos{w.line, int32(min(w.at-w.bol+1, math.MaxInt32))}
}

// text is the string of a piece of buf.
func (w *window) text(b []byte) string {
	if w.shared {
		return view(b)
	}
	return string(b)
}

// view is a piece of buf as a string that is good until more is read.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// wide steps over a character of several bytes.
func (r *Reader) wide() (c rune, ok bool) {
	r.has(utf8.UTFMax - 1)
	c, n := utf8.DecodeRune(r.buf[r.at:])
	if c == utf8.RuneError && n <= 1 {
		return 0, r.notUTF8(r.pos(), r.buf[r.at])
	}
	r.at += n
	r.bol += n - 1
	return c, true
}

func (r *Reader) notUTF8(at Pos, b byte) bool {
	return r.fail(at, fmt.Sprintf("the byte %#02x is not UTF-8", b), "convert the text to UTF-8: iconv -f LATIN1 -t UTF-8")
}

// byteOrderMark steps over the mark of UTF-8 and refuses those of UTF-16.
func (r *Reader) byteOrderMark() bool {
	if !r.has(1) {
		return true
	}
	switch [2]byte(r.buf[r.at:]) {
	case [2]byte{0xFE, 0xFF}, [2]byte{0xFF, 0xFE}:
		return r.fail(Pos{1, 1}, "the text is UTF-16", "convert it to UTF-8: iconv -f UTF-16 -t UTF-8")
	case [2]byte{0xEF, 0xBB}:
		if r.has(2) && r.buf[r.at+2] == 0xBF {
			r.at += 3
			r.bol = r.at
		}
	}
	return true
}
