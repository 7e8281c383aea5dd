package answer_test

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/answer"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/limit"
	"github.com/dhfs/dhfs/queries/internal/logic"
	"github.com/dhfs/dhfs/queries/internal/terms"
	"pgregory.net/rapid"
)

// fataler is a test of any kind.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

// build makes the result of a query from the rows that its clauses are said to have: columns for ?a, ?b and ?c.
func build(t fataler, text string, l limit.Limits, table *terms.Table) (*answer.Rows, error) {
	t.Helper()
	q, err := lang.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	given := *table
	given.Cols = nil
	for _, v := range q.Rows() {
		given.Cols = append(given.Cols, table.Cols[v[1]-'a'])
	}
	g, ctx, stop := limit.Start(context.Background(), l)
	defer stop()
	return answer.Build(ctx, g, &logic.Program{Query: q, Rows: q.Rows()}, &given)
}

// tableOf makes a table of different rows.
func tableOf(rows [][]edn.Value, width int) *terms.Table {
	t := &terms.Table{Cols: make([][]engine.Term, width), Dict: terms.NewDict(engine.NewDict())}
	seen := map[string]bool{}
	for _, row := range rows {
		if key := fn.Key(edn.MakeVector(row...)); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		for c, v := range row {
			t.Cols[c] = append(t.Cols[c], t.Dict.Of(v))
		}
		t.N++
	}
	return t
}

// values makes values of one column: of few or many different ones, of one kind or of several.
func values(t *rapid.T, label string) *rapid.Generator[edn.Value] {
	ints := rapid.Map(rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64Range(-1000, 1000), rapid.Int64()), edn.MakeInt)
	few := rapid.Map(rapid.Int64Range(0, 3), edn.MakeInt)
	floats := rapid.Map(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, 0.1, 1e300, -2})), edn.MakeFloat)
	texts := rapid.Map(rapid.SampledFrom([]string{"", "a", "b", "ab", "ü", "c"}), edn.MakeString)
	insts := rapid.Map(rapid.Int64Range(-5, 5), edn.MakeInst)
	bigs := rapid.Map(rapid.Int64Range(-2, 2), func(n int64) edn.Value { return edn.MakeBigInt(big.NewInt(n)) })
	decs := rapid.Map(rapid.Int64Range(-20, 20), func(n int64) edn.Value { return edn.MakeBigDec(big.NewInt(n), 1) })
	lists := rapid.Map(few, func(v edn.Value) edn.Value { return edn.MakeVector(v) })
	return rapid.SampledFrom([]*rapid.Generator[edn.Value]{
		ints, few, floats, texts, insts, bigs, decs,
		rapid.OneOf(few, bigs, decs, floats), rapid.OneOf(ints, floats, bigs), rapid.OneOf(few, texts, lists, insts),
	}).Draw(t, label)
}

func randomRows(t *rapid.T, width int) [][]edn.Value {
	columns := make([]*rapid.Generator[edn.Value], width)
	for c := range columns {
		columns[c] = values(t, "kind of column")
	}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) []edn.Value {
		row := make([]edn.Value, width)
		for c := range row {
			row[c] = columns[c].Draw(t, "cell")
		}
		return row
	}), 0, 150).Draw(t, "rows")
}

// text is the rows as they are read.
func text(r *answer.Rows, width int) []string {
	var lines []string
	for i := range r.Len() {
		var row []edn.Value
		for c := range width {
			row = append(row, r.Value(i, c))
		}
		lines = append(lines, edn.MakeVector(row...).String())
	}
	return lines
}

// The order is that of the values, after what was asked for, and a limit takes the first of them.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := tableOf(randomRows(t, 3), 3)
		byB, desc := rapid.Bool().Draw(t, "order by ?b"), rapid.Bool().Draw(t, "desc")
		offset, most := rapid.IntRange(0, 5).Draw(t, "offset"), rapid.IntRange(-1, 20).Draw(t, "limit")
		query := "[:find ?a ?b ?c"
		if byB {
			query += " :order-by ?b"
			if desc {
				query += " :desc"
			}
		}
		query += fmt.Sprintf(" :offset %d :limit %d :where [?a ?b ?c]]", offset, most)
		var want [][]edn.Value
		for i := range table.N {
			want = append(want, []edn.Value{table.Value(i, 0), table.Value(i, 1), table.Value(i, 2)})
		}
		slices.SortFunc(want, func(x, y []edn.Value) int {
			if c := edn.Compare(x[1], y[1]); byB && c != 0 {
				if desc {
					return -c
				}
				return c
			}
			if c := slices.CompareFunc(x, y, edn.Compare); c != 0 {
				return c
			}
			return slices.CompareFunc(x, y, func(a, b edn.Value) int { return strings.Compare(fn.Key(a), fn.Key(b)) })
		})
		want = want[min(offset, len(want)):]
		if most >= 0 {
			want = want[:min(most, len(want))]
		}
		r, err := build(t, query, limit.Limits{}, table)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range text(r, 3) {
			if expect := edn.MakeVector(want[i]...).String(); line != expect {
				t.Fatalf("row %d is %s, want %s", i, line, expect)
			}
		}
		if r.Len() != len(want) {
			t.Fatalf("%d rows, want %d", r.Len(), len(want))
		}
	})
}

