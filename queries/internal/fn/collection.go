package fn

import (
	"errors"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

var collectionFuncs = []Func{
	{Name: "vector", Max: -1, Call: func(_ *Env, args []edn.Value) (edn.Value, error) { return edn.MakeVector(slices.Clone(args)...), nil }},
	{Name: "tuple", Min: 1, Max: -1, Call: func(_ *Env, args []edn.Value) (edn.Value, error) { return edn.MakeVector(slices.Clone(args)...), nil }},
	{Name: "list", Max: -1, Call: func(_ *Env, args []edn.Value) (edn.Value, error) { return edn.MakeList(slices.Clone(args)...), nil }},
	{Name: "untuple", Min: 1, Max: 1, Call: untuple},
	{Name: "set", Min: 1, Max: 1, Call: toSet},
	{Name: "hash-map", Max: -1, Call: toMap},
	{Name: "array-map", Max: -1, Call: toMap},
	{Name: "count", Min: 1, Max: 1, Call: count},
	{Name: "range", Min: 1, Max: 3, Call: numberRange},
	{Name: "empty?", Min: 1, Max: 1, Call: empty},
	{Name: "not-empty", Min: 1, Max: 1, Call: notEmpty},
	{Name: "contains?", Min: 2, Max: 2, Call: contains},
	{Name: "get", Min: 2, Max: 3, Call: get},
}

func untuple(_ *Env, args []edn.Value) (edn.Value, error) {
	if !sequential(args[0]) {
		return edn.Value{}, fmt.Errorf("%v is no tuple but %s", args[0], kindOf(args[0]))
	}
	return args[0], nil
}

// Elements are the items of a collection; a map's are its pairs, a string's its
// characters, nil has none. ok is false for anything else.
func Elements(v edn.Value) (items []edn.Value, ok bool) {
	switch v.Kind() {
	case edn.Nil:
		return nil, true
	case edn.List, edn.Vector, edn.Set:
		return v.Items(), true
	case edn.String:
		for _, r := range v.Text() {
			items = append(items, edn.MakeChar(r))
		}
		return items, true
	case edn.Map:
		for pairs := v.Items(); len(pairs) > 1; pairs = pairs[2:] {
			items = append(items, edn.MakeVector(pairs[0], pairs[1]))
		}
		return items, true
	}
	return nil, false
}

func elements(v edn.Value) ([]edn.Value, error) {
	items, ok := Elements(v)
	if !ok {
		return nil, fmt.Errorf("%v is no collection but %s", v, kindOf(v))
	}
	return items, nil
}

// distinct keeps the first of equal values.
func distinct(items []edn.Value) []edn.Value {
	var out []edn.Value
	seen := map[string]bool{}
	for _, item := range items {
		if k := Key(item); !seen[k] {
			seen[k] = true
			out = append(out, item)
		}
	}
	return out
}

func toSet(_ *Env, args []edn.Value) (edn.Value, error) {
	items, err := elements(args[0])
	return edn.MakeSet(distinct(items)...), err
}

// toMap makes a map of keys and values in turn; the last of equal keys wins.
func toMap(_ *Env, args []edn.Value) (edn.Value, error) {
	if len(args)%2 != 0 {
		return edn.Value{}, fmt.Errorf("no value for the key %v", args[len(args)-1])
	}
	var pairs []edn.Value
	at := map[string]int{}
	for i := 0; i < len(args); i += 2 {
		k := Key(args[i])
		if j, ok := at[k]; ok {
			pairs[j] = args[i+1]
			continue
		}
		pairs = append(pairs, args[i], args[i+1])
		at[k] = len(pairs) - 1
	}
	return edn.MakeMap(pairs...), nil
}

func count(_ *Env, args []edn.Value) (edn.Value, error) {
	items, err := elements(args[0])
	return edn.MakeInt(int64(len(items))), err
}

func empty(_ *Env, args []edn.Value) (edn.Value, error) {
	items, err := elements(args[0])
	return edn.MakeBool(len(items) == 0), err
}

func notEmpty(_ *Env, args []edn.Value) (edn.Value, error) {
	items, err := elements(args[0])
	if len(items) == 0 {
		return edn.Value{}, err
	}
	return args[0], err
}

// contains looks for a key in a map, an item in a set, an index in a vector or string.
func contains(_ *Env, args []edn.Value) (edn.Value, error) {
	switch args[0].Kind() {
	case edn.Nil, edn.Map, edn.Set, edn.Vector, edn.String:
		_, ok := lookup(args[0], args[1])
		return edn.MakeBool(ok), nil
	}
	return edn.Value{}, fmt.Errorf("contains? does not work on %s", kindOf(args[0]))
}

func get(_ *Env, args []edn.Value) (edn.Value, error) {
	v, ok := lookup(args[0], args[1])
	if !ok && len(args) == 3 {
		return args[2], nil
	}
	return v, nil
}

func lookup(coll, key edn.Value) (edn.Value, bool) {
	switch coll.Kind() {
	case edn.Map:
		for pairs := coll.Items(); len(pairs) > 1; pairs = pairs[2:] {
			if edn.Equal(pairs[0], key) {
				return pairs[1], true
			}
		}
	case edn.Set:
		for _, item := range coll.Items() {
			if edn.Equal(item, key) {
				return item, true
			}
		}
	case edn.Vector, edn.String:
		items, _ := Elements(coll)
		if key.Kind() == edn.Int && key.Int() >= 0 && key.Int() < int64(len(items)) {
			return items[key.Int()], true
		}
	}
	return edn.Value{}, false
}

// maxRange bounds the numbers that one call of range makes.
const maxRange = 1_000_000

var errRange = fmt.Errorf("a range of more than %d numbers", maxRange)

// integers is a range of integers. How many there are is known before one is made.
func (e *Env) integers(from, end, step int64) (edn.Value, error) {
	if (end > from) != (step > 0) || from == end {
		return edn.MakeList(), nil
	}
	distance, stride := uint64(end)-uint64(from), uint64(step)
	if step < 0 {
		distance, stride = -distance, -stride
	}
	n := (distance-1)/stride + 1
	if n > maxRange {
		return edn.Value{}, errRange
	}
	items := make([]edn.Value, n)
	for i := range items {
		items[i] = edn.MakeInt(from + int64(i)*step)
		if err := e.step(); err != nil {
			return edn.Value{}, err
		}
	}
	return edn.MakeList(items...), nil
}

// numberRange is (range end), (range start end) or (range start end step).
func numberRange(e *Env, args []edn.Value) (edn.Value, error) {
	if err := numbers(args); err != nil {
		return edn.Value{}, err
	}
	from, step, end := edn.MakeInt(0), edn.MakeInt(1), args[0]
	if len(args) > 1 {
		from, end = args[0], args[1]
	}
	if len(args) > 2 {
		step = args[2]
	}
	if sign(step) == 0 && compareNumbers(from, end) != 0 {
		return edn.Value{}, errors.New("a range with steps of 0 has no end")
	}
	if from.Kind() == edn.Int && end.Kind() == edn.Int && step.Kind() == edn.Int {
		return e.integers(from.Int(), end.Int(), step.Int())
	}
	var items []edn.Value
	for compareNumbers(from, end)*sign(step) < 0 {
		if len(items) == maxRange {
			return edn.Value{}, errRange
		}
		items = append(items, from)
		if err := e.step(); err != nil {
			return edn.Value{}, err
		}
		next, err := add(from, step)
		if err != nil {
			break
		}
		from = next
	}
	return edn.MakeList(items...), nil
}
