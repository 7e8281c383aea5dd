package car

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Write writes a CAR file: roots, of which there must be one at least, and
// blocks in the order in which they come. It holds one block at a time. An error
// among blocks ends the file where it is and is returned.
func Write(w io.Writer, roots []cid.Cid, blocks iter.Seq2[cas.Block, error]) error {
	if len(roots) == 0 {
		return errors.New("writing a CAR file: it needs a root")
	}
	out := bufio.NewWriterSize(w, 256<<10)
	header := appendHeader(nil, roots)
	if len(header) > maxHeader {
		return fmt.Errorf("writing a CAR file: %d roots are too many", len(roots))
	}
	if err := writePart(out, header, nil); err != nil {
		return err
	}
	for b, err := range blocks {
		if err != nil {
			return fmt.Errorf("writing a CAR file: %w", err)
		}
		if len(b.Data()) > MaxBlock {
			return fmt.Errorf("writing a CAR file: block %s has %d bytes, at most %d", b.CID(), len(b.Data()), MaxBlock)
		}
		if err := writePart(out, b.CID().Bytes(), b.Data()); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing a CAR file: %w", err)
	}
	return nil
}

// writePart writes the length of a part and its two pieces.
func writePart(out *bufio.Writer, head, body []byte) error {
	var size [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(size[:], uint64(len(head)+len(body)))
	for _, piece := range [][]byte{size[:n], head, body} {
		if _, err := out.Write(piece); err != nil {
			return fmt.Errorf("writing a CAR file: %w", err)
		}
	}
	return nil
}
