package fn

import (
	"cmp"
	"fmt"

	"github.com/dhfs/dhfs/engine/edn"
)

var compareFuncs = []Func{
	{Name: "=", Min: 1, Max: -1, Call: chain(equal)},
	{Name: "==", Min: 1, Max: -1, Call: sameNumber},
	{Name: "not=", Min: 1, Max: -1, Call: negate(chain(equal))},
	{Name: "!=", Min: 1, Max: -1, Call: negate(chain(equal))},
	{Name: "<", Min: 1, Max: -1, Call: chain(less)},
	{Name: ">", Min: 1, Max: -1, Call: chain(func(a, b edn.Value) (bool, error) { return less(b, a) })},
	{Name: "<=", Min: 1, Max: -1, Call: chain(atMost)},
	{Name: ">=", Min: 1, Max: -1, Call: chain(func(a, b edn.Value) (bool, error) { return atMost(b, a) })},
	{Name: "compare", Min: 2, Max: 2, Call: compare},
	{Name: "before?", Min: 2, Max: -1, Call: instants(chain(less))},
	{Name: "after?", Min: 2, Max: -1, Call: instants(chain(func(a, b edn.Value) (bool, error) { return less(b, a) }))},
	{Name: "identical?", Min: 2, Max: 2, Call: chain(func(a, b edn.Value) (bool, error) { return Key(a) == Key(b), nil })},
	{Name: "-differ?", Max: -1, Call: differ},
}

// chain tells whether each argument stands in the relation to the next.
func chain(holds func(a, b edn.Value) (bool, error)) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) {
		for i := 1; i < len(args); i++ {
			if ok, err := holds(args[i-1], args[i]); err != nil || !ok {
				return edn.MakeBool(false), err
			}
		}
		return edn.MakeBool(true), nil
	}
}

func negate(f func(*Env, []edn.Value) (edn.Value, error)) func(*Env, []edn.Value) (edn.Value, error) {
	return func(env *Env, args []edn.Value) (edn.Value, error) {
		v, err := f(env, args)
		return edn.MakeBool(!Truthy(v)), err
	}
}

func equal(a, b edn.Value) (bool, error) { return edn.Equal(a, b), nil }

func less(a, b edn.Value) (bool, error) {
	c, err := Compare(a, b)
	return c < 0 && !isNaN(a) && !isNaN(b), err
}

func atMost(a, b edn.Value) (bool, error) {
	c, err := Compare(a, b)
	return c <= 0 && !isNaN(a) && !isNaN(b), err
}

// Compare orders two numbers, or two values of one kind; it refuses others.
// Vectors compare by length first.
func Compare(a, b edn.Value) (int, error) {
	switch {
	case isNumber(a) && isNumber(b):
		return compareNumbers(a, b), nil
	case sequential(a) && sequential(b):
		return compareSequences(a.Items(), b.Items())
	case a.Kind() != b.Kind() || !ordered(a.Kind()):
		return 0, fmt.Errorf("cannot compare %v, %s, with %v, %s", a, kindOf(a), b, kindOf(b))
	}
	return edn.Compare(a, b), nil
}

func sequential(v edn.Value) bool { return v.Kind() == edn.Vector || v.Kind() == edn.List }

func ordered(k edn.Kind) bool {
	switch k {
	case edn.Bool, edn.Char, edn.String, edn.Keyword, edn.Symbol, edn.Inst, edn.UUID, edn.Bytes:
		return true
	}
	return false
}

func compareSequences(a, b []edn.Value) (int, error) {
	if len(a) != len(b) {
		return cmp.Compare(len(a), len(b)), nil
	}
	for i := range a {
		if c, err := compareNils(a[i], b[i]); c != 0 || err != nil {
			return c, err
		}
	}
	return 0, nil
}

// compareNils is Compare with nil below everything.
func compareNils(a, b edn.Value) (int, error) {
	if a.IsNil() || b.IsNil() {
		return cmp.Compare(b2i(!a.IsNil()), b2i(!b.IsNil())), nil
	}
	return Compare(a, b)
}

func compare(_ *Env, args []edn.Value) (edn.Value, error) {
	c, err := compareNils(args[0], args[1])
	return edn.MakeInt(int64(c)), err
}

func sameNumber(env *Env, args []edn.Value) (edn.Value, error) {
	if err := numbers(args); err != nil {
		return edn.Value{}, err
	}
	return chain(func(a, b edn.Value) (bool, error) {
		return compareNumbers(a, b) == 0 && !isNaN(a), nil
	})(env, args)
}

// instants is f, which wants nothing but instants.
func instants(f func(*Env, []edn.Value) (edn.Value, error)) func(*Env, []edn.Value) (edn.Value, error) {
	return func(env *Env, args []edn.Value) (edn.Value, error) {
		if err := instantsOnly(args); err != nil {
			return edn.Value{}, err
		}
		return f(env, args)
	}
}

func instantsOnly(args []edn.Value) error {
	for _, a := range args {
		if a.Kind() != edn.Inst {
			return fmt.Errorf("%v is no instant but %s", a, kindOf(a))
		}
	}
	return nil
}

// differ tells whether the first half of the arguments differs from the second.
func differ(_ *Env, args []edn.Value) (edn.Value, error) {
	half := len(args) / 2
	if len(args)%2 != 0 {
		return edn.MakeBool(true), nil
	}
	for i, a := range args[:half] {
		if !edn.Equal(a, args[half+i]) {
			return edn.MakeBool(true), nil
		}
	}
	return edn.MakeBool(false), nil
}
