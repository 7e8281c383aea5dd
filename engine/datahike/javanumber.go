package datahike

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dhfs/dhfs/engine/fressian"
)

// javaFloat is a float as Java's toString: digits with a point from a thousandth up to ten million, else 1.5E10.
func javaFloat(f float64, bits int) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	if size := math.Abs(f); size == 0 || size >= 1e-3 && size < 1e7 {
		s := strconv.FormatFloat(f, 'f', -1, bits)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	digits, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, bits), "E")
	if !strings.Contains(digits, ".") {
		digits += ".0"
	}
	n, _ := strconv.Atoi(exponent)
	return fmt.Sprintf("%sE%d", digits, n)
}

// javaDecimal is a decimal as Java's toString: with an exponent where there are zeros that it does not have.
func javaDecimal(d fressian.BigDec) string {
	digits := d.Unscaled.String()
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	scale := int(d.Scale)
	exponent := len(digits) - 1 - scale
	switch {
	case scale == 0:
		return sign + digits
	case scale < 0 || exponent < -6:
		if len(digits) > 1 {
			digits = digits[:1] + "." + digits[1:]
		}
		return fmt.Sprintf("%s%sE%+d", sign, digits, exponent)
	case scale < len(digits):
		return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	return sign + "0." + strings.Repeat("0", scale-len(digits)) + digits
}
