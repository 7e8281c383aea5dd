package engine

import (
	"math"
	"math/big"
	"testing"

	"github.com/google/uuid"
)

func TestText(t *testing.T) {
	for _, c := range []struct {
		v    Value
		want string
	}{
		{Bool(true), "true"}, {Long(-5), "-5"}, {Ref(107), "107"}, {Value{}, "nil"},
		{Double(18), "18"}, {Double(0.1), "0.1"}, {Double(1e21), "1e+21"}, {Double(1.5e-7), "1.5e-07"}, {Double(0), "0"},
		{Double(math.NaN()), "NaN"}, {Double(math.Inf(1)), "Infinity"}, {Double(math.Inf(-1)), "-Infinity"},
		{Float(0.1), "0.1"}, {Float(float32(math.Inf(1))), "Infinity"},
		{BigInt(new(big.Int).Lsh(big.NewInt(1), 70)), "1180591620717411303424"}, {BigDec(big.NewInt(150), 2), "1.50"},
		{Instant(0), "1970-01-01T00:00:00.000Z"}, {Instant(1_762_000_000_123), "2025-11-01T12:26:40.123Z"}, {Instant(-1), "1969-12-31T23:59:59.999Z"},
		{UUID(uuid.UUID{15: 1}), "00000000-0000-0000-0000-000000000001"},
		{Keyword("person/name"), ":person/name"}, {Symbol("inc"), "inc"}, {String("a\nb"), "a\nb"}, {URI("https://example.org"), "https://example.org"},
		{Bytes([]byte{0xff, 0}), "\xff\x00"}, {Tuple(Long(1), String("x"), Value{}), `[1 "x" nil]`},
	} {
		if got := Text(c.v); got != c.want {
			t.Errorf("%s %v is shown as %q, want %q", c.v.Kind(), c.v, got, c.want)
		}
	}
}

func TestKindsHaveNames(t *testing.T) {
	for k := NilKind; k <= RefKind; k++ {
		if k.String() == "" || k.String() == "unknown kind" {
			t.Errorf("kind %d is called %q", k, k)
		}
	}
	if got := Kind(99).String(); got != "unknown kind" {
		t.Errorf("kind 99 is called %q", got)
	}
}
