package datahike

import (
	"math/big"
	"unicode/utf16"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/engine/fressian"
)

// ToEDN is a value of a store as EDN. A 32-bit float is a float; what has no type in EDN is tagged.
func ToEDN(v any) edn.Value {
	switch v := v.(type) {
	case nil:
		return edn.MakeNil()
	case bool:
		return edn.MakeBool(v)
	case int64:
		return edn.MakeInt(v)
	case *big.Int:
		return edn.MakeBigInt(v)
	case fressian.BigDec:
		return edn.MakeBigDec(v.Unscaled, v.Scale)
	case float32:
		return edn.MakeFloat(float64(v))
	case float64:
		return edn.MakeFloat(v)
	case string:
		return edn.MakeString(v)
	case []byte:
		return edn.MakeBytes(v)
	case fressian.Keyword:
		return edn.MakeKeyword(string(v))
	case fressian.Symbol:
		return edn.MakeSymbol(string(v))
	case fressian.Inst:
		return edn.MakeInst(int64(v))
	case fressian.UUID:
		return edn.MakeUUID(v)
	case fressian.Char:
		return edn.MakeChar(utf16.Decode([]uint16{uint16(v)})[0])
	}
	return compoundToEDN(v)
}

func compoundToEDN(v any) edn.Value {
	switch v := v.(type) {
	case fressian.List:
		return edn.MakeVector(itemsToEDN(v)...)
	case fressian.Set:
		return edn.MakeSet(itemsToEDN(v)...)
	case fressian.Map:
		return edn.MakeMap(itemsToEDN(v)...)
	case fressian.Tagged:
		if len(v.Items) == 1 {
			return edn.MakeTagged(v.Tag, ToEDN(v.Items[0]))
		}
		return edn.MakeTagged(v.Tag, edn.MakeVector(itemsToEDN(v.Items)...))
	}
	return edn.MakeNil()
}

func itemsToEDN(items []any) []edn.Value {
	forms := make([]edn.Value, len(items))
	for i, item := range items {
		forms[i] = ToEDN(item)
	}
	return forms
}

// EDN is the datom as [e a v tx added].
func (d Datom) EDN() edn.Value {
	return edn.MakeVector(edn.MakeInt(d.E), ToEDN(d.A), ToEDN(d.V), edn.MakeInt(d.Tx), edn.MakeBool(d.Added))
}
