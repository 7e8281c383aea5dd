package engine

import (
	"context"
	"math"
	"math/big"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
	"pgregory.net/rapid"
)

// fataler is a *testing.T, *testing.B or *rapid.T.
type fataler interface {
	Helper()
	Fatal(...any)
}

// forms reads tx data.
func forms(t fataler, text string) []edn.Value {
	t.Helper()
	all, err := edn.ParseAll(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 1 && all[0].Kind() == edn.Vector {
		return all[0].Items()
	}
	return all
}

// anyText prefers short strings of few letters, zero bytes among them, so that prefixes and escapes occur.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringOfN(rapid.RuneFrom([]rune("ab\x00\x01é/%.")), 0, 6, -1),
		rapid.String(),
		rapid.Just(strings.Repeat("x", prefixSize)),
		rapid.Just(strings.Repeat("x", prefixSize-1)+"\x00"),
	)
}

func largeText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		head := rapid.SampledFrom([]string{"", "x", strings.Repeat("x", prefixSize), strings.Repeat("é", prefixSize), strings.Repeat("x", prefixSize-1) + "é"}).Draw(t, "head")
		return head + strings.Repeat(rapid.SampledFrom([]string{"x", "yz", "\x00"}).Draw(t, "fill"), maxInline)
	})
}

func bigNumber() *rapid.Generator[*big.Int] {
	return rapid.Custom(func(t *rapid.T) *big.Int {
		n := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "magnitude"))
		if rapid.Bool().Draw(t, "negative") {
			n.Neg(n)
		}
		return n
	})
}

func decimal() *rapid.Generator[Value] {
	return rapid.Custom(func(t *rapid.T) Value {
		n := bigNumber().Draw(t, "unscaled")
		if rapid.Bool().Draw(t, "small") {
			n = big.NewInt(rapid.Int64Range(-1200, 1200).Draw(t, "n"))
		}
		return BigDec(n, int32(rapid.IntRange(-4, 6).Draw(t, "scale")))
	})
}

// anyScalar is any value but a tuple, inline.
func anyScalar() *rapid.Generator[Value] {
	long := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-300, 300), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, -256, 255, 256, -65536}))
	double := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1, 1.5}))
	return rapid.OneOf(
		rapid.Map(rapid.Bool(), Bool),
		rapid.Map(long, Long),
		rapid.Map(long, Instant),
		rapid.Map(double, Double),
		rapid.Map(double, func(f float64) Value { return Float(float32(f)) }),
		rapid.Map(bigNumber(), BigInt),
		decimal(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) Value { return UUID([16]byte(b)) }),
		rapid.Map(anyText(), Keyword),
		rapid.Map(anyText(), Symbol),
		rapid.Map(anyText(), String),
		rapid.Map(anyText(), URI),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0xfe, 0xff}), 0, 5), Bytes),
		rapid.Map(rapid.Uint64Range(1, math.MaxInt64), func(n uint64) Value { return Ref(ID(n)) }),
	)
}

func tupleValue() *rapid.Generator[Value] {
	item := rapid.OneOf(anyScalar(), rapid.Just(Value{}))
	return rapid.Map(rapid.SliceOfN(item, 0, 4), func(items []Value) Value { return Tuple(items...) })
}

// anyValue is any value as it is stored, those that live out of line among them.
func anyValue() *rapid.Generator[Value] {
	large := rapid.Map(largeText(), func(s string) Value {
		v, _, _ := outline(String(s))
		return v
	})
	return rapid.OneOf(anyScalar(), anyScalar(), anyScalar(), tupleValue(), large)
}

// forget has a store lose one block.
func forget(t fataler, s *cas.Memory, lost cid.Cid) {
	t.Helper()
	_, err := s.Collect(context.Background(), true, func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
		return func(id cid.Cid) bool { return id != lost }, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
