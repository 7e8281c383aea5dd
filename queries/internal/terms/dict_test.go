package terms

import (
	"math"
	"math/big"
	"testing"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"pgregory.net/rapid"
)

// scalars makes values that databases can hold.
func scalars() *rapid.Generator[edn.Value] {
	return rapid.OneOf(
		rapid.Map(rapid.OneOf(rapid.Int64(), rapid.Just[int64](math.MinInt64), rapid.Just[int64](math.MaxInt64), rapid.Int64Range(-3, 3)), edn.MakeInt),
		rapid.Map(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), 1, 2})), edn.MakeFloat),
		rapid.Map(rapid.Bool(), edn.MakeBool),
		rapid.Map(rapid.StringN(0, 3, -1), edn.MakeString),
		rapid.Map(rapid.SampledFrom([]string{"a", "b", "a/b"}), edn.MakeKeyword),
		rapid.Map(rapid.SampledFrom([]string{"a", "b", "a/b"}), edn.MakeSymbol),
		rapid.Map(rapid.Int64Range(-5, 5), edn.MakeInst),
		rapid.Map(rapid.Int64Range(-3, 3), func(n int64) edn.Value { return edn.MakeBigInt(big.NewInt(n)) }),
		rapid.Custom(func(t *rapid.T) edn.Value {
			return edn.MakeBigDec(big.NewInt(rapid.Int64Range(-20, 20).Draw(t, "unscaled")), rapid.Int32Range(-1, 2).Draw(t, "scale"))
		}),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 2), edn.MakeBytes),
		rapid.Map(rapid.Byte(), func(b byte) edn.Value { return edn.MakeUUID([16]byte{b % 3}) }),
		rapid.Just(edn.MakeTagged("uri", edn.MakeString("a"))),
	)
}

// values makes scalars and collections of them.
func values() *rapid.Generator[edn.Value] {
	list := rapid.SliceOfN(scalars(), 0, 2)
	return rapid.OneOf(scalars(), rapid.Just(edn.MakeNil()), rapid.Just(edn.MakeChar('a')),
		rapid.Map(list, func(vs []edn.Value) edn.Value { return edn.MakeVector(vs...) }),
		rapid.Map(list, func(vs []edn.Value) edn.Value { return edn.MakeList(vs...) }),
		rapid.Map(scalars(), func(v edn.Value) edn.Value { return edn.MakeSet(v) }),
		rapid.Map(scalars(), func(v edn.Value) edn.Value { return edn.MakeMap(v, v) }))
}

// Terms are equal exactly when keys are, which is when values join, and give the value back.
func TestTerms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := NewDict(engine.NewDict())
		a, b := values().Draw(t, "a"), values().Draw(t, "b")
		x, y := d.Of(a), d.Of(b)
		if (x == y) != (fn.Key(a) == fn.Key(b)) {
			t.Fatalf("%v and %v: terms %d and %d", a, b, x, y)
		}
		if fn.Key(d.Value(x)) != fn.Key(a) || d.Of(a) != x {
			t.Fatalf("%v became %v", a, d.Value(x))
		}
	})
}

// A value has one term whether it comes from a database or not.
func TestStoredTerms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := NewDict(engine.NewDict())
		v := scalars().Draw(t, "v")
		s, err := engine.FromEDN(engine.NilKind, v)
		if err != nil {
			t.Skip(err)
		}
		if d.Stored(s) != d.Of(engine.ToEDN(s)) || d.Of(v) != d.Stored(s) {
			t.Fatalf("%v: stored %d, else %d", v, d.Stored(s), d.Of(v))
		}
	})
}

// Equal numbers of different kinds are different values in joins, but refs and integers are not.
func TestTermsOfKinds(t *testing.T) {
	d := NewDict(engine.NewDict())
	if d.Stored(engine.Ref(7)) != d.Of(edn.MakeInt(7)) || d.Stored(engine.Float(0.5)) != d.Stored(engine.Double(0.5)) {
		t.Error("a ref is its number, and a float a double")
	}
	long := &engine.Attribute{Type: engine.LongKind}
	if _, ok := d.AsAttribute(d.Of(edn.MakeFloat(5)), nil, long); ok {
		t.Error("5.0 is no long")
	}
	double := &engine.Attribute{Type: engine.DoubleKind}
	if _, ok := d.AsAttribute(d.Of(edn.MakeInt(5)), nil, double); ok {
		t.Error("5 does not join 5.0")
	}
	if v, ok := d.AsAttribute(d.Of(edn.MakeInt(5)), nil, &engine.Attribute{Type: engine.RefKind}); !ok || v.Ref() != 5 {
		t.Error("5 joins a ref to 5")
	}
}
