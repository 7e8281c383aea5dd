package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
)

// A store that is behind a network is asked few times: for the tail of a commit along its jumps, for the leaves of a scan many at once.
func TestFewRounds(t *testing.T) {
	mem := cas.NewMemory()
	c, err := Create(t.Context(), mem, "main", Options{}, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	transact := func(tx string) Report {
		t.Helper()
		r, err := c.Transact(t.Context(), forms(t, tx), Meta{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	transact(`[{:db/ident :a/n :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]`)
	big := "["
	for i := range 12_000 {
		big += fmt.Sprintf("[:db/add %d :a/n %d]", i+1, i*7919%100_003)
	}
	transact(big + "]")
	for tail := range 60 {
		r := transact(fmt.Sprintf("[[:db/add %d :a/n 5]]", tail+1))
		if got := r.After.s.commit.Tail; got != tail+1 {
			t.Fatalf("the tail is of %d, want %d", got, tail+1)
		}
		far := castest.Batching(mem)
		db, err := Open(t.Context(), far, r.After.Commit())
		if err != nil || db.Root() != r.After.Root() {
			t.Fatalf("with a tail of %d: %v", tail+1, err)
		}
		if n := far.Rounds(); n > 25 {
			t.Errorf("opening with a tail of %d asks %d times", tail+1, n)
		}
		if tail < 59 {
			continue
		}
		n := 0
		for _, err := range db.Match(t.Context(), Pattern{}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if rounds := far.Rounds(); n < 12_000 || rounds > 16 {
			t.Errorf("%d datoms were read by asking %d times", n, rounds)
		}
		for range db.Match(t.Context(), Pattern{E: Some(ID(7))}) {
		}
		if rounds := far.Rounds(); rounds != 0 {
			t.Errorf("what was read is asked for %d times again", rounds)
		}
	}
}
