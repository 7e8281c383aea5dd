package answer_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/dhfs/dhfs/queries/internal/limit"
)

// The first of several readers puts the rows in order; all see them so.
func TestReadersAtOnce(t *testing.T) {
	for _, query := range []string{"[:find ?a ?b :where [?a ?b]]", "[:find ?a :where [?a ?b]]", "[:find ?b :limit 3 :where [?a ?b]]"} {
		table := shuffled(3000)
		r, err := build(t, query, limit.Limits{}, table)
		if err != nil {
			t.Fatal(err)
		}
		width := len(r.First(0).Columns())
		r, err = build(t, query, limit.Limits{}, table)
		if err != nil {
			t.Fatal(err)
		}
		seen := make([][]string, 4)
		var group sync.WaitGroup
		for i := range seen {
			group.Go(func() {
				_ = r.Bytes()
				seen[i] = text(r, width)
			})
		}
		group.Wait()
		for _, lines := range seen[1:] {
			if !slices.Equal(lines, seen[0]) {
				t.Errorf("%s: two readers see different rows", query)
			}
		}
	}
}
