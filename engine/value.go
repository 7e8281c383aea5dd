// Package engine is an immutable database of datoms: values, schema,
// transactions, commits and history over content-addressed trees.
package engine

import (
	"math"
	"unsafe"

	"github.com/google/uuid"
)

// Kind is the type of a stored value. The order of the constants is the order
// in which values of different kinds sort.
type Kind uint8

const (
	NilKind     Kind = iota // only inside tuples
	BoolKind                // :db.type/boolean
	LongKind                // :db.type/long
	BigIntKind              // :db.type/bigint
	DoubleKind              // :db.type/double
	FloatKind               // :db.type/float
	BigDecKind              // :db.type/bigdec
	InstantKind             // :db.type/instant, milliseconds since 1970
	UUIDKind                // :db.type/uuid
	KeywordKind             // :db.type/keyword
	SymbolKind              // :db.type/symbol
	StringKind              // :db.type/string
	URIKind                 // :db.type/uri
	BytesKind               // :db.type/bytes
	TupleKind               // :db.type/tuple
	RefKind                 // :db.type/ref
)

// ID is an entity id, 1 … 2⁶³−1.
type ID uint64

// Value is one typed value. Two Values are the same value exactly when they
// are == to each other, so a Value can be a map key. The zero Value is nil.
type Value struct {
	kind Kind
	out  bool   // str describes a value that lives out of line
	num  uint64 // bool, long, float bits, instant, ref; the size of what lives out of line
	str  string // text, raw bytes, or the key encoding of bigint, bigdec and tuple
}

func Bool(b bool) Value {
	if b {
		return Value{kind: BoolKind, num: 1}
	}
	return Value{kind: BoolKind}
}
func Long(n int64) Value     { return Value{kind: LongKind, num: uint64(n)} }
func Instant(ms int64) Value { return Value{kind: InstantKind, num: uint64(ms)} }
func Ref(id ID) Value        { return Value{kind: RefKind, num: uint64(id)} }
func String(s string) Value  { return Value{kind: StringKind, str: s} }
func URI(s string) Value     { return Value{kind: URIKind, str: s} }
func Keyword(s string) Value { return Value{kind: KeywordKind, str: s} } // without the colon
func Symbol(s string) Value  { return Value{kind: SymbolKind, str: s} }
func Bytes(b []byte) Value   { return Value{kind: BytesKind, str: string(b)} }
func UUID(u uuid.UUID) Value { return Value{kind: UUIDKind, str: string(u[:])} }

// Double keeps one zero and one NaN.
func Double(f float64) Value {
	switch {
	case f == 0:
		f = 0
	case f != f:
		return Value{kind: DoubleKind, num: nan64}
	}
	return Value{kind: DoubleKind, num: math.Float64bits(f)}
}

// Float is a 32-bit float, with one zero and one NaN too.
func Float(f float32) Value {
	switch {
	case f == 0:
		f = 0
	case f != f:
		return Value{kind: FloatKind, num: nan32}
	}
	return Value{kind: FloatKind, num: uint64(math.Float32bits(f))}
}

// The bits of the one NaN of each width. They are written out because the bits
// of a computed NaN differ between processors.
const (
	nan64 = 0x7ff8000000000000
	nan32 = 0x7fc00000
)

// Kind is the value's type; the accessors below are meant for the kind they name.
func (v Value) Kind() Kind      { return v.kind }
func (v Value) IsNil() bool     { return v.kind == NilKind }
func (v Value) Bool() bool      { return v.num != 0 }
func (v Value) Long() int64     { return int64(v.num) }
func (v Value) Millis() int64   { return int64(v.num) }
func (v Value) Ref() ID         { return ID(v.num) }
func (v Value) Double() float64 { return math.Float64frombits(v.num) }
func (v Value) Float() float32  { return math.Float32frombits(uint32(v.num)) }

// Text is the text of a string, uri, keyword (without colon) or symbol, and
// the raw bytes of bytes and uuid. Of a value that lives out of line it is only
// the beginning: DB.Resolve gives the whole.
func (v Value) Text() string {
	if v.out {
		return v.str[:len(v.str)-digestSize]
	}
	return v.str
}

// UUID is the value of a uuid.
func (v Value) UUID() (u uuid.UUID) {
	copy(u[:], v.str)
	return u
}

// MemBytes is the memory that the value holds, in bytes.
func (v Value) MemBytes() int { return int(unsafe.Sizeof(v)) + len(v.str) }

var kindNames = [...]string{
	"nil", "boolean", "long", "bigint", "double", "float", "bigdec", "instant", "uuid",
	"keyword", "symbol", "string", "uri", "bytes", "tuple", "ref",
}

// String is the kind's name in :db.type: "long".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown kind"
}
