package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine/index"
)

// maxEdits is how many edits of a tree are made at once. Keys and new nodes of all that a large transaction
// changes would take several times the memory of its datoms, and the outcome is the same.
const maxEdits = 1 << 16

// picked are the numbers of some changes of a folded, rising.
type picked struct{ now, was []int32 }

// everything picks all changes.
func (f *folded) everything() picked { return picked{upTo(len(f.now)), upTo(len(f.was))} }

func upTo(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// edit makes the picked changes in the trees of one order. They are stored where out is not nil.
func (p *pair) edit(ctx context.Context, order Index, f *folded, rows picked, out *writer) (err error) {
	p.now, err = p.now.editRows(ctx, inOrder(order, rows.now, f.now), out, func(b *editBatch, i int32) {
		b.add(datomLayout{order: order}, &f.now[i], !f.now[i].Added)
	})
	if err != nil {
		return err
	}
	p.was, err = p.was.editRows(ctx, inOrder(order, rows.was, f.was), out, func(b *editBatch, i int32) {
		b.add(datomLayout{order: order, history: true}, &f.was[i], f.erase)
	})
	return err
}

// inOrder sorts rows of one attribute, which are in EAVT order; only in AVET is that another one. Values out of line
// are not in AVET.
func inOrder(order Index, rows []int32, datoms []Datom) []int32 {
	if order != AVET {
		return rows
	}
	inline := make([]int32, 0, len(rows))
	for _, i := range rows {
		if !datoms[i].V.out {
			inline = append(inline, i)
		}
	}
	slices.SortFunc(inline, func(i, j int32) int {
		a, b := &datoms[i], &datoms[j]
		if c := Compare(a.V, b.V); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(a.E, b.E), cmp.Compare(i, j))
	})
	return inline
}

// editRows makes the edits of rows, which rise by key, so many at a time, and stores the new nodes where out is not nil.
func (t tree) editRows(ctx context.Context, rows []int32, out *writer, add func(*editBatch, int32)) (tree, error) {
	var b editBatch
	for some := range slices.Chunk(rows, maxEdits) {
		b.edits, b.bytes = slices.Grow(b.edits[:0], len(some)), b.bytes[:0]
		for _, i := range some {
			add(&b, i)
		}
		var err error
		if t, err = t.edit(ctx, b.edits); err != nil {
			return t, err
		}
	}
	if out == nil || len(rows) == 0 {
		return t, nil
	}
	return t.flush(out)
}

// editBatch is edits with the memory of their keys and payloads, to be used again.
type editBatch struct {
	edits []index.Edit
	bytes []byte
}

// add appends the edit that sets or removes a datom. In history there is no payload.
func (b *editBatch) add(l datomLayout, d *Datom, gone bool) {
	start := len(b.bytes)
	b.bytes = l.appendKey(b.bytes, *d)
	end := len(b.bytes)
	if !l.history {
		b.bytes = appendUint(b.bytes, d.T)
	}
	b.edits = append(b.edits, index.Edit{Key: b.bytes[start:end:end], Val: b.bytes[end:len(b.bytes):len(b.bytes)], Delete: gone})
}
