package fn

import (
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// kindFuncs are the predicates that tell what kind of value they are given.
var kindFuncs = []Func{
	isKind("string?", edn.String), isKind("keyword?", edn.Keyword), isKind("symbol?", edn.Symbol), isKind("boolean?", edn.Bool), isKind("char?", edn.Char),
	isKind("number?", edn.Int, edn.BigInt, edn.Float, edn.BigDec), isKind("integer?", edn.Int, edn.BigInt), isKind("int?", edn.Int),
	isKind("float?", edn.Float), isKind("double?", edn.Float), isKind("decimal?", edn.BigDec),
	isKind("inst?", edn.Inst), isKind("uuid?", edn.UUID), isKind("bytes?", edn.Bytes),
	isKind("vector?", edn.Vector), isKind("list?", edn.List), isKind("set?", edn.Set), isKind("map?", edn.Map),
	isKind("sequential?", edn.Vector, edn.List), isKind("coll?", edn.Vector, edn.List, edn.Set, edn.Map),
}

// kindOf names the kind of a value for people.
func kindOf(v edn.Value) string {
	switch v.Kind() {
	case edn.Nil:
		return "nil"
	case edn.Int:
		return "an integer"
	case edn.Inst:
		return "an instant"
	}
	return "a " + v.Kind().String()
}

func isKind(name string, kinds ...edn.Kind) Func {
	return Func{Name: name, Min: 1, Max: 1, Call: is(func(v edn.Value) bool { return slices.Contains(kinds, v.Kind()) })}
}
