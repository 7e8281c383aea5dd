package native

import (
	"encoding"
	"fmt"
	"math/big"
	"reflect"
	"time"
	"unsafe"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/google/uuid"
)

// scalars are the basic types, and those that are made of them.
var scalars = map[reflect.Kind]Into{
	reflect.Bool: intoBool, reflect.String: intoString,
	reflect.Int: signed[int], reflect.Int8: signed[int8], reflect.Int16: signed[int16], reflect.Int32: signed[int32], reflect.Int64: signed[int64],
	reflect.Uint: unsigned[uint], reflect.Uint8: unsigned[uint8], reflect.Uint16: unsigned[uint16], reflect.Uint32: unsigned[uint32], reflect.Uint64: unsigned[uint64],
	reflect.Float32: floating[float32], reflect.Float64: floating[float64],
}

func signed[T int | int8 | int16 | int32 | int64](at unsafe.Pointer, v edn.Value) error {
	n := v.Int()
	switch {
	case v.Kind() == edn.BigInt && v.Big().IsInt64():
		n = v.Big().Int64()
	case v.Kind() == edn.BigInt:
		return tooLarge[T](v)
	case v.Kind() != edn.Int:
		return refuse(v, "integer")
	}
	if int64(T(n)) != n {
		return tooLarge[T](v)
	}
	*(*T)(at) = T(n)
	return nil
}

func unsigned[T uint | uint8 | uint16 | uint32 | uint64](at unsafe.Pointer, v edn.Value) error {
	n := uint64(v.Int())
	switch {
	case v.Kind() == edn.BigInt && v.Big().IsUint64():
		n = v.Big().Uint64()
	case v.Kind() == edn.BigInt || v.Kind() == edn.Int && v.Int() < 0:
		return tooLarge[T](v)
	case v.Kind() != edn.Int:
		return refuse(v, "integer")
	}
	if uint64(T(n)) != n {
		return tooLarge[T](v)
	}
	*(*T)(at) = T(n)
	return nil
}

func tooLarge[T any](v edn.Value) error {
	return fmt.Errorf("%s does not fit %v", brief(v), reflect.TypeFor[T]())
}

// floating takes doubles, and integers, that have exactly this value as a T.
func floating[T float32 | float64](at unsafe.Pointer, v edn.Value) error {
	var f T
	var exact bool
	switch v.Kind() {
	case edn.Float:
		f = T(v.Float())
		exact = float64(f) == v.Float() || v.Float() != v.Float()
	case edn.Int:
		f = T(v.Int())
		exact = f < 1<<63 && int64(f) == v.Int()
	default:
		return refuse(v, "floating-point number")
	}
	if !exact {
		return tooLarge[T](v)
	}
	*(*T)(at) = f
	return nil
}

func intoBool(at unsafe.Pointer, v edn.Value) error {
	if v.Kind() != edn.Bool {
		return refuse(v, "boolean")
	}
	*(*bool)(at) = v.Bool()
	return nil
}

// intoString takes all that is text: keywords come without their colon.
func intoString(at unsafe.Pointer, v edn.Value) error {
	text, ok := textOf(v)
	if !ok {
		return refuse(v, "text")
	}
	*(*string)(at) = text
	return nil
}

func textOf(v edn.Value) (string, bool) {
	switch v.Kind() {
	case edn.String, edn.Keyword, edn.Symbol:
		return v.Text(), true
	case edn.Char:
		return string(v.Char()), true
	case edn.Tagged:
		if inner := v.Items()[0]; v.Text() == "uri" && inner.Kind() == edn.String {
			return inner.Text(), true
		}
	}
	return "", false
}

func intoBytes(at unsafe.Pointer, v edn.Value) error {
	switch v.Kind() {
	case edn.Nil:
		*(*[]byte)(at) = nil
	case edn.Bytes:
		*(*[]byte)(at) = []byte(v.Text())
	default:
		return refuse(v, "bytes")
	}
	return nil
}

func intoTime(at unsafe.Pointer, v edn.Value) error {
	if v.Kind() != edn.Inst {
		return refuse(v, "instant")
	}
	*(*time.Time)(at) = time.UnixMilli(v.Millis()).UTC()
	return nil
}

func intoUUID(at unsafe.Pointer, v edn.Value) error {
	if v.Kind() != edn.UUID {
		return refuse(v, "uuid")
	}
	*(*uuid.UUID)(at) = uuid.UUID([]byte(v.Text()))
	return nil
}

// intoBig takes integers; nil becomes a nil pointer, as of all pointers.
func intoBig(at unsafe.Pointer, v edn.Value) error {
	var n *big.Int
	switch v.Kind() {
	case edn.Nil:
	case edn.Int:
		n = big.NewInt(v.Int())
	case edn.BigInt:
		n = new(big.Int).Set(v.Big())
	default:
		return refuse(v, "integer")
	}
	*(**big.Int)(at) = n
	return nil
}

// intoRat takes all numbers that are finite.
func intoRat(at unsafe.Pointer, v edn.Value) error {
	var r *big.Rat
	if !v.IsNil() {
		var ok bool
		if r, ok = rational(v); !ok {
			return refuse(v, "number that a *big.Rat could be")
		}
	}
	*(**big.Rat)(at) = r
	return nil
}

// maxScale bounds decimals that are written out: 1E-1000000M is a few bytes of text and a million digits of number.
const maxScale = 10_000

func rational(v edn.Value) (*big.Rat, bool) {
	switch v.Kind() {
	case edn.Int:
		return new(big.Rat).SetInt64(v.Int()), true
	case edn.BigInt:
		return new(big.Rat).SetInt(v.Big()), true
	case edn.Float:
		r := new(big.Rat).SetFloat64(v.Float())
		return r, r != nil
	case edn.BigDec:
		scale := int64(v.Scale())
		if max(scale, -scale) > maxScale {
			return nil, false
		}
		power := new(big.Int).Exp(big.NewInt(10), big.NewInt(max(scale, -scale)), nil)
		if scale < 0 {
			return new(big.Rat).SetInt(power.Mul(power, v.Big())), true
		}
		return new(big.Rat).SetFrac(v.Big(), power), true
	}
	return nil, false
}

// intoReadable takes text for types that read it themselves.
func intoReadable(t reflect.Type) Into {
	return func(at unsafe.Pointer, v edn.Value) error {
		text, ok := textOf(v)
		if !ok {
			return refuse(v, "text for a "+t.String())
		}
		return reflect.NewAt(t, at).Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
	}
}
