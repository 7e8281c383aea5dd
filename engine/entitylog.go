package engine

import (
	"cmp"
	"context"
	"slices"
)

// EntityLog is every change of an entity that db's history shows, oldest first; within a transaction by attribute, what was retracted before
// what was added. Values that live out of line are read.
func EntityLog(ctx context.Context, db DB, e ID) ([]Datom, error) {
	var all []Datom
	for d, err := range db.History().Match(ctx, Pattern{E: Some(e)}) {
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	slices.SortStableFunc(all, func(a, b Datom) int {
		return cmp.Or(cmp.Compare(a.T, b.T), cmp.Compare(a.A, b.A), retractionFirst(a, b))
	})
	return all, nil
}

func retractionFirst(a, b Datom) int {
	switch {
	case a.Added == b.Added:
		return 0
	case b.Added:
		return -1
	}
	return 1
}
