package engine

import (
	"fmt"
	"math"
	"math/big"
	"unicode/utf8"

	"github.com/dhfs/dhfs/engine/edn"
)

// ToEDN is the value as EDN: a ref as its number, a uri as #uri, both kinds of
// float as floats. Of a value that lives out of line only the beginning is known here.
func ToEDN(v Value) edn.Value {
	switch v.kind {
	case BoolKind:
		return edn.MakeBool(v.Bool())
	case LongKind:
		return edn.MakeInt(v.Long())
	case BigIntKind:
		return edn.MakeBigInt(v.BigInt())
	case DoubleKind:
		return edn.MakeFloat(v.Double())
	case FloatKind:
		return edn.MakeFloat(float64(v.Float()))
	case BigDecKind:
		return edn.MakeBigDec(v.BigDec())
	case InstantKind:
		return edn.MakeInst(v.Millis())
	case UUIDKind:
		return edn.MakeUUID(v.UUID())
	case KeywordKind:
		return edn.MakeKeyword(v.Text())
	case SymbolKind:
		return edn.MakeSymbol(v.Text())
	case StringKind:
		return edn.MakeString(v.Text())
	case URIKind:
		return edn.MakeTagged("uri", edn.MakeString(v.Text()))
	case BytesKind:
		return edn.MakeBytes([]byte(v.Text()))
	case TupleKind:
		return tupleToEDN(v)
	case RefKind:
		return edn.MakeInt(v.Long())
	}
	return edn.MakeNil()
}

func tupleToEDN(v Value) edn.Value {
	items := v.Tuple()
	forms := make([]edn.Value, len(items))
	for i, item := range items {
		forms[i] = ToEDN(item)
	}
	return edn.MakeVector(forms...)
}

// FromEDN is the form as a value of kind k. NilKind takes the kind that the form
// has by itself. What is not exactly a value of the kind is refused, except that
// integers are taken for all kinds of numbers that hold them, strings for uris, and
// a float for a 32-bit one that holds it. A ref is a number here: names of
// entities are resolved before.
func FromEDN(k Kind, form edn.Value) (Value, error) {
	if k == NilKind {
		if k = kindOfForm(form); k == NilKind {
			return Value{}, fmt.Errorf("%s cannot be a value", brief(form))
		}
	}
	v, ok := fromEDN(k, form)
	if !ok {
		return Value{}, fmt.Errorf("%s is not of type %s%s", brief(form), k, kindHint(k, form))
	}
	return v, checkSize(v)
}

// formKinds are the kinds that forms have by themselves.
var formKinds = map[edn.Kind]Kind{
	edn.Bool: BoolKind, edn.Int: LongKind, edn.BigInt: BigIntKind, edn.Float: DoubleKind, edn.BigDec: BigDecKind,
	edn.Char: StringKind, edn.String: StringKind, edn.Keyword: KeywordKind, edn.Symbol: SymbolKind,
	edn.Vector: TupleKind, edn.List: TupleKind, edn.Inst: InstantKind, edn.UUID: UUIDKind, edn.Bytes: BytesKind,
}

// kindOfForm is NilKind for a form that is no value.
func kindOfForm(form edn.Value) Kind {
	if form.Kind() == edn.Tagged && form.Text() == "uri" {
		return URIKind
	}
	return formKinds[form.Kind()]
}

func fromEDN(k Kind, form edn.Value) (v Value, ok bool) {
	switch k {
	case LongKind, BigIntKind, DoubleKind, FloatKind, BigDecKind, RefKind:
		return numberFromEDN(k, form)
	case StringKind, URIKind, BytesKind, KeywordKind, SymbolKind:
		return textFromEDN(k, form)
	case BoolKind:
		return Bool(form.Bool()), form.Kind() == edn.Bool
	case InstantKind:
		return Instant(form.Millis()), form.Kind() == edn.Inst
	case UUIDKind:
		return Value{kind: UUIDKind, str: form.Text()}, form.Kind() == edn.UUID
	case TupleKind:
		return tupleFromEDN(form)
	}
	return Value{}, false
}

