package exec

import (
	"slices"

	"github.com/dhfs/dhfs/queries/internal/lang"
)

// dependency says that some variables decide another one: in no two rows do the
// first agree and the last differ. Dependencies are read off the data itself, so that what rests on them holds.
type dependency struct {
	from []lang.Var
	to   lang.Var
}

// decided tells whether vars decide all of others.
func (sc *scope) decided(vars, others []lang.Var) bool {
	known := slices.Clone(vars)
	for changed := true; changed; {
		changed = false
		for _, d := range sc.depends {
			if !slices.Contains(known, d.to) && len(without(d.from, known)) == 0 {
				known, changed = append(known, d.to), true
			}
		}
	}
	return len(without(others, known)) == 0
}

func (sc *scope) depend(to lang.Var, from ...lang.Var) {
	sc.depends = append(sc.depends, dependency{from, to})
}
