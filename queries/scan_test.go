package queries_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

type person struct {
	Name string
	Age  int8
}

// some is rows of three columns: ?name, ?age, ?x.
func some(rows ...string) *queries.Result {
	list := make([][]edn.Value, len(rows))
	for i, row := range rows {
		list[i] = parse(row).Items()
	}
	return queries.NewResult([]string{"?name", "?age", "?x"}, list...)
}

func TestScan(t *testing.T) {
	r := some(`["Ada" 36 1]`, `["Ben" 24 nil]`)
	type row struct {
		person
		Other *int `dhfs:"?x"`
	}
	rows, err := queries.ScanAll[row](r)
	if err != nil || len(rows) != 2 || rows[0].Name != "Ada" || rows[1].Age != 24 || *rows[0].Other != 1 || rows[1].Other != nil {
		t.Errorf("got %+v, %v", rows, err)
	}
	if lists, err := queries.ScanAll[[3]any](r); err != nil || fmt.Sprint(lists) != "[[Ada 36 1] [Ben 24 <nil>]]" {
		t.Errorf("got %v, %v", lists, err)
	}
	if maps, err := queries.ScanAll[map[string]any](r); err != nil || fmt.Sprint(maps) != "[map[age:36 name:Ada x:1] map[age:24 name:Ben x:<nil>]]" {
		t.Errorf("got %v, %v", maps, err)
	}
	n, ok, err := queries.ScanOne[int](queries.NewResult([]string{"?n"}, parse("[7]").Items()))
	if err != nil || !ok || n != 7 {
		t.Errorf("got %d, %v, %v", n, ok, err)
	}
	if n, ok, err := queries.ScanOne[int](queries.NewResult([]string{"?n"})); err != nil || ok || n != 0 {
		t.Errorf("got %d, %v, %v of no rows", n, ok, err)
	}
	pulled, err := queries.ScanAll[person](queries.NewResult([]string{"(pull ?e [*])"}, parse(`[{:db/id 1 :person/name "Ada" :person/age 36}]`).Items()))
	if err != nil || len(pulled) != 1 || pulled[0] != (person{"Ada", 36}) {
		t.Errorf("got %+v, %v", pulled, err)
	}
}

// What does not fit is refused with the row, the column and the type.
func TestScanRefuses(t *testing.T) {
	_, err := queries.ScanAll[struct {
		person
		X int
	}](some(`["Ada" 36 1]`, `["Ben" 300 1]`))
	var at *queries.ScanError
	if !errors.As(err, &at) || at.Row != 1 || at.Column != "?age" || !strings.Contains(err.Error(), "row 1, column ?age") || !strings.Contains(err.Error(), "300 does not fit int8") {
		t.Errorf("got %v", err)
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{scanError[int](), "3 columns do not fit one int"},
		{scanError[person](), "column ?x has no field"},
		{scanError[struct{ Name, Age, X, Y string }](), "row 0, column ?age"},
		{scanError[struct {
			Name, Age, X any
			Y            int `dhfs:"y"`
		}](), `tagged "y"`},
		{scanError[struct {
			Name, Age any
			NAME      any `dhfs:"x"`
			other     int `dhfs:"o"`
		}](), "not exported"},
		{scanError[[]int](), "item 0"},
		{scanError[[2]any](), "3 items"},
		{scanError[func()](), "func()"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("got %v, want %q", c.err, c.want)
		}
	}
}

func scanError[T any]() error {
	_, err := queries.ScanAll[T](some(`["Ada" 36 1]`))
	return err
}

func TestInputsOfGo(t *testing.T) {
	q, err := queries.Parse("[:find ?x ?y ?k :in ?x [?y ...] ?k]")
	if err != nil {
		t.Fatal(err)
	}
	r, err := queries.Run(t.Context(), q, queries.Inputs(1, []string{"a", "b"}, queries.Keyword("k")), queries.Limits{})
	if err != nil || r.Value().String() != `#{[1 "a" :k] [1 "b" :k]}` {
		t.Errorf("got %v, %v", value(r), err)
	}
	_, err = queries.Run(t.Context(), q, queries.Inputs(1, []any{person{}}, 2), queries.Limits{})
	if code(err) != "query/bad-input" || !strings.Contains(err.Error(), "1:24") || !strings.Contains(err.Error(), "item 0: a queries_test.person") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkScan(b *testing.B) {
	const n = 100_000
	rows := make([]edn.Value, n)
	for i := range rows {
		rows[i] = edn.MakeVector(edn.MakeString(fmt.Sprint("name", i%1000)), edn.MakeInt(int64(i)))
	}
	r := relation(b, "?name ?id", rows)
	type row struct {
		Name string
		ID   int64
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range queries.Scan[row](r) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
}
