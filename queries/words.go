package queries

import (
	"slices"

	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// Vocabulary is what queries can be written with, besides names of the data: for editors. Each list is sorted.
type Vocabulary struct {
	Sections   []string `json:"sections"`   // ":find", …
	Clauses    []string `json:"clauses"`    // what a compound clause begins with: "not", …
	Functions  []Callee `json:"functions"`  // and predicates
	Aggregates []Callee `json:"aggregates"` // of :find; "pull" is among them
}

// Callee is something that can be called.
type Callee struct {
	Name string `json:"name"`
	Min  int    `json:"min"` // number of arguments
	Max  int    `json:"max"` // -1: any
}

// Words is the vocabulary of this version.
func Words() Vocabulary {
	v := Vocabulary{Clauses: slices.Sorted(slices.Values(lang.Compound))}
	for _, name := range lang.Sections() {
		v.Sections = append(v.Sections, ":"+name)
	}
	for _, name := range slices.Sorted(slices.Values(append(fn.Names(), fn.Methods()...))) {
		f, _ := fn.Find(name) // it is there
		v.Functions = append(v.Functions, Callee{name, f.Min, f.Max})
	}
	for _, name := range slices.Sorted(slices.Values(append(fn.AggregateNames(), "pull"))) {
		c := Callee{name, 1, 1}
		if a, ok := fn.FindAggregate(name); !ok {
			c.Max = 3 // a source, a variable, a pattern
			c.Min = 2
		} else {
			if a.Counted {
				c.Max = 2
			}
			if !a.Plain {
				c.Min = 2
			}
		}
		v.Aggregates = append(v.Aggregates, c)
	}
	return v
}
