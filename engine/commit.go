package engine

import (
	"context"
	"crypto"
	"fmt"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/dagcbor"
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

	Added, Retracted int // datoms of the transaction, its own included
	Purged           int // datoms of older ones that are in this commit no more, nor in those after it

	Renumbered []Renumbered // of a merge: entities that have another id than in the second parent

	signature []byte // who signed it and how; empty when nobody did

	jump cid.Cid // the ancestor of t jumpT(T), the first parent or an older one; undefined in the first commit
	next ID      // greater than every id in the user's partition that was ever used

	foreign bool // of an Elsewhere: it has no block
}

// commitItems is how many items the block of a commit has that purges nothing and is not signed.
const commitItems = 14

// Meta is what a transaction's author says of it.
type Meta struct {
	By, Msg string
	Key     crypto.Signer // an ed25519 key that signs the commit, e.g. an ed25519.PrivateKey; nil: it is not signed
}

// block writes the commit as a map {t, v, at, by, tx, add, msg, ret, sig?, base, jump, next,
// root, tail, purged?, parents, renumbered?}: FORMAT.md, "Commit". Its ID is not looked at.
func (c Commit) block() cas.Block {
	items := commitItems
	if c.Purged > 0 {
		items++
	}
	if len(c.signature) > 0 {
		items++
	}
	if len(c.Renumbered) > 0 {
		items++
	}
	dst := dagcbor.AppendMap(make([]byte, 0, 320+len(c.By)+len(c.Msg)), items)
	dst = dagcbor.AppendUint(dagcbor.AppendText(dst, "t"), c.T)
	dst = dagcbor.AppendUint(dagcbor.AppendText(dst, "v"), formatVersion)
	dst = dagcbor.AppendInt(dagcbor.AppendText(dst, "at"), c.At.UnixMilli())
	dst = dagcbor.AppendText(dagcbor.AppendText(dst, "by"), c.By)
	dst = dagcbor.AppendLink(dagcbor.AppendText(dst, "tx"), c.Tx)
	dst = dagcbor.AppendUint(dagcbor.AppendText(dst, "add"), uint64(c.Added))
	dst = dagcbor.AppendText(dagcbor.AppendText(dst, "msg"), c.Msg)
	dst = dagcbor.AppendUint(dagcbor.AppendText(dst, "ret"), uint64(c.Retracted))
	if len(c.signature) > 0 {
		dst = dagcbor.AppendBytes(dagcbor.AppendText(dst, "sig"), c.signature)
	}
	dst = dagcbor.AppendLink(dagcbor.AppendText(dst, "base"), c.Base)
	dst = dagcbor.AppendText(dst, "jump")
	if c.jump.Defined() {
		dst = dagcbor.AppendLink(dst, c.jump)
	} else {
		dst = dagcbor.AppendNull(dst)
	}
	dst = dagcbor.AppendUint(dagcbor.AppendText(dst, "next"), uint64(c.next))
	dst = dagcbor.AppendBytes(dagcbor.AppendText(dst, "root"), c.Root.Bytes())
	dst = dagcbor.AppendUint(dagcbor.AppendText(dst, "tail"), uint64(c.Tail))
	if c.Purged > 0 {
		dst = dagcbor.AppendUint(dagcbor.AppendText(dst, "purged"), uint64(c.Purged))
	}
	dst = dagcbor.AppendArray(dagcbor.AppendText(dst, "parents"), len(c.Parents))
	for _, p := range c.Parents {
		dst = dagcbor.AppendLink(dst, p)
	}
	if len(c.Renumbered) > 0 {
		dst = appendRenumbered(dagcbor.AppendText(dst, "renumbered"), c.Renumbered)
	}
	return cas.NewBlock(cas.DagCBOR, dst)
}

// ReadCommit reads one commit block; the error says so when id is another kind of block.
func ReadCommit(ctx context.Context, g cas.Getter, id cid.Cid) (Commit, error) {
	if from, ok := elsewhere(g); ok {
		if c, ok, err := from.ForeignCommit(ctx, id); ok || err != nil {
			return c, err
		}
	}
	b, err := g.Get(ctx, id)
	if err != nil {
		return Commit{}, fmt.Errorf("read commit: %w", explained(ctx, g, id, err))
	}
	c, err := parseCommit(b)
	if err != nil {
		return Commit{}, fmt.Errorf("%s: %w", id, err)
	}
	return c, nil
}

