package engine

import (
	"bytes"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestKeysCompareAsValuesDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyValue().Draw(t, "a"), anyValue().Draw(t, "b")
		ka, kb := appendValue(nil, a), appendValue(nil, b)
		if got, want := bytes.Compare(ka, kb), Compare(a, b); got != want {
			t.Fatalf("keys %x and %x compare as %d, values as %d", ka, kb, got, want)
		}
		if (a == b) != bytes.Equal(ka, kb) {
			t.Fatalf("== says %v of values with keys %x and %x", a == b, ka, kb)
		}
	})
}

// In a key a value is followed by an entity or a t, which must not change its place.
func TestValuesEndThemselves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyValue().Draw(t, "a"), anyValue().Draw(t, "b")
		ka := appendUint(appendValue(nil, a), rapid.Uint64().Draw(t, "after a"))
		kb := appendUint(appendValue(nil, b), rapid.Uint64().Draw(t, "after b"))
		if a != b && bytes.Compare(ka, kb) != Compare(a, b) {
			t.Fatalf("keys %x and %x are in another order than their values", ka, kb)
		}
		if in := bytes.Compare(ka, valuePrefix(a)) >= 0 && bytes.Compare(ka, valueEnd(a)) < 0; !in {
			t.Fatalf("key %x is not in the range of its value", ka)
		}
		if in := bytes.Compare(kb, valuePrefix(a)) >= 0 && bytes.Compare(kb, valueEnd(a)) < 0; in != (a == b) {
			t.Fatalf("key %x of another value is in the range of %x", kb, ka)
		}
	})
}

func TestKeysAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue().Draw(t, "v")
		key := appendValue(nil, v)
		r := keyReader{rest: string(key) + "rest"}
		if got := r.value(); got != v || r.rest != "rest" || r.bad {
			t.Fatalf("%x was read as %v, with %q left", key, got, r.rest)
		}
	})
}

func TestNumbersCompareAsKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := bigNumber().Draw(t, "a"), bigNumber().Draw(t, "b")
		if got := Compare(BigInt(a), BigInt(b)); got != a.Cmp(b) {
			t.Fatalf("bigints %s and %s compare as %d", a, b, got)
		}
		if got := BigInt(a).BigInt(); got.Cmp(a) != 0 {
			t.Fatalf("%s became %s", a, got)
		}
		x, y := decimal().Draw(t, "x"), decimal().Draw(t, "y")
		if want := ratOf(x).Cmp(ratOf(y)); want != 0 && Compare(x, y) != want {
			t.Fatalf("decimals %s and %s compare as %d", Text(x), Text(y), Compare(x, y))
		}
	})
}

func ratOf(v Value) *big.Rat {
	n, scale := v.BigDec()
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(scale, -scale))), nil)
	if scale < 0 {
		return new(big.Rat).SetInt(n.Mul(n, ten))
	}
	return new(big.Rat).SetFrac(n, ten)
}

func TestDecimalsKeepTheirScale(t *testing.T) {
	for _, c := range []struct {
		unscaled int64
		scale    int32
		text     string
	}{
		{150, 2, "1.50"}, {15, 1, "1.5"}, {-5, 3, "-0.005"}, {0, 2, "0.00"}, {0, 0, "0"},
		{1200, 0, "1200"}, {12, -2, "12E2"}, {1, 60, "1E-60"}, {100, 2, "1.00"},
	} {
		v := BigDec(big.NewInt(c.unscaled), c.scale)
		n, scale := v.BigDec()
		if n.Int64() != c.unscaled || scale != c.scale || Text(v) != c.text {
			t.Errorf("%d scale %d became %s scale %d, %q", c.unscaled, c.scale, n, scale, Text(v))
		}
	}
}

func TestOneZeroAndOneNaN(t *testing.T) {
	if Double(math.Copysign(0, -1)) != Double(0) || Float(float32(math.Copysign(0, -1))) != Float(0) {
		t.Error("there are two zeros")
	}
	if Double(math.NaN()) != Double(math.Float64frombits(math.Float64bits(math.NaN())^1<<63)) || Float(float32(math.NaN())) != Float(-float32(math.NaN())) {
		t.Error("there are two NaNs")
	}
	if Compare(Double(math.NaN()), Double(math.Inf(1))) <= 0 {
		t.Error("NaN is not last")
	}
}

// Whatever a reader takes is exactly what a writer writes.
func FuzzKey(f *testing.F) {
	for _, v := range []Value{{}, Bool(true), Long(-5), Double(1.5), Float(2), BigInt(big.NewInt(-300)), BigDec(big.NewInt(-150), 2), String("a\x00b"), Tuple(Long(1), Value{}), Ref(7), UUID([16]byte{1}), Bytes([]byte{0, 0})} {
		f.Add(appendValue(nil, v))
	}
	f.Fuzz(func(t *testing.T, key []byte) {
		r := keyReader{rest: string(key)}
		v := r.value()
		if r.done() != nil {
			return
		}
		if again := appendValue(nil, v); !bytes.Equal(again, key) {
			t.Fatalf("%x was read, and written as %x", key, again)
		}
	})
}

func FuzzDatomKey(f *testing.F) {
	for _, order := range []Index{EAVT, AEVT, AVET} {
		for _, history := range []bool{false, true} {
			l := datomLayout{order, history}
			f.Add(uint8(order), history, l.appendKey(nil, Datom{E: 300, A: dbPart + 1000, V: String("x"), T: 7, Added: true}))
		}
	}
	f.Fuzz(func(t *testing.T, order uint8, history bool, key []byte) {
		l := datomLayout{Index(order % 3), history}
		val := []byte{1, 7}
		if history {
			val = nil
		}
		d, err := l.parse(string(key), string(val))
		if err != nil {
			return
		}
		if again := l.appendKey(nil, d); !bytes.Equal(again, key) {
			t.Fatalf("%x was read, and written as %x", key, again)
		}
	})
}
