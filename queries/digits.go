package queries

import (
	"math/bits"
	"slices"
	"strconv"
)

// pairs is the numbers from 00 to 99.
const pairs = "00010203040506070809" +
	"10111213141516171819" +
	"20212223242526272829" +
	"30313233343536373839" +
	"40414243444546474849" +
	"50515253545556575859" +
	"60616263646566676869" +
	"70717273747576777879" +
	"80818283848586878889" +
	"90919293949596979899"

// appendInt is strconv.AppendInt in base 10 for what results are full of: ids and counts.
// It writes the digits where they belong at once.
func appendInt(dst []byte, n int64) []byte {
	if n < 0 || n >= 1e18 {
		return strconv.AppendInt(dst, n, 10)
	}
	if cap(dst)-len(dst) < len(powers) {
		dst = slices.Grow(dst, len(powers))
	}
	left := uint64(n)
	at := len(dst) + digits(left)
	dst = dst[:at]
	for left >= 100 {
		pair := left % 100 * 2
		left /= 100
		at -= 2
		dst[at+1], dst[at] = pairs[pair+1], pairs[pair]
	}
	if left >= 10 {
		dst[at-1], dst[at-2] = pairs[left*2+1], pairs[left*2]
	} else {
		dst[at-1] = '0' + byte(left)
	}
	return dst
}

// powers are those of ten.
var powers = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// digits is how many n has, below 10^18: log2 times log10(2) is at most one too small.
func digits(n uint64) int {
	least := bits.Len64(n|1) * 1233 >> 12
	if n >= powers[least] {
		return least + 1
	}
	return max(least, 1)
}
