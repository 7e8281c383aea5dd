// Package fressian reads the binary notation in which Clojure programs such as
// Datahike keep their data.
//
// What is read may come from anybody: memory is bounded by the length of the
// input, and whatever is not as it should be is an *Error with the offset.
package fressian

import (
	"fmt"
	"math/big"
)

// Values are nil, bool, int64, *big.Int, BigDec, float32, float64, string, []byte and the
// types below. Typed arrays are Lists.

// Keyword is a keyword without its colon: "person/name".
type Keyword string

// Symbol is a symbol.
type Symbol string

// Inst is milliseconds since 1970, UTC.
type Inst int64

// UUID is a uuid, in the order of its text.
type UUID [16]byte

// Char is a character of 16 bits.
type Char uint16

// BigDec is Unscaled × 10^-Scale.
type BigDec struct {
	Unscaled *big.Int
	Scale    int32
}

// List is a list, a vector or any other sequence.
type List []any

// Set is the elements of a set.
type Set []any

// Map is keys and values in turn.
type Map []any

// Tagged is a value of a type that is not built in, with what it is made of.
type Tagged struct {
	Tag   string
	Items List
}

// Get finds what a map has under a keyword, nil if nothing.
func (m Map) Get(key Keyword) any {
	for i := 0; i+1 < len(m); i += 2 {
		if k, ok := m[i].(Keyword); ok && k == key {
			return m[i+1]
		}
	}
	return nil
}

// Error says where input is not Fressian, or goes beyond what is read of it.
type Error struct {
	Offset int // in bytes, from the beginning of the input
	Msg    string
}

// Error gives the offset and the message.
func (e *Error) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset, e.Msg) }
