package native

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/google/uuid"
)

// Keyword is the name of a keyword, without the colon.
type Keyword string

// Symbol is the name of a symbol.
type Symbol string

// Of is the EDN value of a Go value: slices and arrays are vectors, maps to an empty struct
// are sets, pointers what they point to, nil ones nil. Structs with tags `dhfs:"name"` are
// maps by keyword of the fields that are tagged, but for nil ones.
func Of(x any) (edn.Value, error) {
	switch x := x.(type) {
	case nil:
		return edn.MakeNil(), nil
	case edn.Value:
		return x, nil
	case engine.Value:
		return engine.ToEDN(x), nil
	case Keyword:
		return name(string(x), edn.IsKeyword, edn.MakeKeyword, "keyword")
	case Symbol:
		return name(string(x), edn.IsSymbol, edn.MakeSymbol, "symbol")
	case time.Time:
		return edn.MakeInst(x.UnixMilli()), nil
	case uuid.UUID:
		return edn.MakeUUID(x), nil
	case []byte:
		return edn.MakeBytes(x), nil
	case *big.Int:
		if x == nil {
			return edn.MakeNil(), nil
		}
		return edn.MakeBigInt(new(big.Int).Set(x)), nil
	}
	return reflected(reflect.ValueOf(x))
}

func name(text string, is func(string) bool, make func(string) edn.Value, what string) (edn.Value, error) {
	if !is(text) {
		return edn.Value{}, fmt.Errorf("%q is the name of no %s", text, what)
	}
	return make(text), nil
}

// reflected is Of by the kind of a value.
func reflected(x reflect.Value) (edn.Value, error) {
	switch {
	case x.Kind() == reflect.Bool:
		return edn.MakeBool(x.Bool()), nil
	case x.Kind() == reflect.String:
		return edn.MakeString(x.String()), nil
	case x.CanInt():
		return edn.MakeInt(x.Int()), nil
	case x.CanUint() && x.Uint() <= math.MaxInt64:
		return edn.MakeInt(int64(x.Uint())), nil
	case x.CanUint():
		return edn.MakeBigInt(new(big.Int).SetUint64(x.Uint())), nil
	case x.CanFloat():
		return edn.MakeFloat(x.Float()), nil
	case x.Kind() == reflect.Pointer || x.Kind() == reflect.Interface:
		if x.IsNil() {
			return edn.MakeNil(), nil
		}
		return Of(x.Elem().Interface())
	case x.Kind() == reflect.Slice || x.Kind() == reflect.Array:
		return vector(x)
	case x.Kind() == reflect.Map:
		return mapOf(x)
	case x.Kind() == reflect.Struct:
		return structOf(x)
	}
	return edn.Value{}, fmt.Errorf("a %v has no form as a value", x.Type())
}

func vector(x reflect.Value) (edn.Value, error) {
	items := make([]edn.Value, x.Len())
	for i := range items {
		item, err := Of(x.Index(i).Interface())
		if err != nil {
			return edn.Value{}, fmt.Errorf("item %d: %w", i, err)
		}
		items[i] = item
	}
	return edn.MakeVector(items...), nil
}

// pair is an entry of a map.
type pair struct{ key, value edn.Value }

// mapOf is a map or a set in the order of the keys, which Go's maps do not have.
func mapOf(x reflect.Value) (edn.Value, error) {
	set := x.Type().Elem().Kind() == reflect.Struct && x.Type().Elem().NumField() == 0
	var pairs []pair
	for k, v := range x.Seq2() {
		key, err := Of(k.Interface())
		if err != nil {
			return edn.Value{}, fmt.Errorf("key: %w", err)
		}
		var value edn.Value
		if !set {
			if value, err = Of(v.Interface()); err != nil {
				return edn.Value{}, fmt.Errorf("%s: %w", brief(key), err)
			}
		}
		pairs = append(pairs, pair{key, value})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return edn.Compare(a.key, b.key) })
	var items []edn.Value
	for i, p := range pairs {
		if i > 0 && edn.Equal(p.key, pairs[i-1].key) {
			return edn.Value{}, fmt.Errorf("the key %s is there twice", brief(p.key))
		}
		items = append(items, p.key)
		if !set {
			items = append(items, p.value)
		}
	}
	if set {
		return edn.MakeSet(items...), nil
	}
	return edn.MakeMap(items...), nil
}
