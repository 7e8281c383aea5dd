// Package edn reads and writes the extensible data notation, with the line and
// column of every form and in every error.
//
// It reads all of EDN as Clojure does, and what Clojure's reader evaluates or
// keeps for source code (regular expressions, metadata, quotes, reader
// conditionals, ::auto keywords) is refused with a hint; ParseSource takes the
// first three. #inst, #uuid and #bytes "hex" are values of their own; any other
// tag gives a Tagged. Ratios that terminate are read as decimals: 1/4 is 0.25M.
package edn

import (
	"math"
	"math/big"
	"unsafe"
)

// Kind tells what a Value is.
type Kind uint8

// The kinds of EDN values. #inst, #uuid and #bytes are read as kinds of their own.
const (
	Nil Kind = iota
	Bool
	Int    // 64-bit
	BigInt // 123N, and integers that do not fit 64 bits
	Float  // 64-bit
	BigDec // 1.50M: unscaled integer and scale
	Char
	String
	Keyword
	Symbol
	List
	Vector
	Set
	Map
	Inst   // milliseconds since 1970, UTC
	UUID   // 16 bytes
	Bytes  // #bytes "hex"
	Tagged // any other #tag form
)

var kindNames = [...]string{
	"nil", "boolean", "integer", "bigint", "float", "decimal", "character", "string", "keyword", "symbol",
	"list", "vector", "set", "map", "instant", "uuid", "bytes", "tagged form",
}

// String names the kind as error messages do: "vector".
func (k Kind) String() string { return kindNames[k] }

// Pos is where a form begins. Line and column count from 1, columns in
// characters; the zero Pos belongs to values that were not read from text.
type Pos struct{ Line, Col int32 }

// Value is one EDN form. Values are immutable: callers must not change what
// Items and Big return. Compare values with Equal. The zero Value is nil.
//
// A value is 32 bytes, a pointer among them: reading tx data is bound by how
// much memory its values take, and a struct with a string, a slice and a
// pointer side by side would take 72.
type Value struct {
	_    [0]func() // == would compare addresses
	kind Kind
	pos  Pos
	num  uint64 // Bool, Int, Float bits, Char, Inst; a BigDec's scale; the length of text or items
	ptr  unsafe.Pointer
	// ptr is to the first byte of a String, Keyword, Symbol, UUID or Bytes, the first of the items
	// of a collection, the *big.Int of a BigInt or BigDec, the *tagged of a Tagged.
}

type tagged struct {
	tag  string
	form [1]Value
}

// MakeNil and its siblings make values that have no position.
func MakeNil() Value          { return Value{} }
func MakeBool(b bool) Value   { return Value{kind: Bool, num: b2u(b)} }
func MakeInt(n int64) Value   { return Value{kind: Int, num: uint64(n)} }
func MakeChar(r rune) Value   { return Value{kind: Char, num: uint64(r)} }
func MakeInst(ms int64) Value { return Value{kind: Inst, num: uint64(ms)} }

// MakeFloat makes a Float; NaN and the infinities are ##NaN, ##Inf and ##-Inf.
func MakeFloat(f float64) Value { return Value{kind: Float, num: math.Float64bits(f)} }

// MakeBigInt makes a BigInt even of a number that would fit 64 bits.
func MakeBigInt(n *big.Int) Value { return Value{kind: BigInt, ptr: unsafe.Pointer(n)} }

// MakeBigDec makes unscaled × 10^-scale.
func MakeBigDec(unscaled *big.Int, scale int32) Value {
	return Value{kind: BigDec, ptr: unsafe.Pointer(unscaled), num: uint64(uint32(scale))}
}

// MakeString makes a String; bytes that are not UTF-8 will be written as U+FFFD.
func MakeString(s string) Value { return makeText(String, s) }

// MakeKeyword makes the keyword of a name without the colon, which should pass IsKeyword.
func MakeKeyword(name string) Value { return makeText(Keyword, name) }

// MakeSymbol makes a symbol, whose name should pass IsSymbol.
func MakeSymbol(name string) Value { return makeText(Symbol, name) }

// MakeUUID and MakeBytes copy their bytes.
func MakeUUID(u [16]byte) Value { return makeText(UUID, string(u[:])) }
func MakeBytes(b []byte) Value  { return makeText(Bytes, string(b)) }

// MakeList and MakeVector keep items: the caller must not change them afterwards.
func MakeList(items ...Value) Value   { return makeItems(List, items) }
func MakeVector(items ...Value) Value { return makeItems(Vector, items) }

// MakeSet makes a set of items, which must differ from each other.
func MakeSet(items ...Value) Value { return makeItems(Set, items) }

// MakeMap makes a map of alternating keys and values; the keys must differ.
func MakeMap(pairs ...Value) Value { return makeItems(Map, pairs) }

// MakeTagged makes #tag form.
func MakeTagged(tag string, form Value) Value {
	return Value{kind: Tagged, ptr: unsafe.Pointer(&tagged{tag, [1]Value{form}})}
}

func makeText(k Kind, s string) Value {
	return Value{kind: k, num: uint64(len(s)), ptr: unsafe.Pointer(unsafe.StringData(s))}
}

func makeItems(k Kind, items []Value) Value {
	return Value{kind: k, num: uint64(len(items)), ptr: unsafe.Pointer(unsafe.SliceData(items))}
}

// At returns v with its position set.
func (v Value) At(p Pos) Value { v.pos = p; return v }

// Kind is what v is; the accessors below are meant for the kinds they name.
func (v Value) Kind() Kind    { return v.kind }
func (v Value) Pos() Pos      { return v.pos }
func (v Value) IsNil() bool   { return v.kind == Nil }
func (v Value) Bool() bool    { return v.num != 0 }
func (v Value) Int() int64    { return int64(v.num) }
func (v Value) Char() rune    { return rune(v.num) }
func (v Value) Millis() int64 { return int64(v.num) }

// Float returns the number of a Float.
func (v Value) Float() float64 { return math.Float64frombits(v.num) }

// Big returns a BigInt's number or a BigDec's unscaled part, nil of other kinds.
func (v Value) Big() *big.Int {
	if v.kind != BigInt && v.kind != BigDec {
		return nil
	}
	return (*big.Int)(v.ptr)
}

// Scale returns a BigDec's scale.
func (v Value) Scale() int32 { return int32(uint32(v.num)) }

// Text returns the text of a String, the name of a Keyword (without its colon)
// or Symbol, the tag of a Tagged, the raw bytes of Bytes and UUID, and "" of
// other kinds.
func (v Value) Text() string {
	switch v.kind {
	case String, Keyword, Symbol, UUID, Bytes:
		return unsafe.String((*byte)(v.ptr), int(v.num))
	case Tagged:
		return (*tagged)(v.ptr).tag
	}
	return ""
}

// Items returns the elements of a List, Vector or Set, a Map's keys and values
// in turn, or the one form of a Tagged; nil of other kinds.
func (v Value) Items() []Value {
	switch v.kind {
	case List, Vector, Set, Map:
		return unsafe.Slice((*Value)(v.ptr), int(v.num))
	case Tagged:
		return (*tagged)(v.ptr).form[:]
	}
	return nil
}

// Is tells whether v is the keyword (":name") or symbol ("name") spelled s.
func (v Value) Is(s string) bool {
	if len(s) > 0 && s[0] == ':' {
		return v.kind == Keyword && v.Text() == s[1:]
	}
	return v.kind == Symbol && v.Text() == s
}

// String is v on one line, as Append writes it.
func (v Value) String() string { return string(Append(nil, v)) }

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
