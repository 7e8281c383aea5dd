package fn

import (
	"math"

	"github.com/dhfs/dhfs/engine/edn"
)

// convertFuncs make one number of another.
var convertFuncs = []Func{
	{Name: "abs", Min: 1, Max: 1, Call: absolute},
	{Name: "long", Min: 1, Max: 1, Call: toLong},
	{Name: "double", Min: 1, Max: 1, Call: toDouble},
}

func absolute(_ *Env, args []edn.Value) (edn.Value, error) {
	if err := numbers(args); err != nil || sign(args[0]) >= 0 {
		return args[0], err
	}
	return sub(edn.MakeInt(0), args[0])
}

// toLong cuts off what is behind the point.
func toLong(_ *Env, args []edn.Value) (edn.Value, error) {
	v := args[0]
	switch {
	case !isNumber(v):
		return edn.Value{}, numbers(args)
	case v.Kind() == edn.Float && !(math.Abs(v.Float()) < 1<<63):
		return edn.Value{}, errOverflow
	case v.Kind() == edn.Float:
		return edn.MakeInt(int64(v.Float())), nil
	}
	whole, err := quot(v, edn.MakeInt(1))
	if err != nil {
		return edn.Value{}, err
	}
	n, _ := toDec(whole)
	return integer(n, 1)
}

func toDouble(_ *Env, args []edn.Value) (edn.Value, error) {
	return edn.MakeFloat(toFloatOr(args[0], math.NaN())), numbers(args)
}
