package engine

import (
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine/index"
)

// before is the t of the state that the transactions are put off from.
func (l *late) before() uint64 { return l.commit.T - uint64(l.n) }

// additions are the edits of a tree of what was. What the trees before had since nobody knows when was there at newest at the latest, and after all that was there before.
func (c *lateChanges) additions(of lateTree, newest uint64) []index.Late {
	rows := c.rows(of)
	l := datomLayout{order: of.order, history: true}
	edits := make([]index.Late, len(rows))
	for n, i := range rows {
		d := c.was[i]
		e := index.Late{New: true}
		if d.T == 0 {
			e.Low = l.appendKey(nil, d)
			d.T = newest
		}
		e.Key = l.appendKey(nil, d)
		edits[n] = e
	}
	return edits
}

// unknownT is the end of a key in history of which the t is not known.
var unknownT = appendOp(appendUint(nil, 0), true)

// complete looks up since when the trees before had what edits of a tree of what was add.
func (l *late) complete(ctx context.Context, of lateTree, edits []index.Late) ([]index.Late, error) {
	of.was = false
	now := of.in(l.from)
	var keys [][]byte
	for _, e := range edits {
		if e.Low != nil {
			keys = append(keys, e.Low[:len(e.Low)-len(unknownT)])
		}
	}
	now.Ahead(ctx, len(keys), func(i int) []byte { return keys[i] })
	edits = slices.Clone(edits)
	for i := range edits {
		e := &edits[i]
		if e.Low == nil {
			continue
		}
		key := e.Low[:len(e.Low)-len(unknownT)]
		val, ok, err := now.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		r := keyReader{rest: string(val)}
		since := r.uint()
		if !ok || since > l.before() {
			return nil, l.wrong("they retract what is not there")
		}
		*e = index.Late{Edit: index.Edit{Key: appendOp(appendUint(slices.Clone(key), since), true)}, New: true}
	}
	return edits, nil
}
