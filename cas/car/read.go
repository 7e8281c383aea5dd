package car

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Reader reads a CAR file as a stream and checks every block against its CID.
// It holds one block at a time, whatever the file says of its sizes.
type Reader struct {
	in    *bufio.Reader
	at    int64 // offset of what in gives next
	start int64 // offset of the part that is being read
	roots []cid.Cid
}

// NewReader reads the header. The error is a *FormatError where in is not a CAR file of version 1.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(in, 64<<10)}
	size, err := r.size(maxHeader)
	if errors.Is(err, io.EOF) {
		return nil, r.fault("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	header, err := r.take(size)
	if err != nil {
		return nil, err
	}
	if r.roots, err = parseHeader(header); err != nil {
		return nil, r.fault("header: " + err.Error())
	}
	return r, nil
}

// Roots are the CIDs that the header names. The file need not hold those blocks.
func (r *Reader) Roots() []cid.Cid { return r.roots }

// Blocks yields the blocks in the order of the file, once. The error, which is
// the last thing yielded, is a *FormatError where the file is not well-formed or
// ends too early, wraps a *cas.CorruptError where a block does not match
// its CID, and wraps cas.ErrUnsupported where a CID names another hash
// function than dhfs uses.
func (r *Reader) Blocks() iter.Seq2[cas.Block, error] {
	return func(yield func(cas.Block, error) bool) {
		for {
			b, err := r.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

// next reads a block; the error is io.EOF at the end of the file.
func (r *Reader) next() (cas.Block, error) {
	size, err := r.size(maxCID + MaxBlock)
	if err != nil {
		return cas.Block{}, err
	}
	part, err := r.take(size)
	if err != nil {
		return cas.Block{}, err
	}
	n, id, err := cid.CidFromBytes(part)
	if err != nil {
		return cas.Block{}, r.fault(err.Error())
	}
	b, err := cas.Check(id, part[n:])
	if err != nil {
		return cas.Block{}, fmt.Errorf("in the CAR file at byte %d: %w", r.start, err)
	}
	return b, nil
}

// size reads the length of the next part; the error is io.EOF where the file ends before it.
func (r *Reader) size(limit int) (int, error) {
	r.start = r.at
	n := 0
	for shift := 0; ; shift += 7 {
		b, err := r.in.ReadByte()
		if err == io.EOF && shift == 0 {
			return 0, io.EOF
		}
		if err != nil {
			return 0, r.failed(err)
		}
		r.at++
		n |= int(b&0x7f) << shift
		switch {
		case n > limit || shift > 28:
			return 0, r.fault(fmt.Sprintf("a part of more than %d bytes", limit))
		case b == 0 && shift > 0:
			return 0, r.fault("a length that is not in its shortest form")
		case n == 0 && b == 0:
			return 0, r.fault("a part without content")
		case b < 0x80:
			return n, nil
		}
	}
}

// take reads n bytes. The buffer grows with what is there, not with what the file claims.
func (r *Reader) take(n int) ([]byte, error) {
	var buf []byte
	for len(buf) < n {
		step := min(n-len(buf), max(len(buf), 64<<10))
		buf = slices.Grow(buf, step)[:len(buf)+step]
		got, err := io.ReadFull(r.in, buf[len(buf)-step:])
		r.at += int64(got)
		if err != nil {
			return nil, r.failed(err)
		}
	}
	return buf, nil
}

// failed says that the file ended within a part, or that reading failed.
func (r *Reader) failed(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.fault("the file ends within this part")
	}
	return fmt.Errorf("reading a CAR file at byte %d: %w", r.at, err)
}

func (r *Reader) fault(reason string) error { return &FormatError{Offset: r.start, Reason: reason} }
