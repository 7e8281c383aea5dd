package fs

import (
	"context"
	"iter"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// history is .history.edn: every transaction, on which the same database is made anew. It is made in
// parts, since it is as long as the database is old.
func (c *commit) history() *parted {
	return &parted{
		tree:  c.of.tree,
		key:   c.info.ID.KeyString() + "/.history.edn",
		mtime: c.info.At,
		all:   c.historyParts,
		part:  func(ctx context.Context, mark any) ([]byte, error) { return c.historyPart(ctx, mark.(historySpan)) },
	}
}

// historySpan is the transactions of a part.
type historySpan struct {
	from  engine.ReplayMark
	last  uint64
	first bool
}

// historyParts makes all parts, one after another: as many transactions as come to partBytes.
func (c *commit) historyParts(ctx context.Context) iter.Seq2[piece, error] {
	return func(yield func(piece, error) bool) {
		text := c.options()
		span := historySpan{first: true}
		started := false
		for tx, err := range c.db.Replay(ctx) {
			if err != nil {
				yield(piece{}, err)
				return
			}
			if !started {
				span.from, started = tx.Mark, true
			}
			text, span.last = appendTx(text, tx), tx.Mark.T
			if len(text) < partBytes {
				continue
			}
			if !yield(piece{span, text}, nil) {
				return
			}
			text, span, started = nil, historySpan{}, false
		}
		if text != nil {
			yield(piece{span, text}, nil)
		}
	}
}

func (c *commit) historyPart(ctx context.Context, span historySpan) (text []byte, err error) {
	if span.first {
		text = c.options()
	}
	for tx, err := range c.db.ReplayFrom(ctx, span.from, span.last) {
		if err != nil {
			return nil, err
		}
		text = appendTx(text, tx)
	}
	return text, nil
}

// options is the first line: what the database was created with, where that is not the default.
func (c *commit) options() []byte {
	o := c.db.Options()
	if o == (engine.Options{}) {
		return nil
	}
	return append(edn.Append([]byte("{:options "), o.EDN()), "}\n"...)
}

// appendTx writes a transaction: a vector of tx data, and a map around it where its author said something.
func appendTx(out []byte, tx engine.Replayed) []byte {
	between := "\n "
	if tx.Meta != (engine.Meta{}) {
		out, between = append(out, "{:tx-data\n "...), "\n  "
	}
	out = append(out, '[')
	for i, f := range tx.Forms {
		if i > 0 {
			out = append(out, between...)
		}
		out = edn.Append(out, f)
	}
	out = append(out, ']')
	if tx.Meta != (engine.Meta{}) {
		out = appendSaid(out, " :by ", tx.Meta.By)
		out = append(appendSaid(out, " :msg ", tx.Meta.Msg), '}')
	}
	return append(out, '\n')
}

// appendSaid writes a key of the map, unless nothing was said.
func appendSaid(out []byte, key, text string) []byte {
	if text == "" {
		return out
	}
	return edn.Append(append(out, key...), edn.MakeString(text))
}
