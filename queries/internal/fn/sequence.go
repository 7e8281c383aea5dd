package fn

import (
	"errors"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// sequenceFuncs look at collections item by item. A map's items are its pairs.
var sequenceFuncs = []Func{
	{Name: "first", Min: 1, Max: 1, Call: sequence(func(items []edn.Value) (edn.Value, error) { return nth(items, 0), nil })},
	{Name: "second", Min: 1, Max: 1, Call: sequence(func(items []edn.Value) (edn.Value, error) { return nth(items, 1), nil })},
	{Name: "last", Min: 1, Max: 1, Call: sequence(func(items []edn.Value) (edn.Value, error) { return nth(items, len(items)-1), nil })},
	{Name: "rest", Min: 1, Max: 1, Call: sequence(func(items []edn.Value) (edn.Value, error) { return edn.MakeList(items[min(1, len(items)):]...), nil })},
	{Name: "nth", Min: 2, Max: 3, Call: nthOf},
	{Name: "reverse", Min: 1, Max: 1, Call: sequence(reversed)},
	{Name: "sort", Min: 1, Max: 1, Call: sequence(sorted)},
	{Name: "distinct", Min: 1, Max: 1, Call: sequence(func(items []edn.Value) (edn.Value, error) { return edn.MakeList(distinct(items)...), nil })},
	{Name: "keys", Min: 1, Max: 1, Call: half(0)},
	{Name: "vals", Min: 1, Max: 1, Call: half(1)},
}

// sequence is a function of the items of one collection.
func sequence(f func(items []edn.Value) (edn.Value, error)) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) {
		items, err := elements(args[0])
		if err != nil {
			return edn.Value{}, err
		}
		return f(items)
	}
}

// nth is the item with a number, nil for none.
func nth(items []edn.Value, n int) edn.Value {
	if n < 0 || n >= len(items) {
		return edn.Value{}
	}
	return items[n]
}

// nthOf is (nth coll n), which there must be, or (nth coll n otherwise).
func nthOf(_ *Env, args []edn.Value) (edn.Value, error) {
	items, err := elements(args[0])
	switch n := args[1]; {
	case err != nil:
		return edn.Value{}, err
	case n.Kind() != edn.Int:
		return edn.Value{}, fmt.Errorf("nth wants an integer, not %v", n)
	case n.Int() >= 0 && n.Int() < int64(len(items)):
		return items[n.Int()], nil
	case len(args) == 3:
		return args[2], nil
	}
	return edn.Value{}, fmt.Errorf("there is no item %v among %d", args[1], len(items))
}

func reversed(items []edn.Value) (edn.Value, error) {
	items = slices.Clone(items)
	slices.Reverse(items)
	return edn.MakeList(items...), nil
}

func sorted(items []edn.Value) (edn.Value, error) {
	items = slices.Clone(items)
	err := sortValues(items)
	return edn.MakeList(items...), err
}

// half is the keys (0) or values (1) of a map.
func half(which int) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) {
		if args[0].Kind() != edn.Map {
			return edn.Value{}, errors.New("keys and vals want a map, not a " + args[0].Kind().String())
		}
		var out []edn.Value
		for pairs := args[0].Items(); len(pairs) > 1; pairs = pairs[2:] {
			out = append(out, pairs[which])
		}
		return edn.MakeList(out...), nil
	}
}
