package fn

import "github.com/dhfs/dhfs/engine/edn"

var logicFuncs = []Func{
	{Name: "true?", Min: 1, Max: 1, Call: is(func(v edn.Value) bool { return v.Kind() == edn.Bool && v.Bool() })},
	{Name: "false?", Min: 1, Max: 1, Call: is(func(v edn.Value) bool { return v.Kind() == edn.Bool && !v.Bool() })},
	{Name: "nil?", Min: 1, Max: 1, Call: is(edn.Value.IsNil)},
	{Name: "some?", Min: 1, Max: 1, Call: is(func(v edn.Value) bool { return !v.IsNil() })},
	{Name: "not", Min: 1, Max: 1, Call: is(func(v edn.Value) bool { return !Truthy(v) })},
	{Name: "and", Max: -1, Call: and},
	{Name: "or", Max: -1, Call: or},
	{Name: "identity", Min: 1, Max: 1, Call: first},
	{Name: "ground", Min: 1, Max: 1, Call: first},
	{Name: "meta", Min: 1, Max: 1, Call: func(*Env, []edn.Value) (edn.Value, error) { return edn.Value{}, nil }},
	{Name: "type", Min: 1, Max: 1, Call: typeOf},
}

func is(holds func(edn.Value) bool) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) { return edn.MakeBool(holds(args[0])), nil }
}

func first(_ *Env, args []edn.Value) (edn.Value, error) { return args[0], nil }

// and is the first argument that is nil or false, or else the last.
func and(_ *Env, args []edn.Value) (edn.Value, error) {
	last := edn.MakeBool(true)
	for _, last = range args {
		if !Truthy(last) {
			break
		}
	}
	return last, nil
}

// or is the first argument that is neither nil nor false, or else the last.
func or(_ *Env, args []edn.Value) (edn.Value, error) {
	var last edn.Value
	for _, last = range args {
		if Truthy(last) {
			break
		}
	}
	return last, nil
}

var typeNames = map[edn.Kind]string{
	edn.Bool: "db.type/boolean", edn.Int: "db.type/long", edn.BigInt: "db.type/bigint", edn.Float: "db.type/double",
	edn.BigDec: "db.type/bigdec", edn.Char: "char", edn.String: "db.type/string", edn.Keyword: "db.type/keyword",
	edn.Symbol: "db.type/symbol", edn.List: "list", edn.Vector: "vector", edn.Set: "set", edn.Map: "map",
	edn.Inst: "db.type/instant", edn.UUID: "db.type/uuid", edn.Bytes: "db.type/bytes", edn.Tagged: "tagged",
}

func typeOf(_ *Env, args []edn.Value) (edn.Value, error) {
	if args[0].IsNil() {
		return edn.Value{}, nil
	}
	return edn.MakeKeyword(typeNames[args[0].Kind()]), nil
}
