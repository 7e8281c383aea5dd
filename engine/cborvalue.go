package engine

import (
	"math"
	"math/big"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// appendItem appends v as native dag-cbor; its kind is written elsewhere.
func appendItem(dst []byte, v Value) []byte {
	switch v.kind {
	case NilKind:
		return dagcbor.AppendNull(dst)
	case BoolKind:
		return dagcbor.AppendBool(dst, v.Bool())
	case LongKind, InstantKind:
		return dagcbor.AppendInt(dst, v.Long())
	case RefKind:
		return dagcbor.AppendUint(dst, v.num)
	case DoubleKind:
		return appendFloatItem(dst, v.Double())
	case FloatKind:
		return appendFloatItem(dst, float64(v.Float()))
	case BigIntKind:
		return dagcbor.AppendText(dst, v.BigInt().String())
	case BigDecKind:
		unscaled, scale := v.BigDec()
		dst = dagcbor.AppendInt(dagcbor.AppendArray(dst, 2), int64(scale))
		return dagcbor.AppendText(dst, unscaled.String())
	case TupleKind:
		return appendTupleItem(dst, v)
	case UUIDKind:
		return appendRaw(dst, v.str)
	}
	if v.out {
		return appendOutItem(dst, v)
	}
	return appendTextItem(dst, v.kind, v.str)
}

// appendFloatItem writes as text the three numbers that dag-cbor has no floats for.
func appendFloatItem(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dagcbor.AppendText(dst, string(appendFloat(nil, f, 64)))
	}
	return dagcbor.AppendFloat(dst, f)
}

func appendTextItem(dst []byte, k Kind, s string) []byte {
	if k == BytesKind {
		return appendRaw(dst, s)
	}
	return dagcbor.AppendText(dst, s)
}

func appendRaw(dst []byte, s string) []byte {
	return dagcbor.AppendBytes(dst, []byte(s))
}

// appendOutItem writes [prefix, link, size].
func appendOutItem(dst []byte, v Value) []byte {
	dst = appendTextItem(dagcbor.AppendArray(dst, 3), v.kind, v.Text())
	return dagcbor.AppendUint(dagcbor.AppendLink(dst, v.Link()), v.num)
}

// appendTupleItem writes the kind and the value of every item in turn.
func appendTupleItem(dst []byte, v Value) []byte {
	items := v.Tuple()
	dst = dagcbor.AppendArray(dst, 2*len(items))
	for _, item := range items {
		dst = appendItem(dagcbor.AppendUint(dst, uint64(item.kind)), item)
	}
	return dst
}

// readItem reads what appendItem wrote for a value of kind k, and nothing else.
func readItem(r *dagcbor.Reader, k Kind) Value {
	switch k {
	case StringKind, URIKind, BytesKind, KeywordKind, SymbolKind:
		return readTextItem(r, k)
	case LongKind, InstantKind:
		return Value{kind: k, num: uint64(r.Int())}
	case RefKind:
		return Value{kind: k, num: r.Uint()}
	case DoubleKind:
		return Double(readFloatItem(r))
	case FloatKind:
		return readFloat32(r)
	case BoolKind:
		return Bool(r.Bool())
	case BigIntKind:
		return BigInt(readBig(r))
	case BigDecKind:
		return readBigDec(r)
	case UUIDKind:
		return readUUID(r)
	case TupleKind:
		return readTupleItem(r)
	case NilKind:
		r.Null()
		return Value{}
	}
	r.Fail("no such kind of value")
	return Value{}
}

func readTextItem(r *dagcbor.Reader, k Kind) Value {
	if k >= StringKind && r.Peek() == dagcbor.Array {
		return readOutItem(r, k)
	}
	s := readTextOrRaw(r, k)
	if len(s) > maxInline {
		r.Fail("text that should live out of line")
	}
	return Value{kind: k, str: s}
}

func readTextOrRaw(r *dagcbor.Reader, k Kind) string {
	if k == BytesKind {
		return aliased(r.Bytes())
	}
	return r.Text()
}

func readOutItem(r *dagcbor.Reader, k Kind) Value {
	if r.Array() != 3 {
		r.Fail("a value out of line is not of three items")
		return Value{}
	}
	prefix := readTextOrRaw(r, k)
	id, size := r.Link(), r.Uint()
	if r.Err() != nil {
		return Value{}
	}
	if len(prefix) > prefixSize || size <= maxInline || !isRaw(id) {
		r.Fail("not a value out of line")
		return Value{}
	}
	return standIn(k, prefix, id, size)
}

func isRaw(id cid.Cid) bool {
	return id.Prefix() == cid.Prefix{Version: 1, Codec: cas.Raw, MhType: multihash.SHA2_256, MhLength: digestSize}
}

func readFloatItem(r *dagcbor.Reader) float64 {
	if r.Peek() != dagcbor.Text {
		f := r.Float()
		if f == 0 && math.Signbit(f) {
			r.Fail("negative zero")
		}
		return f
	}
	switch r.Text() {
	case "NaN":
		return math.NaN()
	case "Infinity":
		return math.Inf(1)
	case "-Infinity":
		return math.Inf(-1)
	}
	r.Fail("text where a number is expected")
	return 0
}

func readFloat32(r *dagcbor.Reader) Value {
	f := readFloatItem(r)
	if float64(float32(f)) != f && !math.IsNaN(f) {
		r.Fail("number does not fit a 32-bit float")
	}
	return Float(float32(f))
}

func readBig(r *dagcbor.Reader) *big.Int {
	s := r.Text()
	n, ok := new(big.Int), len(s) <= maxDigits
	if ok {
		_, ok = n.SetString(s, 10)
	}
	if !ok || n.String() != s {
		r.Fail("not an integer in its shortest form")
		return new(big.Int)
	}
	return n
}

func readBigDec(r *dagcbor.Reader) Value {
	if r.Array() != 2 {
		r.Fail("a decimal is not of two items")
		return Value{}
	}
	scale := r.Int()
	if scale != int64(int32(scale)) {
		r.Fail("scale of a decimal is out of range")
	}
	return BigDec(readBig(r), int32(scale))
}

func readUUID(r *dagcbor.Reader) Value {
	b := r.Bytes()
	if len(b) != 16 {
		r.Fail("a uuid is not of 16 bytes")
	}
	return Value{kind: UUIDKind, str: aliased(b)}
}

func readTupleItem(r *dagcbor.Reader) Value {
	n := r.Array()
	if n%2 != 0 {
		r.Fail("a kind in a tuple without its value")
		return Value{}
	}
	items := make([]Value, 0, n/2)
	for range n / 2 {
		k := r.Uint()
		if k > uint64(RefKind) || k == uint64(TupleKind) {
			r.Fail("not a kind that tuples may hold")
			return Value{}
		}
		v := readItem(r, Kind(k))
		if v.out {
			r.Fail("a value out of line within a tuple")
		}
		items = append(items, v)
	}
	return Tuple(items...)
}
