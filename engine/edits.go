package engine

import (
	"bytes"
	"slices"

	"github.com/dhfs/dhfs/engine/index"
)

// editsOf are the changes as edits of a tree of what is now.
func editsOf(order Index, changes []change) []index.Edit {
	l := datomLayout{order: order}
	edits := make([]index.Edit, 0, len(changes))
	arena := make([]byte, 0, keySpace(changes))
	for i := range changes {
		c := &changes[i]
		if order == AVET && c.V.out {
			continue
		}
		start := len(arena)
		arena = l.appendKey(arena, c.Datom)
		end := len(arena)
		arena = appendUint(arena, c.T)
		edits = append(edits, index.Edit{Key: arena[start:end:end], Val: arena[end:len(arena):len(arena)], Delete: c.gone})
	}
	sortEdits(order, edits)
	return edits
}

// historyEdits add datoms to a tree of what was, or erase them from it.
func historyEdits(order Index, datoms []Datom, erase bool) []index.Edit {
	l := datomLayout{order: order, history: true}
	edits := make([]index.Edit, 0, len(datoms))
	for _, d := range datoms {
		if order == AVET && d.V.out {
			continue
		}
		edits = append(edits, index.Edit{Key: l.appendKey(nil, d), Val: []byte{}, Delete: erase})
	}
	sortEdits(order, edits)
	return edits
}

// sortEdits sorts by key; only in AVET do datoms in EAVT order come otherwise.
func sortEdits(order Index, edits []index.Edit) {
	if order == AVET {
		slices.SortFunc(edits, func(a, b index.Edit) int { return bytes.Compare(a.Key, b.Key) })
	}
}

// keySpace is about how much the keys and payloads of changes take.
func keySpace(changes []change) int {
	n := 0
	for i := range changes {
		n += 32 + len(changes[i].V.str)
	}
	return n
}
