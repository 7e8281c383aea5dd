package fn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// Aggregate folds the values that a variable has in a group of rows.
type Aggregate struct {
	Name    string
	Counted bool // may have a count before the variable: (min 3 ?x)
	Plain   bool // may be without
	start   func(n int) State

	// OfFloats, where not nil, is the result of a group of nothing but these doubles, of which
	// there is one at least; it may put them in another order.
	OfFloats func([]float64) float64
}

// State takes the values of one group, in any order: the result does not depend on it.
type State interface {
	Add(v edn.Value) error
	Result() (edn.Value, error)
}

// FindAggregate is the aggregate called name.
func FindAggregate(name string) (*Aggregate, bool) {
	a, ok := aggregates[name]
	return a, ok
}

// AggregateNames lists all aggregates.
func AggregateNames() []string {
	var names []string
	for name := range aggregates {
		names = append(names, name)
	}
	return names
}

// Start begins a group. args are what stands before the variable.
func (a *Aggregate) Start(args []edn.Value) (State, error) {
	if len(args) == 0 {
		return a.start(-1), nil
	}
	if n := args[0]; n.Kind() == edn.Int && n.Int() >= 0 && n.Int() <= 1<<31-1 {
		return a.start(int(n.Int())), nil
	}
	return nil, fmt.Errorf("%s wants a count, not %v", a.Name, args[0])
}

var aggregates = indexAggregates([]Aggregate{
	{Name: "count", Plain: true, start: func(int) State { return &counter{} }},
	{Name: "count-distinct", Plain: true, start: func(int) State { return &distinctValues{result: countItems} }},
	{Name: "distinct", Plain: true, start: func(int) State { return &distinctValues{result: sortedSet} }},
	{Name: "sum", Plain: true, start: func(int) State { return &total{} }, OfFloats: sumFloats},
	{Name: "avg", Plain: true, start: func(int) State { return &moments{result: mean} }, OfFloats: mean},
	{Name: "variance", Plain: true, start: func(int) State { return &moments{result: variance} }, OfFloats: variance},
	{Name: "stddev", Plain: true, start: func(int) State { return &moments{result: deviation} }, OfFloats: deviation},
	{Name: "median", Plain: true, start: func(int) State { return &moments{result: median} }, OfFloats: median},
	{Name: "min", Plain: true, Counted: true, start: func(n int) State { return extreme(-1, n) }},
	{Name: "max", Plain: true, Counted: true, start: func(n int) State { return extreme(1, n) }},
	{Name: "rand", Plain: true, Counted: true, start: func(n int) State { return &values{n: n, result: randomItems} }},
	{Name: "sample", Counted: true, start: func(n int) State { return &values{n: n, result: sampleItems} }},
})

func indexAggregates(list []Aggregate) map[string]*Aggregate {
	m := map[string]*Aggregate{}
	for i := range list {
		m[list[i].Name] = &list[i]
	}
	return m
}

type counter struct{ n int64 }

func (c *counter) Add(edn.Value) error        { c.n++; return nil }
func (c *counter) Result() (edn.Value, error) { return edn.MakeInt(c.n), nil }

type distinctValues struct {
	items  map[string]edn.Value
	result func(map[string]edn.Value) edn.Value
}

func (d *distinctValues) Add(v edn.Value) error {
	if d.items == nil {
		d.items = map[string]edn.Value{}
	}
	d.items[Key(v)] = v
	return nil
}

func (d *distinctValues) Result() (edn.Value, error) { return d.result(d.items), nil }

func countItems(m map[string]edn.Value) edn.Value { return edn.MakeInt(int64(len(m))) }

func sortedSet(m map[string]edn.Value) edn.Value {
	var items []edn.Value
	for _, v := range m {
		items = append(items, v)
	}
	slices.SortFunc(items, func(a, b edn.Value) int {
		if c := edn.Compare(a, b); c != 0 {
			return c
		}
		return breakTie(a, b)
	})
	return edn.MakeSet(items...)
}

// best keeps the largest or smallest value.
type best struct {
	want int // the sign of Compare(new, old) for which the new one is kept
	v    edn.Value
	some bool
}

// extreme is the largest (1) or smallest (-1) value, or the n largest or smallest when n is not negative.
func extreme(want, n int) State {
	if n < 0 {
		return &best{want: want}
	}
	if want > 0 {
		return &values{n: n, result: func(vs []edn.Value, n int) (edn.Value, error) {
			err := sortValues(vs)
			return edn.MakeVector(vs[max(0, len(vs)-n):]...), err
		}}
	}
	return &values{n: n, result: func(vs []edn.Value, n int) (edn.Value, error) {
		err := sortValues(vs)
		return edn.MakeVector(vs[:min(n, len(vs))]...), err
	}}
}

func (b *best) Add(v edn.Value) error {
	if !b.some {
		b.v, b.some = v, true
		return nil
	}
	c, err := compareTied(v, b.v)
	if c*b.want > 0 {
		b.v = v
	}
	return err
}

func (b *best) Result() (edn.Value, error) { return b.v, nil }

// compareTied is Compare, with ties broken.
func compareTied(a, b edn.Value) (int, error) {
	c, err := Compare(a, b)
	if c == 0 && err == nil {
		c = breakTie(a, b)
	}
	return c, err
}

// breakTie orders values that compare as equal and are not the same, such as 1 and 1.0, or [1] and [1.0].
func breakTie(a, b edn.Value) int {
	switch {
	case isNumber(a) && isNumber(b):
		return level(a) - level(b)
	case a.Kind() == b.Kind() && ordered(a.Kind()):
		return 0
	}
	return strings.Compare(Key(a), Key(b))
}

// values keeps all values of a group.
type values struct {
	all    []edn.Value
	n      int
	result func(vs []edn.Value, n int) (edn.Value, error)
}

func (s *values) Add(v edn.Value) error      { s.all = append(s.all, v); return nil }
func (s *values) Result() (edn.Value, error) { return s.result(s.all, s.n) }

func sortValues(vs []edn.Value) error {
	var failed error
	slices.SortFunc(vs, func(a, b edn.Value) int {
		c, err := compareTied(a, b)
		if err != nil {
			failed = err
		}
		return c
	})
	return failed
}

// randomItems draws one value, or a vector of n values each from all of them.
func randomItems(vs []edn.Value, n int) (edn.Value, error) {
	if n < 0 {
		return vs[rand.IntN(len(vs))], nil
	}
	if n > maxRange {
		return edn.Value{}, fmt.Errorf("more than %d random values", maxRange)
	}
	out := make([]edn.Value, n)
	for i := range out {
		out[i] = vs[rand.IntN(len(vs))]
	}
	return edn.MakeVector(out...), nil
}

// sampleItems draws n different values, or all when there are fewer.
func sampleItems(vs []edn.Value, n int) (edn.Value, error) {
	vs = distinct(vs)
	rand.Shuffle(len(vs), func(i, j int) { vs[i], vs[j] = vs[j], vs[i] })
	return edn.MakeVector(vs[:min(n, len(vs))]...), nil
}
