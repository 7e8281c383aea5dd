// Package edn reads and writes the extensible data notation, with the line and
// column of every form and in every error.
package edn

import (
	"math"
	"math/big"
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

// Pos is where a form begins. Line and column count from 1, columns in
// characters; the zero Pos belongs to values that were not read from text.
type Pos struct{ Line, Col int32 }

// Value is one EDN form. Values are immutable: callers must not change what
// Items returns.
type Value struct {
	kind  Kind
	pos   Pos
	num   uint64   // Bool, Int, Float bits, Char, Inst; the scale of a BigDec
	str   string   // String, Keyword (without colon), Symbol, UUID and Bytes as raw bytes; the tag of a Tagged
	items []Value  // List, Vector, Set; Map as key, value, key, value; Tagged: the one form
	big   *big.Int // BigInt; the unscaled part of a BigDec
}

// MakeNil and its siblings make values that have no position.
func MakeNil() Value                  { return Value{} }
func MakeBool(b bool) Value           { return Value{kind: Bool, num: b2u(b)} }
func MakeInt(n int64) Value           { return Value{kind: Int, num: uint64(n)} }
func MakeBigInt(n *big.Int) Value     { return Value{kind: BigInt, big: n} }
func MakeFloat(f float64) Value       { return Value{kind: Float, num: math.Float64bits(f)} }
func MakeChar(r rune) Value           { return Value{kind: Char, num: uint64(r)} }
func MakeString(s string) Value       { return Value{kind: String, str: s} }
func MakeKeyword(name string) Value   { return Value{kind: Keyword, str: name} } // without the colon
func MakeSymbol(name string) Value    { return Value{kind: Symbol, str: name} }
func MakeList(items ...Value) Value   { return Value{kind: List, items: items} }
func MakeVector(items ...Value) Value { return Value{kind: Vector, items: items} }
func MakeInst(ms int64) Value         { return Value{kind: Inst, num: uint64(ms)} }
func MakeUUID(u [16]byte) Value       { return Value{kind: UUID, str: string(u[:])} }
func MakeBytes(b []byte) Value        { return Value{kind: Bytes, str: string(b)} }

// MakeBigDec makes unscaled × 10^-scale.
func MakeBigDec(unscaled *big.Int, scale int32) Value {
	return Value{kind: BigDec, big: unscaled, num: uint64(uint32(scale))}
}

// MakeSet makes a set of items, which must differ from each other.
func MakeSet(items ...Value) Value { return Value{kind: Set, items: items} }

// MakeMap makes a map of alternating keys and values; the keys must differ.
func MakeMap(pairs ...Value) Value { return Value{kind: Map, items: pairs} }

// MakeTagged makes #tag form.
func MakeTagged(tag string, form Value) Value {
	return Value{kind: Tagged, str: tag, items: []Value{form}}
}

// At returns v with its position set.
func (v Value) At(p Pos) Value { v.pos = p; return v }

func (v Value) Kind() Kind    { return v.kind }
func (v Value) Pos() Pos      { return v.pos }
func (v Value) IsNil() bool   { return v.kind == Nil }
func (v Value) Bool() bool    { return v.num != 0 }
func (v Value) Int() int64    { return int64(v.num) }
func (v Value) Char() rune    { return rune(v.num) }
func (v Value) Millis() int64 { return int64(v.num) }

// Float returns the number of a Float.
func (v Value) Float() float64 { return math.Float64frombits(v.num) }

// Big returns a BigInt's number or a BigDec's unscaled part.
func (v Value) Big() *big.Int { return v.big }

// Scale returns a BigDec's scale.
func (v Value) Scale() int32 { return int32(uint32(v.num)) }

// Text returns the text of a String, the name of a Keyword (without its colon)
// or Symbol, the tag of a Tagged, the raw bytes of Bytes and UUID.
func (v Value) Text() string { return v.str }

// Items returns the elements of a List, Vector or Set, a Map's keys and values
// in turn, or the one form of a Tagged.
func (v Value) Items() []Value { return v.items }

// Is tells whether v is the keyword (":name") or symbol ("name") spelled s.
func (v Value) Is(s string) bool {
	if len(s) > 0 && s[0] == ':' {
		return v.kind == Keyword && v.str == s[1:]
	}
	return v.kind == Symbol && v.str == s
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
