package answer_test

import (
	"fmt"
	"testing"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/limit"
	"github.com/dhfs/dhfs/queries/internal/terms"
)

// groupsOf is n rows of one of some names, an integer below 100 and a number of the row.
func groupsOf(n, names int) *terms.Table {
	t := &terms.Table{Cols: make([][]engine.Term, 3), N: n, Dict: terms.NewDict(engine.NewDict())}
	for i := range n {
		for c, v := range []edn.Value{edn.MakeString(fmt.Sprintf("name %d", i*7919%names)), edn.MakeInt(int64(i * 31 % 100)), edn.MakeInt(int64(i))} {
			t.Cols[c] = append(t.Cols[c], t.Dict.Of(v))
		}
	}
	return t
}

// closure is the pairs of numbers below n of which the first is smaller, in no order.
func closure(n int) *terms.Table {
	t := &terms.Table{Cols: make([][]engine.Term, 2), Dict: terms.NewDict(engine.NewDict())}
	for b := range n {
		b = b * 7919 % n
		for a := range b {
			for c, i := range []int{a, b} {
				term, _ := engine.IntTerm(int64(i))
				t.Cols[c] = append(t.Cols[c], term)
			}
			t.N++
		}
	}
	return t
}

func BenchmarkBuild(b *testing.B) {
	for _, c := range []struct {
		name, query string
		table       *terms.Table
	}{
		{"2439 in order", "[:find ?c :where [?a ?b ?c]]", groupsOf(2439, 10)},
		{"group 20k", "[:find ?a (avg ?b) (count ?c) :where [?a ?b ?c]]", groupsOf(20_000, 16)},
		{"group and count 1M", "[:find ?a (count ?c) :where [?a ?b ?c]]", groupsOf(1_000_000, 1000)},
		{"sum of 1M", "[:find (sum ?b) . :with ?c :where [?a ?b ?c]]", groupsOf(1_000_000, 1000)},
		{"min of 1M names", "[:find ?b (min ?a) :with ?c :where [?a ?b ?c]]", groupsOf(1_000_000, 1000)},
		{"median of 1M", "[:find ?a (median ?b) :with ?c :where [?a ?b ?c]]", groupsOf(1_000_000, 1000)},
		{"count-distinct of 1M", "[:find ?a (count-distinct ?b) :with ?c :where [?a ?b ?c]]", groupsOf(1_000_000, 1000)},
		{"sort 1M by integers", "[:find ?b ?c :where [?a ?b ?c]]", groupsOf(1_000_000, 1000)},
		{"sort closure of 1.5M", "[:find ?a ?b :where [?a ?b]]", closure(1735)},
		{"sort 1M by names", "[:find ?a ?c :where [?a ?b ?c]]", groupsOf(1_000_000, 100_000)},
		{"sort 20k by names", "[:find ?a ?c :where [?a ?b ?c]]", groupsOf(20_000, 500)},
		{"first 10 of 1M", "[:find ?b ?c :limit 10 :where [?a ?b ?c]]", groupsOf(1_000_000, 1000)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := build(b, c.query, limit.Limits{}, c.table)
				if err != nil {
					b.Fatal(err)
				}
				r.Places()
			}
		})
	}
}
