package queries_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/queries"
)

// What TestLarge asks, and of how many entities.
const (
	largeSessions   = 3
	largePerSession = 40
	largeLeast      = 1500
)

// largeLimits are those of queries of many entities; the naive evaluator goes on for less long.
var largeLimits = queries.Limits{Rows: 2_000_000, Timeout: 20 * time.Second}

// A database of thousands of entities answers the same whatever the order of the clauses and however often it was asked:
// first the trees are looked up, later sides are made of them, at last answers are remembered. What the naive evaluator can
// answer in time it has to answer so too. Small databases, as in TestAgainstOracle, never reach some of these paths.
func TestLarge(t *testing.T) {
	var mu sync.Mutex
	var all largeOutcome
	t.Run("seed", func(t *testing.T) {
		for seed := uint64(1); seed <= largeSessions; seed++ {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				w := newWriter(1_000_000 + seed)
				size := largeLeast + w.IntN(largeLeast)
				a, b := w.world(t, size), w.world(t, size/2)
				var o largeOutcome
				for range largePerSession {
					if fault := w.comparison(a, b).runLarge(&o); fault != "" {
						t.Error(fault)
					}
				}
				mu.Lock()
				defer mu.Unlock()
				all.add(o)
			})
		}
	})
	t.Logf("%+v", all)
	if asked := largeSessions * largePerSession; all.Compared < asked/3 || all.WithRows < asked/6 || all.Naive < asked/10 {
		t.Errorf("of %d queries too few could be compared: %+v", asked, all)
	}
}

// largeOutcome counts what could be compared.
type largeOutcome struct{ Compared, WithRows, Naive int }

func (o *largeOutcome) add(more largeOutcome) {
	o.Compared += more.Compared
	o.WithRows += more.WithRows
	o.Naive += more.Naive
}

// runLarge asks in other orders and once more, and describes the first difference of two answers.
func (c *comparison) runLarge(o *largeOutcome) string {
	if _, err := queries.Parse(c.text(c.clauses)); err != nil {
		return ""
	}
	if err := c.look(); err != nil {
		return err.Error()
	}
	written := order{c.clauses, c.rules.branches}
	want := c.ask(queries.Run, written, largeLimits)
	for _, by := range []order{c.other, written, c.other} {
		got := c.ask(queries.Run, by, largeLimits)
		if want.err != nil || got.err != nil { // an order may fail where another does not reach what fails
			return ""
		}
		if !got.same(want) {
			return c.largeDifference("asked again", by, got, want)
		}
	}
	o.Compared++
	o.WithRows += min(1, want.result.Len())
	naive := c.ask(queries.RunNaive, written, queries.Limits{Rows: naiveRows, Timeout: time.Second})
	if naive.err != nil {
		return ""
	}
	o.Naive++
	if !naive.same(want) {
		return c.largeDifference("answered naively", written, want, naive)
	}
	return ""
}

// largeDifference is not reduced, and shows only the beginning of the answers: they are long.
func (c *comparison) largeDifference(how string, by order, got, want reply) string {
	return fmt.Sprintf("%s: $ %v, $b %v\n%s\nrules %v\ngot  %.400s\nwant %.400s\n%s", how, c.views[0], c.views[1], c.text(by.clauses), c.rules, got, want, plan(got.result))
}
