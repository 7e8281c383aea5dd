package cashttp

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Streams of blocks and of names, as FORMAT.md describes them.

const (
	// maxItem is the longest block, in bytes.
	maxItem = 256 << 20
	// maxIDs is how many blocks can be asked for at once.
	maxIDs = 4096
	// maxCID is the longest name, in bytes.
	maxCID = 64
)

// What became of a block that was asked for.
const (
	statusFound byte = iota
	statusMissing
	statusCorrupt // the bytes are why
	statusFailed  // the bytes are why
	statusAway    // the store cannot be reached: the bytes are why
)

var errCut = errors.New("the stream ends before its end")

type wireWriter struct {
	w   *bufio.Writer
	sum hash.Hash       // over the names of the blocks
	at  map[cid.Cid]int // number of each block
	n   int             // of blocks
	err error
}

func newWireWriter(w io.Writer) *wireWriter {
	return &wireWriter{w: bufio.NewWriterSize(w, 32<<10), sum: sha256.New(), at: map[cid.Cid]int{}}
}

func (w *wireWriter) uvarint(n uint64) {
	if w.err == nil {
		_, w.err = w.w.Write(binary.AppendUvarint(nil, n))
	}
}

func (w *wireWriter) raw(b []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(b)
	}
}

func (w *wireWriter) bytes(b []byte) {
	w.uvarint(uint64(len(b)))
	w.raw(b)
}

func (w *wireWriter) flush() error {
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return w.err
}

// answer writes what became of the block with number i of those that were asked for.
func (w *wireWriter) answer(i int, status byte, data []byte) {
	w.uvarint(uint64(i) + 1)
	w.raw([]byte{status})
	w.bytes(data)
}

// linkHead is what stands before a CID in dag-cbor.
var linkHead = []byte{0xd8, 0x2a, 0x58, 0x25, 0x00}

const linkSize = 5 + 36

// block writes a block; links to blocks before it are told by their distance.
func (w *wireWriter) block(b cas.Block) {
	data := b.Data()
	type cut struct{ at, back int }
	var cuts []cut
	for from := 0; b.CID().Type() == cas.DagCBOR; {
		i := bytes.Index(data[from:], linkHead)
		if i < 0 || from+i+linkSize > len(data) {
			break
		}
		at := from + i
		from = at + len(linkHead)
		if _, id, err := cid.CidFromBytes(data[from : at+linkSize]); err == nil {
			if n, ok := w.at[id]; ok {
				cuts = append(cuts, cut{at, w.n - n})
				from = at + linkSize
			}
		}
	}
	w.uvarint(b.CID().Type())
	w.uvarint(uint64(len(cuts)))
	last := 0
	for _, c := range cuts {
		w.uvarint(uint64(c.at - last))
		w.uvarint(uint64(c.back))
		last = c.at + linkSize
	}
	w.uvarint(uint64(len(data) - len(cuts)*linkSize))
	last = 0
	for _, c := range cuts {
		w.raw(data[last:c.at])
		last = c.at + linkSize
	}
	w.raw(data[last:])
	w.sum.Write(b.CID().Bytes())
	w.at[b.CID()] = w.n
	w.n++
}

// end ends a stream of blocks.
func (w *wireWriter) end() error {
	w.uvarint(0)
	w.raw(w.sum.Sum(nil))
	return w.flush()
}

type wireReader struct{ r *bufio.Reader }

func newWireReader(r io.Reader) wireReader { return wireReader{bufio.NewReaderSize(r, 32<<10)} }

func (r wireReader) uvarint() (uint64, error) {
	n, err := binary.ReadUvarint(r.r)
	return n, cutShort(err)
}

func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return err
}

// bytes reads up to most bytes; memory grows with what comes, not with what is announced.
func (r wireReader) bytes(most uint64) ([]byte, error) {
	n, err := r.uvarint()
	if err != nil {
		return nil, err
	}
	if n > most {
		return nil, fmt.Errorf("an item of %d bytes; at most %d", n, most)
	}
	if n <= 64<<10 {
		b := make([]byte, n)
		_, err := io.ReadFull(r.r, b)
		return b, cutShort(err)
	}
	var b bytes.Buffer
	_, err = io.CopyN(&b, r.r, int64(n))
	return b.Bytes(), cutShort(err)
}

// ids reads names up to the end.
func (r wireReader) ids() (ids []cid.Cid, err error) {
	for {
		if _, err := r.r.Peek(1); errors.Is(err, io.EOF) {
			return ids, nil
		}
		b, err := r.bytes(maxCID)
		if err != nil {
			return nil, err
		}
		id, err := cid.Cast(b)
		if err != nil {
			return nil, err
		}
		if len(ids) == maxIDs {
			return nil, fmt.Errorf("more than %d names", maxIDs)
		}
		ids = append(ids, id)
	}
}

// blocks reads what block and end wrote. most is how many bytes all of them may have.
func (r wireReader) blocks(most int64) ([]cas.Block, error) {
	var blocks []cas.Block
	sum := sha256.New()
	for {
		codec, err := r.uvarint()
		if err != nil {
			return nil, err
		}
		if codec == 0 {
			break
		}
		data, err := r.block(blocks)
		if err != nil {
			return nil, err
		}
		if most -= int64(len(data)); most < 0 {
			return nil, errTooLarge
		}
		b := cas.NewBlock(codec, data)
		sum.Write(b.CID().Bytes())
		blocks = append(blocks, b)
	}
	told := make([]byte, sha256.Size)
	if _, err := io.ReadFull(r.r, told); err != nil {
		return nil, cutShort(err)
	}
	if !bytes.Equal(told, sum.Sum(nil)) {
		return nil, &cas.CorruptError{Path: "a stream of blocks", Reason: "they are not those that were sent"}
	}
	return blocks, nil
}

var errTooLarge = errors.New("too large")

// block reads the data of one block.
func (r wireReader) block(before []cas.Block) ([]byte, error) {
	n, err := r.uvarint()
	if err != nil {
		return nil, err
	}
	type cut struct {
		gap int
		id  cid.Cid
	}
	var cuts []cut
	for range n {
		gap, err := r.uvarint()
		if err != nil {
			return nil, err
		}
		back, err := r.uvarint()
		if err != nil {
			return nil, err
		}
		if gap > maxItem || back == 0 || back > uint64(len(before)) {
			return nil, errors.New("a link to a block that is not in the stream")
		}
		cuts = append(cuts, cut{int(gap), before[len(before)-int(back)].CID()})
	}
	rest, err := r.bytes(maxItem)
	if err != nil || len(cuts) == 0 {
		return rest, err
	}
	data := make([]byte, 0, len(rest)+len(cuts)*linkSize)
	for _, c := range cuts {
		if c.gap > len(rest) {
			return nil, errors.New("a link behind the end of a block")
		}
		data = append(append(append(data, rest[:c.gap]...), linkHead...), c.id.Bytes()...)
		rest = rest[c.gap:]
	}
	return append(data, rest...), nil
}