// Aggregates of columns give what is got by adding value after value.
func TestAggregates(t *testing.T) {
	names := []string{"count", "sum", "avg", "min", "max", "median", "variance", "stddev", "count-distinct", "distinct"}
	rapid.Check(t, func(t *rapid.T) {
		table := tableOf(randomRows(t, 3), 3)
		name := rapid.SampledFrom(names).Draw(t, "aggregate")
		r, err := build(t, "[:find ?a ("+name+" ?b) :with ?c :where [?a ?b ?c]]", limit.Limits{}, table)
		want, wantErr := folded(table, name)
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("got the error %v, want %v", err, wantErr)
		}
		if err != nil {
			return
		}
		got := text(r, 2)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%s: got %v, want %v", name, got, want)
		}
	})
}

func folded(table *terms.Table, name string) ([]string, error) {
	a, _ := fn.FindAggregate(name)
	states := map[string]fn.State{}
	for row := range table.N {
		key := table.Value(row, 0).String()
		if states[key] == nil {
			states[key], _ = a.Start(nil)
		}
		if err := states[key].Add(table.Value(row, 1)); err != nil {
			return nil, err
		}
	}
	var lines []string
	for key, s := range states {
		v, err := s.Result()
		if err != nil {
			return nil, err
		}
		lines = append(lines, "["+key+" "+v.String()+"]")
	}
	slices.Sort(lines)
	return lines, nil
}

// Weights are added up where rows are counted, in :find and in :having.
func TestWeights(t *testing.T) {
	const query = "[:find ?a (count ?b) :having [(> (count ?b) 5)] :where [?a ?b]]"
	q, err := lang.Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	shown, ok := answer.CountsOnly(&logic.Program{Query: q})
	if !ok || !slices.Equal(shown, []lang.Var{"?a"}) {
		t.Fatalf("CountsOnly gives %v, %v", shown, ok)
	}
	table := tableOf([][]edn.Value{{edn.MakeInt(1)}, {edn.MakeInt(2)}, {edn.MakeInt(3)}}, 2)
	table.Weights = []int64{5, 6, 1 << 40}
	r, err := build(t, query, limit.Limits{}, table)
	if err != nil || strings.Join(text(r, 2), " ") != "[2 6] [3 1099511627776]" {
		t.Errorf("got %v, %v", text(r, 2), err)
	}
	for _, query := range []string{"[:find ?a (sum ?b) :where [?a ?b]]", "[:find ?a ?b :where [?a ?b]]", "[:find (count ?a) (max ?b) :where [?a ?b]]"} {
		q, err := lang.Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := answer.CountsOnly(&logic.Program{Query: q}); ok {
			t.Errorf("%s does more than count", query)
		}
	}
}

// shuffled is a table of n rows of two columns of integers in no order.
func shuffled(n int) *terms.Table {
	t := &terms.Table{Cols: make([][]engine.Term, 2), N: n, Dict: terms.NewDict(engine.NewDict())}
	x := uint64(1)
	for range n {
		x = x*6364136223846793005 + 1442695040888963407
		a, _ := engine.IntTerm(int64(x >> 40 % 3000))
		b, _ := engine.IntTerm(int64(x >> 20))
		t.Cols[0], t.Cols[1] = append(t.Cols[0], a), append(t.Cols[1], b)
	}
	return t
}

// Sorting and folding millions of rows end soon after the time is up.
func TestTimeIsUp(t *testing.T) {
	table := shuffled(3_000_000)
	for _, query := range []string{"[:find ?a ?b :where [?a ?b]]", "[:find ?a (median ?b) :where [?a ?b]]", "[:find ?a (min 3 ?b) :where [?a ?b]]", "[:find ?b (count ?a) :where [?a ?b]]"} {
		_, err := build(t, query, limit.Limits{Timeout: 5 * time.Millisecond, Rows: 1 << 30}, table)
		if err == nil || !strings.Contains(err.Error(), "longer than") {
			t.Errorf("%s: got %v, want the limit of time", query, err)
		}
	}
}
