// Package dagcbor writes and reads strict, canonical dag-cbor without reflection
// or intermediate values: callers append items to a buffer and read them back in
// the order they know.
//
// Strict means: the shortest form of every number, definite lengths, integers
// from -2^63 to 2^64-1, 64-bit floats that are finite, text that is UTF-8, map
// keys that are text sorted by length and then bytewise and differ, tag 42 only,
// no undefined, no trailing bytes, and at most MaxDepth arrays and maps inside
// each other. What is not strict is refused on reading, so one value has one
// encoding and one CID.
//
// The format is that of https://ipld.io/specs/codecs/dag-cbor/spec/, over RFC 8949.
package dagcbor

import "fmt"

// MaxDepth is how many arrays and maps may lie inside each other where the
// package walks data by itself: Skip, Check and Links. Callers that read
// arrays themselves bound their own recursion.
const MaxDepth = 128

// Kind is the type of an item.
type Kind uint8

// The kinds of items. End means that there are no more bytes, or that reading failed.
const (
	End Kind = iota
	Uint
	NegInt
	Bytes
	Text
	Array
	Map
	Link
	Bool
	Null
	Float
)

// String names the kind as errors do.
func (k Kind) String() string {
	names := [...]string{"the end", "an unsigned integer", "a negative integer", "bytes", "text",
		"an array", "a map", "a link", "a boolean", "null", "a float"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Error says what is wrong with data and where.
type Error struct {
	Offset int // in bytes from the start of the data
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("dag-cbor at byte %d: %s", e.Offset, e.Reason) }

// Major types of RFC 8949, the upper three bits of an item's first byte.
const (
	majorUint = iota
	majorNegInt
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorSimple
)

// First bytes of the items that have only one.
const (
	headFalse = 0xf4
	headTrue  = 0xf5
	headNull  = 0xf6
	headFloat = 0xfb
	headTag   = 0xd8 // followed by tagLink: the only tag
	tagLink   = 42
)
