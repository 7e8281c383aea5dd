package fs

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// count is .count: how many values the attribute has in the whole database.
func (d *attributeDir) count(ctx context.Context) ([]byte, error) {
	n, err := d.c.countOf(ctx, d.attr)
	return append(strconv.AppendUint(nil, n, 10), '\n'), err
}

// countOf is the number of datoms of the attribute.
func (c *commit) countOf(ctx context.Context, a *engine.Attribute) (uint64, error) {
	of := engine.Pattern{A: engine.Some(a.ID)}
	n, exact, err := c.db.Count(ctx, of)
	if err != nil || exact {
		return n, err
	}
	n = 0
	for rows, err := range c.db.Columns(ctx, of) {
		if err != nil {
			return 0, err
		}
		n += uint64(len(rows.E))
	}
	return n, nil
}

// distinct yields each value of the attribute and how often it occurs, in value order.
func (d *attributeDir) distinct(ctx context.Context) iter.Seq2[valueCount, error] {
	return func(yield func(valueCount, error) bool) {
		var last valueCount
		for datom, err := range d.c.db.Datoms(ctx, engine.AVET, engine.Pattern{A: engine.Some(d.attr.ID)}) {
			if err != nil {
				yield(last, err)
				return
			}
			if last.n > 0 && last.value != datom.V {
				if !yield(last, nil) {
					return
				}
				last.n = 0
			}
			last = valueCount{datom.V, last.n + 1}
		}
		if last.n > 0 {
			yield(last, nil)
		}
	}
}

type valueCount struct {
	value engine.Value
	n     int
}

// valuesTSV is .values.tsv: the distinct values and how often each occurs.
func (d *attributeDir) valuesTSV(ctx context.Context) ([]byte, error) {
	out := appendRow(nil, "value", "count")
	for v, err := range d.distinct(ctx) {
		if err != nil {
			return nil, err
		}
		text, err := d.c.cell(ctx, v.value)
		if err != nil {
			return nil, err
		}
		out = appendRow(out, text, strconv.Itoa(v.n))
	}
	return out, nil
}

// parseText reads a value of the attribute from the text that files show of it.
func (c *commit) parseText(ctx context.Context, a *engine.Attribute, text string) (v engine.Value, ok bool, err error) {
	switch a.Type {
	case engine.StringKind:
		return engine.String(text), true, nil
	case engine.URIKind:
		return engine.URI(text), true, nil
	case engine.BytesKind:
		return engine.Bytes([]byte(text)), true, nil
	case engine.SymbolKind:
		return engine.Symbol(text), true, nil
	case engine.RefKind:
		return c.parseHome(ctx, text)
	case engine.InstantKind:
		text = fmt.Sprintf("#inst %q", text)
	case engine.UUIDKind:
		text = fmt.Sprintf("#uuid %q", text)
	case engine.BigDecKind:
		text += "M"
	}
	form, err := edn.Parse(text)
	if err != nil {
		return v, false, nil
	}
	v, err = c.db.Schema().FromEDN(a, form)
	return v, err == nil, nil
}

// parseHome finds the entity that a ref's text names.
func (c *commit) parseHome(ctx context.Context, text string) (engine.Value, bool, error) {
	home, ok := splitHome(text)
	if !ok {
		return engine.Value{}, false, nil
	}
	n, ok, err := c.db.Lookup(ctx, home)
	return engine.Ref(n.ID), ok, err
}
