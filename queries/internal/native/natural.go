package native

import (
	"math/big"
	"time"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/google/uuid"
)

// natural is a value as the Go type that is nearest to it, and as it is where there is none.
func natural(v edn.Value) any {
	switch v.Kind() {
	case edn.Nil:
		return nil
	case edn.Bool:
		return v.Bool()
	case edn.Int:
		return v.Int()
	case edn.Float:
		return v.Float()
	case edn.BigInt:
		return new(big.Int).Set(v.Big())
	case edn.String:
		return v.Text()
	case edn.Keyword:
		return Keyword(v.Text())
	case edn.Symbol:
		return Symbol(v.Text())
	case edn.Inst:
		return time.UnixMilli(v.Millis()).UTC()
	case edn.UUID:
		return uuid.UUID([]byte(v.Text()))
	case edn.Bytes:
		return []byte(v.Text())
	case edn.Vector, edn.List, edn.Set:
		list := make([]any, len(v.Items()))
		for i, item := range v.Items() {
			list[i] = natural(item)
		}
		return list
	case edn.Map:
		return naturalMap(v)
	}
	return v
}

// naturalMap has the texts of keywords as keys, which is what the keys of pulls are.
func naturalMap(v edn.Value) any {
	m := make(map[string]any, len(v.Items())/2)
	for pairs := v.Items(); len(pairs) > 0; pairs = pairs[2:] {
		if k := pairs[0].Kind(); k != edn.Keyword && k != edn.String && k != edn.Symbol {
			return v
		}
		if _, twice := m[pairs[0].Text()]; twice {
			return v // as of :a and "a"
		}
		m[pairs[0].Text()] = natural(pairs[1])
	}
	return m
}
