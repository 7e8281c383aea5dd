package cas

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/ipfs/go-cid"
)

// ErrNotFound says that a block or a ref is not there. Errors that wrap it name which.
var ErrNotFound = errors.New("not found")

// ErrConflict says that a ref did not hold the expected old value.
var ErrConflict = errors.New("ref was moved by another writer")

// ErrUnavailable says that the storage could not be reached, or that it did not answer: trying again later may help.
var ErrUnavailable = errors.New("storage unavailable")

// ErrUnsupported says that a CID names a hash function or a codec that dhfs does not write.
var ErrUnsupported = errors.New("not supported")

// CorruptError says that stored bytes are damaged. It is never retried and
// never turned into ErrNotFound.
type CorruptError struct {
	CID    cid.Cid // may be undefined when the damage has no block to name
	Path   string  // file and offset where known
	Reason string
}

func (e *CorruptError) Error() string {
	switch {
	case e.Path != "" && e.CID.Defined():
		return fmt.Sprintf("block %s in %s is corrupt: %s", e.CID, e.Path, e.Reason)
	case e.Path != "":
		return fmt.Sprintf("%s is corrupt: %s", e.Path, e.Reason)
	}
	return fmt.Sprintf("block %s is corrupt: %s", e.CID, e.Reason)
}

// Getter reads blocks.
type Getter interface {
	// Get returns the block named id. The error wraps ErrNotFound when the
	// block is not there and is a *CorruptError when its bytes are damaged.
	Get(ctx context.Context, id cid.Cid) (Block, error)
}

// Store keeps blocks. All methods may be called from many goroutines.
type Store interface {
	Getter
	// Has tells whether Get would find id, without reading its bytes.
	Has(ctx context.Context, id cid.Cid) (bool, error)
	// Put stores the blocks as one durable batch: when it returns nil they
	// survive a power failure; when it fails any of them may or may not be
	// there. Children come before the blocks that link to them. Storing a block
	// again is no error and writes nothing new.
	Put(ctx context.Context, blocks []Block) error
	// All lists every block, each once, in no particular order.
	All(ctx context.Context) iter.Seq2[cid.Cid, error]
}

// Ref is a name and the commit that it points at.
type Ref struct {
	Name string // "heads/main", "tags/v1": segments of [A-Za-z0-9._-], no "..", joined by "/"
	CID  cid.Cid
}

// Refs are the only mutable names.
type Refs interface {
	// Ref returns what name points at; the error wraps ErrNotFound when there is no such ref.
	Ref(ctx context.Context, name string) (cid.Cid, error)
	// SetRef moves name from old to next atomically and durably. old is
	// cid.Undef when the ref must not exist yet; next is cid.Undef to remove it.
	// The error wraps ErrConflict when name does not point at old.
	SetRef(ctx context.Context, name string, old, next cid.Cid) error
	// Refs lists all refs sorted by name.
	Refs(ctx context.Context) ([]Ref, error)
}

// RefStore is what a database lives in.
type RefStore interface {
	Store
	Refs
}

// Committer is a store that can put blocks and move a ref in one durable step.
type Committer interface {
	Commit(ctx context.Context, blocks []Block, ref string, old, next cid.Cid) error
}

// Commit puts blocks and then moves ref, in one step where s can.
func Commit(ctx context.Context, s RefStore, blocks []Block, ref string, old, next cid.Cid) error {
	if c, ok := As[Committer](s); ok {
		return c.Commit(ctx, blocks, ref, old, next)
	}
	if err := s.Put(ctx, blocks); err != nil {
		return err
	}
	return s.SetRef(ctx, ref, old, next)
}

// Carrier is a store to which a commit with many blocks goes as fast as one with few, while each step of a reader
// is a request. Nodes are stored with each transaction then, so that no reader has to do transactions again.
type Carrier interface {
	// CarriesNodes tells whether it is such a store.
	CarriesNodes() bool
}
