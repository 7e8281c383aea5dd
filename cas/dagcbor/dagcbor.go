// Package dagcbor writes and reads strict, canonical dag-cbor without reflection
// or intermediate values: callers append items to a buffer and read them back in the order they know.
//
// Strict means: shortest form of every number, definite lengths, 64-bit floats that are
// finite, text that is UTF-8, map keys that are text sorted by length and then bytewise and differ, tag 42 only, no trailing
// bytes. What is not strict is refused on reading.
package dagcbor

import "github.com/ipfs/go-cid"

func AppendUint(dst []byte, n uint64) []byte   { panic("spec") }
func AppendInt(dst []byte, n int64) []byte     { panic("spec") }
func AppendBytes(dst, b []byte) []byte         { panic("spec") }
func AppendText(dst []byte, s string) []byte   { panic("spec") }
func AppendBool(dst []byte, b bool) []byte     { panic("spec") }
func AppendNull(dst []byte) []byte             { panic("spec") }
func AppendFloat(dst []byte, f float64) []byte { panic("spec") } // panics on NaN and infinities, which dag-cbor cannot hold
func AppendLink(dst []byte, c cid.Cid) []byte  { panic("spec") }
func AppendArray(dst []byte, n int) []byte     { panic("spec") } // n items follow
func AppendMap(dst []byte, n int) []byte       { panic("spec") } // n key, value pairs follow, keys in canonical order

// Reader reads items one after another. The first error sticks: every later call returns zero
// and Err the first error, so that callers check once. Counts and lengths are checked against
// the bytes that are left before anything is allocated.
type Reader struct{}

func NewReader(data []byte) *Reader { panic("spec") }

// Kind is the type of the next item.
type Kind uint8

const (
	End Kind = iota // no more bytes, or an error
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

func (r *Reader) Peek() Kind             { panic("spec") }
func (r *Reader) Uint() uint64           { panic("spec") }
func (r *Reader) Int() int64             { panic("spec") }
func (r *Reader) Bytes() []byte          { panic("spec") } // aliases the input
func (r *Reader) Text() string           { panic("spec") } // aliases the input without copying
func (r *Reader) Bool() bool             { panic("spec") }
func (r *Reader) Null()                  { panic("spec") }
func (r *Reader) Float() float64         { panic("spec") }
func (r *Reader) Link() cid.Cid          { panic("spec") }
func (r *Reader) Array() int             { panic("spec") } // number of items that follow
func (r *Reader) Map() int               { panic("spec") } // number of pairs that follow
func (r *Reader) Key(prev string) string { panic("spec") } // a map key that must come after prev ("" for the first)
func (r *Reader) Skip()                  { panic("spec") } // the next item, whole
func (r *Reader) Fail(msg string)        { panic("spec") } // record an error of the caller's own at this offset
func (r *Reader) Done() error            { panic("spec") } // the first error, or trailing bytes
func (r *Reader) Err() error             { panic("spec") }

// Check verifies that data is exactly one strict item.
func Check(data []byte) error { panic("spec") }

// Links lists the links in data in order, each as often as it occurs.
func Links(data []byte) ([]cid.Cid, error) { panic("spec") }