func numberFromEDN(k Kind, form edn.Value) (Value, bool) {
	switch form.Kind() {
	case edn.Int:
		if k == LongKind {
			return Long(form.Int()), true
		}
		return integer(k, big.NewInt(form.Int()))
	case edn.BigInt:
		return integer(k, form.Big())
	case edn.Float:
		return float(k, form.Float())
	case edn.BigDec:
		return BigDec(form.Big(), form.Scale()), k == BigDecKind
	}
	return Value{}, false
}

// integer is n as a number of kind k that is exactly n.
func integer(k Kind, n *big.Int) (Value, bool) {
	switch k {
	case LongKind:
		return Long(n.Int64()), n.IsInt64()
	case BigIntKind:
		return BigInt(n), true
	case BigDecKind:
		return BigDec(n, 0), true
	case RefKind:
		return Ref(ID(n.Int64())), n.IsInt64() && n.Sign() > 0
	}
	f, accuracy := new(big.Float).SetInt(n).Float64()
	if accuracy != big.Exact {
		return Value{}, false
	}
	return float(k, f)
}

func float(k Kind, f float64) (Value, bool) {
	switch k {
	case DoubleKind:
		return Double(f), true
	case FloatKind:
		short := float32(f)
		return Float(short), !math.IsInf(float64(short), 0) || math.IsInf(f, 0)
	}
	return Value{}, false
}

func textFromEDN(k Kind, form edn.Value) (Value, bool) {
	v := Value{kind: k, str: form.Text()}
	switch {
	case k == StringKind && form.Kind() == edn.Char:
		return String(string(form.Char())), true
	case k == URIKind && form.Kind() == edn.Tagged && form.Text() == "uri":
		return textFromEDN(URIKind, form.Items()[0])
	case k == URIKind:
		return v, form.Kind() == edn.String
	}
	return v, formKinds[form.Kind()] == k
}

func tupleFromEDN(form edn.Value) (Value, bool) {
	if formKinds[form.Kind()] != TupleKind {
		return Value{}, false
	}
	items := make([]Value, len(form.Items()))
	for i, f := range form.Items() {
		if f.IsNil() {
			continue
		}
		v, ok := fromEDN(kindOfForm(f), f)
		if !ok || v.kind == TupleKind {
			return Value{}, false
		}
		items[i] = v
	}
	return Tuple(items...), true
}

// checkSize refuses what keys cannot hold. Strings, uris and bytes may be of any size.
func checkSize(v Value) error {
	switch v.kind {
	case StringKind, URIKind, BytesKind:
	default:
		if len(v.str) > maxInline {
			return fmt.Errorf("a %s of %d bytes is longer than the %d that are allowed", v.kind, len(v.str), maxInline)
		}
	}
	if !v.isText() {
		return fmt.Errorf("text is not UTF-8: %.40q", v.str)
	}
	return nil
}

// brief is a form in an error message.
func brief(form edn.Value) string {
	s := form.String()
	if len(s) <= 60 {
		return s
	}
	cut := 57
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// kindHint names the form that would have been taken, where the mistake is a common one.
func kindHint(k Kind, form edn.Value) string {
	text := form.Kind() == edn.String
	switch {
	case k == InstantKind && text:
		return fmt.Sprintf("; write #inst %s", brief(form))
	case k == UUIDKind && text:
		return fmt.Sprintf("; write #uuid %s", brief(form))
	case k == KeywordKind && text:
		return "; keywords begin with a colon and have no quotes"
	case k == BytesKind && text:
		return `; write #bytes "68656c6c6f"`
	case k == BigDecKind && form.Kind() == edn.Float:
		return "; decimals end in M"
	case k == StringKind:
		return "; strings are in double quotes"
	}
	return ""
}
