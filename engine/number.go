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
