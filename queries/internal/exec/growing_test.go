package exec

import (
	"context"
	"testing"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/limit"
	"github.com/dhfs/dhfs/queries/internal/terms"
)

// What is added row by row is there in its order, however many pieces that takes.
func TestGrowing(t *testing.T) {
	guard, _, stop := limit.Start(context.Background(), limit.Limits{})
	defer stop()
	r := &run{guard: guard, dict: terms.NewDict(engine.NewDict())}
	for _, n := range []int{0, 1, checkEvery, stretch - 1, stretch, stretch + 1, 2 * stretch, 2*stretch + 7} {
		g := &growing{run: r, rel: rel{vars: []lang.Var{"?a", "?b"}}, cols: make([]pieces, 2)}
		for row := range n {
			g.cols[0].add(term(row))
			g.cols[1].add(term(-row))
			if err := g.row(); err != nil {
				t.Fatal(err)
			}
		}
		out, err := g.finish()
		if err != nil || out.n != n || len(out.cols[0]) != n || len(out.cols[1]) != n {
			t.Fatalf("of %d rows: %d in columns of %d and %d, error %v", n, out.n, len(out.cols[0]), len(out.cols[1]), err)
		}
		for row := range n {
			if out.cols[0][row] != term(row) || out.cols[1][row] != term(-row) {
				t.Fatalf("of %d rows, row %d is %v, %v", n, row, out.cols[0][row], out.cols[1][row])
			}
		}
	}
}
