package fs

import (
	"context"
	iofs "io/fs"
	"iter"

	"github.com/dhfs/dhfs/engine"
)

// byDir is .by of an attribute: from a value to the entities that have it. A
// unique attribute's values are links, others are directories of links. It is never
// paged: nothing that walks a tree meets it, and its order is that of values.
type byDir struct{ d *attributeDir }

func (b byDir) Stat(ctx context.Context) (Stat, error) {
	return Stat{Mode: dirMode, MTime: b.d.c.info.At}, nil
}

func (b byDir) Lookup(ctx context.Context, name string) (Node, error) {
	v, ok, err := b.d.c.parseText(ctx, b.d.attr, revOf(name))
	if err := asMissing(name, ok, err); err != nil {
		return nil, err
	}
	of := engine.Pattern{A: engine.Some(b.d.attr.ID), V: engine.Some(v)}
	at := b.d.c.info.At
	for datom, err := range b.d.c.db.Match(ctx, of) {
		if err != nil {
			return nil, err
		}
		if b.d.attr.Unique == engine.NotUnique {
			return linkDir{b.d.c, of, b.d.depth + 4, Stat{Mode: dirMode, MTime: at}}, nil
		}
		home, _, err := b.d.c.db.HomeOf(ctx, datom.E)
		return link{target: entityLink(b.d.depth+3, home), mtime: at}, err
	}
	return nil, missing(name)
}

// List yields the values whose names can be looked up; what is too long for a
// name is in .values.tsv. The offset after a value counts the datoms up to the first that has it.
func (b byDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	mode := iofs.ModeDir
	if b.d.attr.Unique != engine.NotUnique {
		mode = iofs.ModeSymlink
	}
	return func(yield func(Entry, error) bool) {
		for v, err := range b.values(ctx, from) {
			var text string
			if err == nil {
				text, _, err = b.d.c.text(ctx, v.value)
			}
			if err != nil {
				yield(Entry{}, err)
				return
			}
			name := engine.FileName(text)
			if _, ok := engine.ParseFileName(name); ok && !yield(Entry{Name: name, Mode: mode, Next: v.first + 1}, nil) {
				return
			}
		}
	}
}

// rankedValue is a value, and how many datoms of the attribute come before the first that has it.
type rankedValue struct {
	value engine.Value
	first uint64
}

// manySame is how many datoms with one value are read before the rest of them are skipped.
const manySame = 64

// values yields the distinct values that do not live out of line, in value order, after the
// value of the datom before from.
func (b byDir) values(ctx context.Context, from uint64) iter.Seq2[rankedValue, error] {
	return func(yield func(rankedValue, error) bool) {
		var last engine.Value
		at, same := from, 0 // the place of the next datom; how many before it were seen to have the last value
		if from > 0 {
			at--
		}
		for again := true; again; {
			again = false
			for datom, err := range b.d.c.db.DatomsAt(ctx, engine.Pattern{A: engine.Some(b.d.attr.ID)}, at) {
				if err != nil {
					yield(rankedValue{}, err)
					return
				}
				if isNew := same == 0 || datom.V != last; isNew {
					if at+1 != from && !yield(rankedValue{datom.V, at}, nil) {
						return
					}
					last, same = datom.V, 0
				}
				at++
				if same++; same == manySame {
					if at, err = b.after(ctx, last); err != nil {
						yield(rankedValue{}, err)
						return
					}
					again = true
					break
				}
			}
		}
	}
}

// after is how many datoms come before what comes after a value.
func (b byDir) after(ctx context.Context, v engine.Value) (uint64, error) {
	_, end, err := b.d.c.db.ValueRank(ctx, b.d.attr.ID, v)
	return end, err
}
