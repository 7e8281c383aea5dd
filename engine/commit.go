package engine

import (
	"context"
	"iter"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Commit is the block that a database value is opened from.
type Commit struct {
	ID      cid.Cid
	Parents []cid.Cid // none for the first; the first parent is the branch that was committed to
	T       uint64
	At      time.Time
	By, Msg string
	Root    cid.Cid // digest of the canonical snapshot; the block need not be stored
	Base    cid.Cid // newest snapshot whose nodes are stored
	Tail    int     // how many transactions, this one's last, lie between Base and Root
	Tx      cid.Cid // the transaction's block
}

// Meta is what a transaction's author says of it.
type Meta struct{ By, Msg string }

// TxRecord is what one transaction added and retracted.
type TxRecord struct {
	T      uint64
	Datoms []Datom // in EAVT order
}

// ReadCommit reads one commit block; the error says so when id is another kind of block.
func ReadCommit(ctx context.Context, g cas.Getter, id cid.Cid) (Commit, error) { panic("spec") }

// ReadTx reads what the commit's transaction did.
func ReadTx(ctx context.Context, g cas.Getter, c Commit) (TxRecord, error) { panic("spec") }

// Log yields head and its first parents, newest first.
func Log(ctx context.Context, g cas.Getter, head cid.Cid) iter.Seq2[Commit, error] { panic("spec") }

// Ancestor finds the newest commit on head's first-parent line for which keep is true; keep must be
// monotone (true for all older ones too). O(log n) reads.
func Ancestor(ctx context.Context, g cas.Getter, head cid.Cid, keep func(Commit) bool) (Commit, error) {
	panic("spec")
}

// Resolve finds the commit that rev names: "" or "head" (branch main, or the only one), a branch, a tag, "t42",
// "main~3", "2026-11-01" (the last commit of that UTC day), "2026-11-01T120000Z", "yesterday", a commit id or an unambiguous part of it of at least 7 characters
// ("bafyrei" in front may be left out). The error wraps cas.ErrNotFound and names what is near.
func Resolve(ctx context.Context, s cas.RefStore, rev string, now time.Time) (Commit, error) {
	panic("spec")
}

// Diff yields what must be retracted from a and added to it to become b (user, schema and transaction datoms alike), in EAVT order, reading only what differs.
func Diff(ctx context.Context, a, b DB) iter.Seq2[Datom, error] { panic("spec") }
