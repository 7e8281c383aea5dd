package queries_test

import (
	"fmt"
	"sync"
	"testing"
)

// perSession is how many queries are asked of the same databases.
const perSession = 100

// Run gives what RunNaive gives, whatever the order of the clauses and what was asked before.
func TestAgainstOracle(t *testing.T) {
	var mu sync.Mutex
	var all outcome
	t.Run("seed", func(t *testing.T) {
		for seed := uint64(1); seed <= atLeast/perSession; seed++ {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				var o outcome
				if fault := newWriter(seed).session(t, perSession, &o); fault != "" {
					t.Error(fault)
				}
				mu.Lock()
				defer mu.Unlock()
				all.add(o)
			})
		}
	})
	t.Logf("%d queries, %d answered, %d with rows", all.tried, all.answered, all.withRows)
	switch {
	case t.Failed():
	case all.tried < atLeast:
		t.Errorf("%d queries are fewer than %d", all.tried, atLeast)
	case all.answered < all.tried/2 || all.withRows < all.tried/5:
		t.Error("most random queries have no answer: they test too little")
	}
}
