package engine

import (
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/dhfs/dhfs/engine/edn"
)

// Text is how a value is shown in files, without the newline: strings as they
// are, numbers in their shortest exact form, instants as RFC 3339 in UTC with
// milliseconds, keywords with their colon, bytes raw, tuples as EDN. A ref is
// shown as its number: the text of refs in files is their target's home. Of a
// value that lives out of line only the beginning is known here.
func Text(v Value) string {
	switch v.kind {
	case StringKind, URIKind, SymbolKind, BytesKind:
		return v.Text()
	}
	return string(AppendText(nil, v))
}

// AppendText appends Text(v) to dst.
func AppendText(dst []byte, v Value) []byte {
	switch v.kind {
	case NilKind:
		return append(dst, "nil"...)
	case BoolKind:
		return strconv.AppendBool(dst, v.Bool())
	case LongKind:
		return strconv.AppendInt(dst, v.Long(), 10)
	case BigIntKind:
		return v.BigInt().Append(dst, 10)
	case DoubleKind:
		return appendFloat(dst, v.Double(), 64)
	case FloatKind:
		return appendFloat(dst, float64(v.Float()), 32)
	case BigDecKind:
		return append(dst, decimalText(v.BigDec())...)
	case InstantKind:
		return time.UnixMilli(v.Millis()).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	case UUIDKind:
		return edn.AppendUUID(dst, v.str)
	case KeywordKind:
		return append(append(dst, ':'), v.Text()...)
	case TupleKind:
		return edn.Append(dst, ToEDN(v))
	case RefKind:
		return strconv.AppendUint(dst, v.num, 10)
	}
	return append(dst, v.Text()...)
}

// appendFloat writes the shortest digits that read back as f, with an exponent
// only where it is very large or very small.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) && !math.IsInf(f, 0) {
		return strconv.AppendFloat(dst, f, 'e', -1, bits)
	}
	switch {
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

// maxZeros is how many zeros a decimal is written with before it gets an exponent instead.
const maxZeros = 30

// decimalText writes a decimal with all the digits of its scale.
func decimalText(unscaled *big.Int, scale int32) string {
	digits := unscaled.String()
	if scale < 0 || int(scale) > len(digits)+maxZeros {
		return digits + "E" + strconv.FormatInt(-int64(scale), 10)
	}
	if scale == 0 {
		return digits
	}
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for len(digits) <= int(scale) {
		digits = "0" + digits
	}
	point := len(digits) - int(scale)
	return sign + digits[:point] + "." + digits[point:]
}