// parseCommit reads what block wrote, strictly.
func parseCommit(b cas.Block) (Commit, error) {
	if b.CID().Prefix().Codec != cas.DagCBOR {
		return Commit{}, errNoCommit
	}
	r := dagcbor.NewReader(b.Data())
	if r.Peek() != dagcbor.Map {
		return Commit{}, errNoCommit
	}
	items := r.Map()
	if items < commitItems || items > commitItems+3 || r.Key("") != "t" {
		return Commit{}, errNoCommit
	}
	c := Commit{ID: b.CID(), T: r.Uint()}
	expectKey(r, "t", "v")
	if v := r.Uint(); v != formatVersion && r.Err() == nil {
		return Commit{}, versionError(v)
	}
	expectKey(r, "v", "at")
	c.At = time.UnixMilli(r.Int()).UTC()
	expectKey(r, "at", "by")
	c.By = r.Text()
	expectKey(r, "by", "tx")
	c.Tx = r.Link()
	expectKey(r, "tx", "add")
	c.Added = int(r.Uint())
	expectKey(r, "add", "msg")
	c.Msg = r.Text()
	expectKey(r, "msg", "ret")
	c.Retracted = int(r.Uint())
	items -= c.readSignature(r)
	if items < commitItems || items > commitItems+2 {
		r.Fail("another number of items than it says")
	}
	c.Base = r.Link()
	expectKey(r, "base", "jump")
	c.jump = readJump(r)
	expectKey(r, "jump", "next")
	c.next = ID(r.Uint())
	expectKey(r, "next", "root")
	c.Root = readRoot(r)
	expectKey(r, "root", "tail")
	c.Tail = int(r.Uint())
	items -= c.readPurged(r)
	c.Parents = readParents(r)
	if items > commitItems {
		items--
		expectKey(r, "parents", "renumbered")
		c.Renumbered = readRenumbered(r)
	}
	if items != commitItems {
		r.Fail("another number of items than it says")
	}
	if err := r.Done(); err != nil {
		return Commit{}, fmt.Errorf("%w: %w", errNoCommit, err)
	}
	return c, c.check()
}

// readSignature reads the keys up to that of the base, and the signature where there is one. It returns how many items more that is.
func (c *Commit) readSignature(r *dagcbor.Reader) (more int) {
	last := "ret"
	key := r.Key(last)
	if key == "sig" {
		if c.signature = r.Bytes(); len(c.signature) != signatureSize {
			r.Fail(fmt.Sprintf("a signature of %d bytes", len(c.signature)))
		}
		more, last = 1, key
		key = r.Key(last)
	}
	if key != "base" && r.Err() == nil {
		r.Fail(fmt.Sprintf("%q where %q is expected", key, "base"))
	}
	return more
}

// readPurged reads the keys up to that of the parents, and what was purged where that is told. It returns how many items more that is.
func (c *Commit) readPurged(r *dagcbor.Reader) (more int) {
	last := r.Key("tail")
	if last == "purged" {
		if c.Purged = int(r.Uint()); c.Purged <= 0 {
			r.Fail("a purge of nothing")
		}
		more, last = 1, r.Key(last)
	}
	if last != "parents" && r.Err() == nil {
		r.Fail(fmt.Sprintf("%q where %q is expected", last, "parents"))
	}
	return more
}

var errNoCommit = fmt.Errorf("not a commit")

// check refuses what no version writes.
func (c Commit) check() error {
	first := len(c.Parents) == 0
	if first != (c.T == 0) || first == c.jump.Defined() || c.Added < 0 || c.Retracted < 0 || c.Tail < 0 || uint64(c.Tail) > c.T || c.T >= 1<<42 || c.next == 0 {
		return fmt.Errorf("%w: t %d with %d parents, a tail of %d and next id %d", errNoCommit, c.T, len(c.Parents), c.Tail, c.next)
	}
	if c.Tail == 0 && c.Base != c.Root {
		return fmt.Errorf("%w: the base is not the root though nothing lies between", errNoCommit)
	}
	if len(c.Renumbered) > 0 && len(c.Parents) < 2 {
		return fmt.Errorf("%w: it renumbers what no second parent has", errNoCommit)
	}
	if c.Purged > 0 && c.Tail != 0 {
		return fmt.Errorf("%w: it purges and has a tail, which cannot lead to what is left", errNoCommit)
	}
	return nil
}

func readJump(r *dagcbor.Reader) cid.Cid {
	if r.Peek() == dagcbor.Null {
		r.Null()
		return cid.Undef
	}
	return r.Link()
}

func readRoot(r *dagcbor.Reader) cid.Cid {
	n, id, err := cid.CidFromBytes(r.Bytes())
	if r.Err() == nil && (err != nil || n != len(id.Bytes())) {
		r.Fail("root is not a CID")
	}
	return id
}

func readParents(r *dagcbor.Reader) []cid.Cid {
	parents := make([]cid.Cid, r.Array())
	for i := range parents {
		parents[i] = r.Link()
	}
	return parents
}
