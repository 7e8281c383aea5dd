package cas

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ipfs/go-cid"
)

// Fault is a block that should be there and is not, or is damaged.
type Fault struct {
	CID  cid.Cid
	Path []cid.Cid // how it was reached: from a root down to a block that links to it; empty for a root
	Err  error     // wraps ErrNotFound or ErrUnsupported, or is a *CorruptError
}

// String tells the fault and the path to it in one line.
func (f Fault) String() string {
	if len(f.Path) == 0 {
		return f.Err.Error()
	}
	steps := make([]string, len(f.Path))
	for i, id := range f.Path {
		steps[i] = id.String()
	}
	return fmt.Sprintf("%v, reached by %s", f.Err, strings.Join(steps, " > "))
}

// Verified is what a Verify has read and found.
type Verified struct {
	Blocks int   // whole and sound
	Bytes  int64 // in those blocks
	Faults []Fault
}

// Verify reads every block that roots reach and lists those that are missing,
// do not match their name or are not strict dag-cbor although they should be.
// What only a faulty block leads to cannot be seen. Blocks for which skip is true are not looked
// at; a nil skip skips none. progress, unless it is nil, is told now and then what was read so far.
//
// The error is that of a store that cannot be asked, not of a fault in it; what
// was found until then is returned with it.
func Verify(ctx context.Context, g Getter, roots []cid.Cid, skip func(cid.Cid) bool, progress func(Verified)) (Verified, error) {
	var found Verified
	w := walk{from: g, skip: skip, fatal: func(err error) bool { return !damage(err) }}
	w.visit = func(id cid.Cid, f fetched) bool {
		if f.err != nil {
			found.Faults = append(found.Faults, Fault{CID: id, Path: w.path(id), Err: f.err})
			return true
		}
		found.Blocks++
		found.Bytes += int64(len(f.block.data))
		if progress != nil && found.Blocks%fetchBatch == 0 {
			progress(found)
		}
		return true
	}
	err := w.run(ctx, roots)
	if progress != nil {
		progress(found)
	}
	return found, err
}

// damage tells whether err is about a block, not about the way to it.
func damage(err error) bool {
	var corrupt *CorruptError
	return errors.Is(err, ErrNotFound) || errors.Is(err, ErrUnsupported) || errors.As(err, &corrupt)
}
