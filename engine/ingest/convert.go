package ingest

import (
	"encoding/hex"
	"math"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// convert makes the form of type k of a cell. It keeps the position.
func convert(v edn.Value, k engine.Kind) (form edn.Value, ok bool) {
	switch {
	case k == engine.NilKind:
		form, ok = v, true
	case k == engine.StringKind:
		form, ok = edn.MakeString(text(v)), true
	case v.Kind() == edn.String:
		form, ok = fromText(strings.TrimSpace(v.Text()), k)
	default:
		form, ok = fromScalar(v, k)
	}
	return form.At(v.Pos()), ok
}

// text is the text of a scalar, for columns of strings and for keys.
func text(v edn.Value) string {
	if v.Kind() == edn.String {
		return v.Text()
	}
	return v.String()
}

// fromText reads text as a value of type k, which is not string.
func fromText(s string, k engine.Kind) (form edn.Value, ok bool) {
	switch k {
	case engine.LongKind:
		n, ok := parseLong(s)
		return edn.MakeInt(n), ok
	case engine.BigIntKind:
		return numeral(s, "N", isWhole(strings.TrimPrefix(s, "-")))
	case engine.BigDecKind:
		return numeral(zeroFirst(s), "M", isNumber(s))
	case engine.DoubleKind, engine.FloatKind:
		f, ok := parseDouble(s)
		return edn.MakeFloat(narrow(f, k)), ok
	case engine.BoolKind:
		return edn.MakeBool(strings.EqualFold(s, "true")), isBool(s)
	case engine.InstantKind:
		ms, _, ok := parseInstant(s)
		return edn.MakeInst(ms), ok
	case engine.UUIDKind:
		u, ok := edn.ParseUUID(s)
		return edn.MakeUUID(u), ok
	case engine.KeywordKind:
		name := strings.TrimPrefix(s, ":")
		return edn.MakeKeyword(name), edn.IsKeyword(name)
	case engine.SymbolKind:
		return edn.MakeSymbol(s), edn.IsSymbol(s)
	case engine.URIKind:
		return edn.MakeString(s), true
	case engine.BytesKind:
		b, err := hex.DecodeString(strings.TrimPrefix(strings.TrimPrefix(s, "0x"), `\x`))
		return edn.MakeBytes(b), err == nil
	}
	return edn.MakeNil(), false
}

// numeral reads a number with the suffix that EDN wants for its type.
func numeral(s, suffix string, isNumber bool) (edn.Value, bool) {
	if !isNumber {
		return edn.MakeNil(), false
	}
	v, err := edn.Parse(s + suffix)
	return v, err == nil
}

// zeroFirst writes .5 as 0.5.
func zeroFirst(s string) string {
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		return "-" + zeroFirst(rest)
	}
	if strings.HasPrefix(s, ".") {
		return "0" + s
	}
	return s
}

// narrow is f in the precision of k, so that the engine takes it.
func narrow(f float64, k engine.Kind) float64 {
	if k == engine.FloatKind && math.Abs(f) <= math.MaxFloat32 {
		return float64(float32(f))
	}
	return f
}

// fromScalar makes a form of type k, which is not string, of a number or boolean.
func fromScalar(v edn.Value, k engine.Kind) (form edn.Value, ok bool) {
	switch v.Kind() {
	case edn.Bool:
		return v, k == engine.BoolKind
	case edn.Int:
		return fromInt(v, k)
	case edn.BigInt:
		return v, k == engine.BigIntKind
	case edn.Float:
		switch k {
		case engine.DoubleKind, engine.FloatKind:
			return edn.MakeFloat(narrow(v.Float(), k)), true
		case engine.BigDecKind:
			return fromText(v.String(), k)
		}
	}
	return v, false
}

func fromInt(v edn.Value, k engine.Kind) (form edn.Value, ok bool) {
	switch k {
	case engine.LongKind:
		return v, true
	case engine.DoubleKind, engine.FloatKind:
		return edn.MakeFloat(narrow(float64(v.Int()), k)), true
	case engine.BigIntKind, engine.BigDecKind:
		return fromText(v.String(), k)
	}
	return v, false
}

// example is what a value of type k looks like, for hints.
func example(k engine.Kind) string {
	switch k {
	case engine.LongKind, engine.BigIntKind:
		return "such as 42"
	case engine.DoubleKind, engine.FloatKind, engine.BigDecKind:
		return "such as 12.50"
	case engine.BoolKind:
		return "true or false"
	case engine.InstantKind:
		return "such as 2026-11-22 or 2026-11-22T14:30:00Z"
	case engine.UUIDKind:
		return "such as f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
	case engine.KeywordKind, engine.SymbolKind:
		return "a name without spaces"
	case engine.BytesKind:
		return "in hexadecimal digits"
	}
	return "that columns can be read as"
}

// kindNamed is the value type that is called so in options and headers.
func kindNamed(name string) (engine.Kind, bool) {
	name = strings.ToLower(strings.TrimPrefix(name, ":db.type/"))
	if k, ok := kindAliases[name]; ok {
		return k, true
	}
	for k := engine.BoolKind; k < engine.TupleKind; k++ {
		if k.String() == name {
			return k, true
		}
	}
	return engine.NilKind, false
}

var kindAliases = map[string]engine.Kind{
	"bool": engine.BoolKind, "int": engine.LongKind, "integer": engine.LongKind, "number": engine.DoubleKind,
	"decimal": engine.BigDecKind, "date": engine.InstantKind, "datetime": engine.InstantKind, "timestamp": engine.InstantKind,
	"text": engine.StringKind, "url": engine.URIKind,
}
