package edn

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// maxNumber is how many characters a number may have.
const maxNumber = 1 << 16

// number reads an integer, float, decimal or ratio.
func (r *Reader) number() bool {
	at := r.pos()
	if n, size := short(r.buf[r.at:]); size > 0 {
		r.at += size
		return r.push(MakeInt(n), at)
	}
	tok := r.token()
	v, msg, hint := parseNumber(view(tok))
	if msg != "" {
		return r.checkWide(tok, at) && r.fail(at, msg, hint)
	}
	r.take(tok)
	return r.push(v, at)
}

// short reads the integers that nearly all are: decimal, of at most 18 digits,
// ending before the end of b. Its size is 0 for others.
func short(b []byte) (n int64, size int) {
	i, neg := 0, false
	if b[0] == '-' || b[0] == '+' {
		i, neg = 1, b[0] == '-'
	}
	first := i
	for ; i < len(b) && classes[b[i]]&digit != 0; i++ {
		if i-first == 18 {
			return 0, 0
		}
		n = n*10 + int64(b[i]-'0')
	}
	if i == len(b) || i == first || classes[b[i]]&word != 0 || b[first] == '0' && i > first+1 {
		return 0, 0
	}
	if neg {
		n = -n
	}
	return n, i
}

// parseNumber reads a token that begins with a digit or a sign and a digit. It keeps no part of s.
// msg is "" unless it is no number.
func parseNumber(s string) (v Value, msg, hint string) {
	if len(s) > maxNumber {
		return v, "a number of " + strconv.Itoa(len(s)) + " characters", "the longest has " + strconv.Itoa(maxNumber)
	}
	body := strings.TrimLeft(s, "+-") // the caller saw that there is one sign at most
	neg := s[0] == '-'
	if num, den, ok := strings.Cut(body, "/"); ok {
		return ratio(neg, num, den)
	}
	d, ok := splitDecimal(strings.TrimSuffix(body, "M"))
	if !ok || allDigits(body) {
		if v, ok := integer(neg, body); ok {
			return v, "", ""
		}
		return v, "invalid number " + s, numberHint(body)
	}
	if strings.HasSuffix(body, "M") {
		return d.bigDec(neg)
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return v, s + " is too big for a float", "write it as a decimal: " + s + "M"
	}
	return MakeFloat(f), "", ""
}

func numberHint(body string) string {
	if _, ok := digits(body, 10); ok && body[0] == '0' {
		return "a leading 0 means octal; write " + strings.TrimLeft(body, "0") + `, or "` + body + `" for text`
	}
	return ""
}

// integer reads decimal, hexadecimal (0x1F), octal (017) and radix (36rZZ) integers, with N for a BigInt.
func integer(neg bool, s string) (Value, bool) {
	digs, base, big := s, 10, false
	if radix, rest, ok := strings.Cut(strings.ToLower(s), "r"); ok {
		n, err := strconv.Atoi(radix)
		if err != nil || n < 2 || n > 36 {
			return Value{}, false
		}
		digs, base = rest, n
	} else {
		digs, big = strings.CutSuffix(s, "N")
		switch {
		case len(digs) > 2 && (digs[:2] == "0x" || digs[:2] == "0X"):
			digs, base = digs[2:], 16
		case len(digs) > 1 && digs[0] == '0':
			digs, base = digs[1:], 8
		}
	}
	n, ok := digits(digs, base)
	if !ok {
		return Value{}, false
	}
	if neg {
		n.Neg(n)
	}
	if n.IsInt64() && !big {
		return MakeInt(n.Int64()), true
	}
	return MakeBigInt(n), true
}

// digits reads an unsigned integer; false for anything but digits of the base.
func digits(s string, base int) (*big.Int, bool) {
	for _, c := range []byte(s) {
		if classes[c]&word == 0 || c == '_' || c == '+' || c == '-' {
			return nil, false
		}
	}
	return new(big.Int).SetString(s, base)
}

// decimal is the parts of a number such as 12.5e-3.
type decimal struct{ whole, frac, exp string }

func splitDecimal(s string) (d decimal, ok bool) {
	mantissa := s
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, d.exp = s[:i], s[i+1:]
		if !allDigits(strings.TrimPrefix(strings.TrimPrefix(d.exp, "-"), "+")) || strings.HasPrefix(d.exp, "-+") {
			return d, false
		}
	}
	var dot bool
	d.whole, d.frac, dot = strings.Cut(mantissa, ".")
	return d, allDigits(d.whole) && (d.frac == "" || allDigits(d.frac)) && (dot || d.frac == "")
}

func allDigits(s string) bool {
	for _, c := range []byte(s) {
		if classes[c]&digit == 0 {
			return false
		}
	}
	return s != ""
}

// bigDec keeps the scale as written: 1.50 is not 1.5.
func (d decimal) bigDec(neg bool) (v Value, msg, hint string) {
	unscaled, _ := new(big.Int).SetString(d.whole+d.frac, 10)
	if neg {
		unscaled.Neg(unscaled)
	}
	exp := int64(0)
	if d.exp != "" {
		exp, _ = strconv.ParseInt(d.exp, 10, 34) // beyond 34 bits it gives the limit, which is refused below
	}
	scale := int64(len(d.frac)) - exp
	if scale > math.MaxInt32 || scale < math.MinInt32 {
		return v, "the exponent " + d.exp + " is too big", ""
	}
	return MakeBigDec(unscaled, int32(scale)), "", ""
}

// ratio reads num/den: an integer, or a decimal where it terminates.
func ratio(neg bool, num, den string) (v Value, msg, hint string) {
	text := num + "/" + den
	if !allDigits(num) || !allDigits(den) {
		return v, "invalid number " + text, ""
	}
	n, _ := new(big.Int).SetString(num, 10)
	d, _ := new(big.Int).SetString(den, 10)
	if d.Sign() == 0 {
		return v, "division by zero in " + text, ""
	}
	if neg {
		n.Neg(n)
	}
	q := new(big.Rat).SetFrac(n, d)
	if q.IsInt() {
		return narrow(new(big.Int).Set(q.Num())), "", ""
	}
	places, exact := q.FloatPrec()
	if !exact {
		return v, "the ratio " + text + " has no exact decimal", "ratios are read as decimals; write a float or a rounded decimal such as " + q.FloatString(6) + "M"
	}
	scaled := new(big.Int).Mul(q.Num(), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
	return MakeBigDec(scaled.Quo(scaled, q.Denom()), int32(places)), "", ""
}

// narrow makes an Int of n if it fits.
func narrow(n *big.Int) Value {
	if n.IsInt64() {
		return MakeInt(n.Int64())
	}
	return MakeBigInt(n)
}
