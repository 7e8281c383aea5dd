package queries

import (
	"fmt"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/native"
)

// Forms makes tx data of Go values, which become what Value says: structs and
// maps are entities, slices such as []any{Keyword("db/add"), 7, Keyword("city/name"), "Bern"} are commands.
// In a struct a field tagged `dhfs:"db/id"` that is zero is left out: then the entity is new.
func Forms(entities ...any) ([]edn.Value, error) {
	forms := make([]edn.Value, len(entities))
	for i, e := range entities {
		form, err := native.Of(e)
		if err != nil {
			return nil, fmt.Errorf("form %d: %w", i, err)
		}
		forms[i] = form
	}
	return forms, nil
}
