package engine

import (
	"fmt"
	"sync"
	"testing"
)

// Many goroutines that intern the same values get the same terms, which give the values back.
func TestDictConcurrently(t *testing.T) {
	d := NewDict()
	const n = 5000
	var found [4][n]Term
	var wg sync.WaitGroup
	for g := range found {
		wg.Go(func() {
			for i := range n {
				found[g][i] = d.Term(String(fmt.Sprint("value ", i)))
			}
		})
	}
	wg.Wait()
	for i := range n {
		for g := range found {
			if found[g][i] != found[0][i] {
				t.Fatalf("value %d has the terms %d and %d", i, found[g][i], found[0][i])
			}
		}
		if got := d.EDN(found[0][i]).Text(); got != fmt.Sprint("value ", i) {
			t.Fatalf("the term of value %d gives %q", i, got)
		}
	}
}

// Find knows what was interned, what needs no dictionary, and nothing else.
func TestDictFind(t *testing.T) {
	d := NewDict()
	if _, ok := d.Find(String("x")); ok {
		t.Error("found what was never interned")
	}
	x := d.Term(String("x"))
	if got, ok := d.Find(String("x")); !ok || got != x {
		t.Error("did not find what was interned")
	}
	if got, ok := d.Find(Long(7)); !ok || got != d.Term(Ref(7)) {
		t.Error("did not find an integer")
	}
	if _, ok := d.Find(Keyword("x")); ok {
		t.Error("took a keyword for the string of the same text")
	}
}
