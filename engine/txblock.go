package engine

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/ipfs/go-cid"
)

// TxRecord is what one transaction added and retracted. Values that live out of
// line are as stored: DB.Resolve reads them.
type TxRecord struct {
	T      uint64
	Datoms []Datom // in EAVT order
}

// Kinds of the blocks of transactions, which continue those of the trees.
const (
	kindTx     = 8
	kindTxPart = 9
)

// maxTxPart is about how many bytes of datoms one block of a transaction holds.
const maxTxPart = 256 << 10

// txBlocks writes a transaction as [8, t, n, parts]: a single part inline, several as
// links to blocks [9, part]. FORMAT.md, "Transaction". The last block is the transaction's.
func txBlocks(t uint64, datoms []Datom) []cas.Block {
	parts := txParts(datoms)
	dst := dagcbor.AppendArray(nil, 4)
	dst = dagcbor.AppendUint(dagcbor.AppendUint(dst, kindTx), t)
	dst = dagcbor.AppendArray(dagcbor.AppendUint(dst, uint64(len(datoms))), len(parts))
	if len(parts) == 1 {
		return []cas.Block{cas.NewBlock(cas.DagCBOR, appendTxPart(dst, parts[0]))}
	}
	var blocks []cas.Block
	for _, part := range parts {
		data := dagcbor.AppendUint(dagcbor.AppendArray(nil, 2), kindTxPart)
		b := cas.NewBlock(cas.DagCBOR, appendTxPart(data, part))
		dst = dagcbor.AppendLink(dst, b.CID())
		blocks = append(blocks, b)
	}
	return append(blocks, cas.NewBlock(cas.DagCBOR, dst))
}

// txParts cuts the datoms into as few parts as keep to about maxTxPart bytes.
func txParts(datoms []Datom) [][]Datom {
	var parts [][]Datom
	start, size := 0, 0
	for i := range datoms {
		if size > maxTxPart {
			parts = append(parts, datoms[start:i])
			start, size = i, 0
		}
		size += 8 + len(datoms[i].V.str)
	}
	return append(parts, datoms[start:])
}

// appendTxPart writes [n, [Δe…], [Δa…], kinds, [v…], retracted].
func appendTxPart(dst []byte, datoms []Datom) []byte {
	c := newColumns(len(datoms), true, true)
	for i := range datoms {
		c.set(i, &datoms[i])
	}
	dst = dagcbor.AppendArray(dst, 6)
	dst = dagcbor.AppendUint(dst, uint64(len(datoms)))
	dst = appendAttributeDeltas(appendDeltas(dst, c.E), c.A)
	return appendRetracted(appendValues(dst, c.V), c.Added)
}

// ReadTx reads what the commit's transaction did.
func ReadTx(ctx context.Context, g cas.Getter, c Commit) (TxRecord, error) {
	if c.foreign {
		return foreignTx(ctx, g, c)
	}
	tx, _, err := readTx(ctx, g, c)
	if err != nil {
		return TxRecord{}, err
	}
	if added, retracted := tally(tx.Datoms); c.ID.Defined() && (added != c.Added || retracted != c.Retracted) {
		return TxRecord{}, &cas.CorruptError{CID: c.ID, Reason: fmt.Sprintf("it says %d added and %d retracted, its transaction %d and %d", c.Added, c.Retracted, added, retracted)}
	}
	return tx, nil
}

// readTx also tells how many bytes the transaction's blocks take.
func readTx(ctx context.Context, g cas.Getter, c Commit) (tx TxRecord, size int, err error) {
	b, err := g.Get(ctx, c.Tx)
	if err != nil {
		return TxRecord{}, 0, fmt.Errorf("read transaction %d: %w", c.T, err)
	}
	r := dagcbor.NewReader(b.Data())
	if items, kind, t := r.Array(), r.Uint(), r.Uint(); items != 4 || kind != kindTx || t != c.T {
		return TxRecord{}, 0, &cas.CorruptError{CID: c.Tx, Reason: fmt.Sprintf("not transaction %d", c.T)}
	}
	tx.T, size = c.T, len(b.Data())
	n, parts := r.Uint(), r.Array()
	for range parts {
		if parts == 1 {
			tx.Datoms = readTxPart(r, tx.Datoms, c.T)
			break
		}
		more, err := readTxBlock(ctx, g, r.Link(), &tx)
		if err != nil {
			return TxRecord{}, 0, err
		}
		size += more
	}
	if uint64(len(tx.Datoms)) != n || !rise(tx.Datoms) {
		r.Fail("not as many datoms as it says, or not in order")
	}
	if err := r.Done(); err != nil {
		return TxRecord{}, 0, &cas.CorruptError{CID: c.Tx, Reason: "transaction: " + err.Error()}
	}
	return tx, size, nil
}

// rise tells whether datoms are in EAVT order, each there once.
func rise(datoms []Datom) bool {
	for i := 1; i < len(datoms); i++ {
		if compareDatoms(&datoms[i-1], &datoms[i]) >= 0 {
			return false
		}
	}
	return true
}

// readTxBlock adds to tx the part that has a block of its own.
func readTxBlock(ctx context.Context, g cas.Getter, id cid.Cid, tx *TxRecord) (size int, err error) {
	b, err := g.Get(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("read transaction %d: %w", tx.T, err)
	}
	r := dagcbor.NewReader(b.Data())
	if r.Array() != 2 || r.Uint() != kindTxPart {
		r.Fail("not a part of a transaction")
	}
	tx.Datoms = readTxPart(r, tx.Datoms, tx.T)
	if err := r.Done(); err != nil {
		return 0, &cas.CorruptError{CID: id, Reason: "part of a transaction: " + err.Error()}
	}
	return len(b.Data()), nil
}

func readTxPart(r *dagcbor.Reader, datoms []Datom, t uint64) []Datom {
	items, n := r.Array(), r.Uint()
	if items != 6 {
		r.Fail("datoms are not of six items")
		return datoms
	}
	rows := int(min(n, 1<<31))
	c := Columns{E: readDeltas[ID](r, rows, true), A: readAttributeDeltas(r, rows), V: readValues(r, rows), Added: readRetracted(r, rows)}
	if r.Err() != nil {
		return datoms
	}
	for i := range c.E {
		datoms = append(datoms, Datom{E: c.E[i], A: c.A[i], V: c.V[i], T: t, Added: c.Added[i]})
	}
	return datoms
}
