package edn

import (
	"bytes"
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Append writes v on one line, such that Parse reads an equal value. A scalar
// has one spelling; items and keys keep their order.
func Append(dst []byte, v Value) []byte {
	switch v.kind {
	case List:
		return appendItems(dst, "(", v.Items(), ")")
	case Vector:
		return appendItems(dst, "[", v.Items(), "]")
	case Set:
		return appendItems(dst, "#{", v.Items(), "}")
	case Map:
		return appendPairs(dst, v.Items())
	case Tagged:
		dst = append(append(dst, '#'), v.Text()...)
		return Append(append(dst, ' '), v.Items()[0])
	}
	return appendScalar(dst, v)
}

func appendItems(dst []byte, open string, items []Value, closer string) []byte {
	dst = append(dst, open...)
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = Append(dst, item)
	}
	return append(dst, closer...)
}

func appendPairs(dst []byte, pairs []Value) []byte {
	dst = append(dst, '{')
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = Append(dst, pairs[i])
		dst = append(dst, ' ')
		dst = Append(dst, pairs[i+1])
	}
	return append(dst, '}')
}

func appendScalar(dst []byte, v Value) []byte {
	switch v.kind {
	case Nil:
		return append(dst, "nil"...)
	case Bool:
		return strconv.AppendBool(dst, v.Bool())
	case Int:
		return strconv.AppendInt(dst, v.Int(), 10)
	case BigInt:
		return append(v.Big().Append(dst, 10), 'N')
	case Float:
		return appendFloat(dst, v.Float())
	case BigDec:
		return append(appendDecimal(dst, v.Big(), v.Scale()), 'M')
	case Char:
		return appendChar(append(dst, '\\'), v.Char())
	case String:
		return appendString(dst, v.Text())
	case Keyword:
		return append(append(dst, ':'), v.Text()...)
	case Symbol:
		return append(dst, v.Text()...)
	case Inst:
		return append(AppendInst(append(dst, `#inst "`...), v.Millis()), '"')
	case UUID:
		return append(AppendUUID(append(dst, `#uuid "`...), v.Text()), '"')
	default: // Bytes
		return append(hex.AppendEncode(append(dst, `#bytes "`...), []byte(v.Text())), '"')
	}
}

// AppendUUID writes 16 bytes in the 8-4-4-4-12 form.
func AppendUUID(dst []byte, u string) []byte {
	for i := range len(u) {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexDigits[u[i]>>4], hexDigits[u[i]&15])
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// appendFloat writes the shortest digits that read as f again, with a point
// or an exponent: 1.0, 0.001, 1.0E21.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case f != f:
		return append(dst, "##NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "##Inf"...)
	case math.IsInf(f, -1):
		return append(dst, "##-Inf"...)
	case f == 0:
		if math.Signbit(f) {
			dst = append(dst, '-')
		}
		return append(dst, "0.0"...)
	}
	return appendFinite(dst, f)
}

// appendFinite writes a float that JSON can hold too.
func appendFinite(dst []byte, f float64) []byte {
	if abs := math.Abs(f); abs != 0 && (abs < 1e-7 || abs >= 1e21) {
		digs, exp, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E")
		n, _ := strconv.Atoi(exp)
		return strconv.AppendInt(append(append(dst, withPoint(digs)...), 'E'), int64(n), 10)
	}
	from := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if bytes.IndexByte(dst[from:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst
}

func withPoint(digs string) string {
	if strings.Contains(digs, ".") {
		return digs
	}
	return digs + ".0"
}

// appendDecimal writes unscaled × 10^-scale as Java does: in full where the
// scale is not negative and few zeros lead, else with an exponent.
func appendDecimal(dst []byte, unscaled *big.Int, scale int32) []byte {
	if unscaled.Sign() < 0 {
		dst = append(dst, '-')
	}
	digs := digitsOf(unscaled)
	first := int64(len(digs)) - int64(scale) - 1 // the power of ten of the first digit
	switch {
	case scale == 0:
		return append(dst, digs...)
	case scale > 0 && first >= 0:
		point := len(digs) - int(scale)
		return append(append(append(dst, digs[:point]...), '.'), digs[point:]...)
	case scale > 0 && first >= -6:
		dst = append(dst, "0.00000"[:2+int(scale)-len(digs)]...)
		return append(dst, digs...)
	}
	dst = append(dst, digs[0])
	if len(digs) > 1 {
		dst = append(append(dst, '.'), digs[1:]...)
	}
	dst = append(dst, 'E')
	if first >= 0 {
		dst = append(dst, '+')
	}
	return strconv.AppendInt(dst, first, 10)
}

// appendChar writes what follows the backslash of a character.
func appendChar(dst []byte, c rune) []byte {
	for name, known := range charNames {
		if known == c {
			return append(dst, name...)
		}
	}
	if c <= 0xFFFF && (!unicode.IsGraphic(c) || unicode.IsSpace(c)) {
		return appendUnit(append(dst, 'u'), c)
	}
	return utf8.AppendRune(dst, c)
}

// appendUnit writes four hexadecimal digits.
func appendUnit(dst []byte, c rune) []byte {
	if c >= 0xD800 && c < 0xE000 {
		c = utf8.RuneError
	}
	return append(dst, hexDigits[c>>12&15], hexDigits[c>>8&15], hexDigits[c>>4&15], hexDigits[c&15])
}

// appendString writes s in quotes: line ends and control characters escaped,
// all else as it is.
func appendString(dst []byte, s string) []byte { return appendQuoted(dst, s, appendEscaped) }

// appendQuoted writes s in quotes, with escaped for all that is not plain ASCII.
func appendQuoted(dst []byte, s string, escaped func([]byte, rune) []byte) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		from := i
		for i < len(s) && s[i] >= ' ' && s[i] < 0x7F && s[i] != '"' && s[i] != '\\' {
			i++
		}
		dst = append(dst, s[from:i]...)
		if i < len(s) {
			c, n := utf8.DecodeRuneInString(s[i:])
			dst = escaped(dst, c)
			i += n
		}
	}
	return append(dst, '"')
}

func appendEscaped(dst []byte, c rune) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', byte(c))
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	if c < ' ' || c >= 0x7F && c < 0xA0 || c == 0xFEFF || c == 0x2028 || c == 0x2029 {
		return appendUnit(append(dst, `\u`...), c)
	}
	return utf8.AppendRune(dst, c)
}
