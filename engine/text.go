package engine

import (
	"math"
	"math/big"
	"strconv"
	"time"
)

// Text is how a value is shown in files, without the newline: strings as they
// are, numbers in their shortest exact form, instants as RFC 3339 in UTC with
// milliseconds, keywords with their colon, bytes raw, tuples as EDN. A ref is
// shown as its number: the text of refs in files is their target's home. Of a
// value that lives out of line only the beginning is known here.
func Text(v Value) string {
	switch v.kind {
	case NilKind:
		return "nil"
	case BoolKind:
		return strconv.FormatBool(v.Bool())
	case LongKind:
		return strconv.FormatInt(v.Long(), 10)
	case BigIntKind:
		return v.BigInt().String()
	case DoubleKind:
		return floatText(v.Double(), 64)
	case FloatKind:
		return floatText(float64(v.Float()), 32)
	case BigDecKind:
		return decimalText(v.BigDec())
	case InstantKind:
		return time.UnixMilli(v.Millis()).UTC().Format("2006-01-02T15:04:05.000Z")
	case UUIDKind:
		return v.UUID().String()
	case KeywordKind:
		return ":" + v.Text()
	case TupleKind:
		return ToEDN(v).String()
	case RefKind:
		return strconv.FormatUint(v.num, 10)
	}
	return v.Text()
}

// floatText writes the shortest digits that read back as f, with an exponent
// only where it is very large or very small.
func floatText(f float64, bits int) string {
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) && !math.IsInf(f, 0) {
		return strconv.FormatFloat(f, 'e', -1, bits)
	}
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'f', -1, bits)
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
