package engine

import (
	"math/big"
	"strings"
)

// BigInt is an integer of any size.
func BigInt(n *big.Int) Value {
	return Value{kind: BigIntKind, str: string(appendBigInt(nil, n))}
}

// BigDec is the decimal unscaled × 10^-scale. The scale is kept: 1.5 and 1.50
// are two values, which sort next to each other.
func BigDec(unscaled *big.Int, scale int32) Value {
	return Value{kind: BigDecKind, str: string(appendBigDec(nil, unscaled, scale))}
}

// BigInt is the value of a bigint.
func (v Value) BigInt() *big.Int {
	r := keyReader{rest: v.str}
	return r.bigInt()
}

// BigDec is the value of a bigdec: unscaled × 10^-scale.
func (v Value) BigDec() (unscaled *big.Int, scale int32) {
	r := keyReader{rest: v.str}
	return r.bigDec()
}

const (
	signNegative = 0x7f
	signZero     = 0x80
	signPositive = 0x81
)

// appendBigInt appends the sign, the length of the magnitude and the magnitude;
// those two are complemented in negative numbers, so that the longer ones come first.
func appendBigInt(dst []byte, n *big.Int) []byte {
	if n.Sign() == 0 {
		return append(dst, signZero)
	}
	mag := n.Bytes()
	sign, at := byte(signPositive), len(dst)+1
	if n.Sign() < 0 {
		sign = signNegative
	}
	dst = appendUint(append(dst, sign), uint64(len(mag)))
	dst = append(dst, mag...)
	if n.Sign() < 0 {
		complement(dst[at:])
	}
	return dst
}

// appendBigDec appends the sign, then the number as 0.d1d2… × 10^exponent with
// neither leading nor trailing zeros: the exponent, the digits two a byte and a
// terminator, all complemented when negative; then the scale.
func appendBigDec(dst []byte, unscaled *big.Int, scale int32) []byte {
	if unscaled.Sign() == 0 {
		return appendInt(append(dst, signZero), int64(scale))
	}
	digits := new(big.Int).Abs(unscaled).String()
	exponent := int64(len(digits)) - int64(scale)
	sign, at := byte(signPositive), len(dst)+1
	if unscaled.Sign() < 0 {
		sign = signNegative
	}
	dst = appendInt(append(dst, sign), exponent)
	dst = appendDigits(dst, strings.TrimRight(digits, "0"))
	if unscaled.Sign() < 0 {
		complement(dst[at:])
	}
	return appendInt(dst, int64(scale))
}

// appendDigits packs two decimal digits a byte, as their number plus one, and ends with 0.
func appendDigits(dst []byte, digits string) []byte {
	for i := 0; i < len(digits); i += 2 {
		pair := (digits[i] - '0') * 10
		if i+1 < len(digits) {
			pair += digits[i+1] - '0'
		}
		dst = append(dst, pair+1)
	}
	return append(dst, 0)
}

func complement(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

func (r *keyReader) bigInt() *big.Int {
	sign := r.byte()
	if sign == signZero {
		return new(big.Int)
	}
	mask, ok := signMask(sign)
	size := r.maskedUint(mask)
	if !ok || size == 0 || size > uint64(len(r.rest)) {
		r.fail()
		return new(big.Int)
	}
	mag := []byte(r.take(int(size)))
	if mask != 0 {
		complement(mag)
	}
	if mag[0] == 0 {
		r.fail()
	}
	n := new(big.Int).SetBytes(mag)
	if mask != 0 {
		n.Neg(n)
	}
	return n
}

// maxDigits bounds the digits of a decimal, which a key names with a few bytes when they are zeros.
const maxDigits = 1 << 16

func (r *keyReader) bigDec() (unscaled *big.Int, scale int32) {
	sign := r.byte()
	if sign == signZero {
		return new(big.Int), r.scale()
	}
	mask, ok := signMask(sign)
	exponent := r.maskedInt(mask)
	digits := r.digits(mask)
	scale = r.scale()
	total := exponent + int64(scale)
	if !ok || digits == "" || total < int64(len(digits)) || total > maxDigits {
		r.fail()
		return new(big.Int), 0
	}
	unscaled, _ = new(big.Int).SetString(digits+strings.Repeat("0", int(total)-len(digits)), 10)
	if mask != 0 {
		unscaled.Neg(unscaled)
	}
	return unscaled, scale
}

func (r *keyReader) scale() int32 {
	n := r.int()
	if n != int64(int32(n)) {
		r.fail()
	}
	return int32(n)
}

// digits reads pairs of digits, which neither begin nor end with a zero.
func (r *keyReader) digits(mask byte) string {
	var digits []byte
	for {
		pair := r.byte() ^ mask
		if r.bad || pair > 100 {
			r.fail()
			return ""
		}
		if pair == 0 {
			break
		}
		digits = append(digits, '0'+(pair-1)/10, '0'+(pair-1)%10)
	}
	s := strings.TrimSuffix(string(digits), "0")
	if s == "" || s[0] == '0' || s[len(s)-1] == '0' {
		r.fail()
		return ""
	}
	return s
}

func signMask(sign byte) (mask byte, ok bool) {
	switch sign {
	case signPositive:
		return 0, true
	case signNegative:
		return 0xff, true
	}
	return 0, false
}
