package car

import (
	"context"
	"fmt"
	"io"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// File is a CAR file that blocks are read from by name. It remembers where each is, about 100 bytes for a block.
type File struct {
	in    io.ReaderAt
	roots []cid.Cid
	at    map[cid.Cid]span
	bytes int64
}

// span is where the bytes of a block are.
type span struct {
	offset int64
	size   int
}

// Open reads all of a file once and checks every block. Errors are those of NewReader and Reader.Blocks. progress, unless it is nil, is told the
// bytes that were read.
func Open(ctx context.Context, in io.ReaderAt, size int64, progress func(bytes int64)) (*File, error) {
	r, err := NewReader(io.NewSectionReader(in, 0, size))
	if err != nil {
		return nil, err
	}
	f := &File{in: in, roots: r.Roots(), at: map[cid.Cid]span{}}
	for b, err := range r.Blocks() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		n := len(b.Data())
		if _, twice := f.at[b.CID()]; !twice {
			f.bytes += int64(n)
		}
		f.at[b.CID()] = span{r.at - int64(n), n}
		if progress != nil {
			progress(r.at)
		}
	}
	return f, nil
}

// Roots are the CIDs that the header names.
func (f *File) Roots() []cid.Cid { return f.roots }

// Bytes is how many all blocks have.
func (f *File) Bytes() int64 { return f.bytes }

// Has tells whether a block is in the file.
func (f *File) Has(id cid.Cid) bool {
	_, ok := f.at[id]
	return ok
}

// Get implements cas.Getter.
func (f *File) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	s, ok := f.at[id]
	if !ok {
		return cas.Block{}, fmt.Errorf("block %s in the CAR file: %w", id, cas.ErrNotFound)
	}
	data := make([]byte, s.size)
	if _, err := f.in.ReadAt(data, s.offset); err != nil {
		return cas.Block{}, fmt.Errorf("reading a CAR file at byte %d: %w", s.offset, err)
	}
	if err := ctx.Err(); err != nil {
		return cas.Block{}, err
	}
	return cas.Check(id, data)
}
