package engine

import (
	"maps"
	"slices"

	"github.com/dhfs/dhfs/cas/dagcbor"
)

// Renumbered says that N entities, which the second parent of a merge calls From and the ids after it, are To and the ids after it
// in the merge: both sides had given those ids, or both had made the entity.
type Renumbered struct {
	From, To ID
	N        uint64
}

// runs writes a map of ids in short, by rising id; ids that stay what they are are left out.
func runs(ids map[ID]ID) (all []Renumbered) {
	for _, from := range slices.Sorted(maps.Keys(ids)) {
		to := ids[from]
		if from == to {
			continue
		}
		if n := len(all); n > 0 && from == all[n-1].From+ID(all[n-1].N) && to == all[n-1].To+ID(all[n-1].N) {
			all[n-1].N++
			continue
		}
		all = append(all, Renumbered{from, to, 1})
	}
	return all
}

// renumbering is the map that runs has written.
func renumbering(all []Renumbered) map[ID]ID {
	ids := map[ID]ID{}
	for _, r := range all {
		for i := range r.N {
			ids[r.From+ID(i)] = r.To + ID(i)
		}
	}
	return ids
}

// appendRenumbered writes three numbers a run.
func appendRenumbered(dst []byte, all []Renumbered) []byte {
	dst = dagcbor.AppendArray(dst, 3*len(all))
	for _, r := range all {
		dst = dagcbor.AppendUint(dagcbor.AppendUint(dagcbor.AppendUint(dst, uint64(r.From)), uint64(r.To)), r.N)
	}
	return dst
}

// maxID is greater than any id.
const maxID = 1 << 62

func readRenumbered(r *dagcbor.Reader) (all []Renumbered) {
	n := r.Array()
	if n == 0 || n%3 != 0 {
		r.Fail("not a list of runs")
		return nil
	}
	total := uint64(0)
	for range n / 3 {
		one := Renumbered{ID(r.Uint()), ID(r.Uint()), r.Uint()}
		total += one.N
		if one.From >= maxID || one.To >= maxID || one.N == 0 || max(one.N, total) > maxRenumbered || one.From == one.To || len(all) > 0 && !all[len(all)-1].before(one) {
			r.Fail("not a list of runs")
			return nil
		}
		all = append(all, one)
	}
	return all
}

// maxRenumbered is how many entities a merge can renumber. It bounds the memory that a forged block makes a reader take.
const maxRenumbered = 1 << 24

// before tells whether next comes after r, and could not be written as a part of it.
func (r Renumbered) before(next Renumbered) bool {
	end := r.From + ID(r.N)
	return next.From > end || next.From == end && next.To != r.To+ID(r.N)
}
