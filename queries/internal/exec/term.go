package exec

import (
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
)

// term is a value in eight bytes: an integer of 63 bits with a one behind it,
// or the place of any other value in a dictionary with a zero behind it. Two terms of one
// dictionary are equal exactly when their values join.
type term uint64

// integer is the term of n; ok is false when it needs 64 bits.
func integer(n int64) (t term, ok bool) {
	return term(uint64(n)<<1 | 1), n<<1>>1 == n
}

func (t term) isInteger() bool { return t&1 == 1 }
func (t term) integer() int64  { return int64(t) >> 1 }

// dict keeps the values of one run that are no small integers.
type dict struct {
	values []edn.Value
	scalar map[engine.Value]term // values that databases can hold
	other  map[string]term       // collections and the like, by fn.Key
	bytes  int64                 // an estimate of what it holds
}

// The first places of every dictionary.
const (
	nilTerm term = iota << 1
	falseTerm
	trueTerm
)

func newDict() *dict {
	return &dict{
		values: []edn.Value{edn.MakeNil(), edn.MakeBool(false), edn.MakeBool(true)},
		scalar: map[engine.Value]term{},
		other:  map[string]term{},
	}
}

func truth(b bool) term {
	if b {
		return trueTerm
	}
	return falseTerm
}

// value is what a term stands for.
func (d *dict) value(t term) edn.Value {
	if t.isInteger() {
		return edn.MakeInt(t.integer())
	}
	return d.values[t>>1]
}

// entryBytes is what one value costs besides its text: in the list and in the map.
const entryBytes = 32 + 72

func (d *dict) add(v edn.Value, size int) term {
	d.values = append(d.values, v)
	d.bytes += entryBytes + int64(size)
	return term(len(d.values)-1) << 1
}

// stored is the term of a value of a database.
func (d *dict) stored(v engine.Value) term {
	switch v.Kind() {
	case engine.LongKind, engine.RefKind:
		n := v.Long()
		if t, ok := integer(n); ok {
			return t
		}
		v = engine.Long(n)
	case engine.BoolKind:
		return truth(v.Bool())
	case engine.FloatKind:
		v = engine.Double(float64(v.Float()))
	case engine.TupleKind, engine.NilKind:
		return d.term(engine.ToEDN(v))
	}
	if t, ok := d.scalar[v]; ok {
		return t
	}
	t := d.add(engine.ToEDN(v), 2*len(v.Text()))
	d.scalar[v] = t
	return t
}

// term is the term of any value.
func (d *dict) term(v edn.Value) term {
	switch v.Kind() {
	case edn.Nil:
		return nilTerm
	case edn.Bool:
		return truth(v.Bool())
	case edn.Int:
		if t, ok := integer(v.Int()); ok {
			return t
		}
		return d.stored(engine.Long(v.Int()))
	}
	if s, ok := asStored(v); ok {
		return d.stored(s)
	}
	key := fn.Key(v)
	if t, ok := d.other[key]; ok {
		return t
	}
	t := d.add(v, 4*len(key))
	d.other[key] = t
	return t
}

// asStored is the value as a database would hold it; ok is false for integers and for what none can hold.
func asStored(v edn.Value) (engine.Value, bool) {
	switch v.Kind() {
	case edn.Float:
		return engine.Double(v.Float()), true
	case edn.String:
		return engine.String(v.Text()), true
	case edn.Keyword:
		return engine.Keyword(v.Text()), true
	case edn.Symbol:
		return engine.Symbol(v.Text()), true
	case edn.Inst:
		return engine.Instant(v.Millis()), true
	case edn.BigInt:
		return engine.BigInt(v.Big()), true
	case edn.BigDec:
		return engine.BigDec(v.Big(), v.Scale()), true
	case edn.Bytes:
		return engine.Bytes([]byte(v.Text())), true
	case edn.UUID:
		return engine.UUID([16]byte([]byte(v.Text()))), true
	case edn.Tagged:
		if inner := v.Items()[0]; v.Text() == "uri" && inner.Kind() == edn.String {
			return engine.URI(inner.Text()), true
		}
	}
	return engine.Value{}, false
}

// asAttribute is the term's value as the attribute stores it; ok is false when it
// cannot have this very value. Integers do not become doubles here, as they do when written.
func (d *dict) asAttribute(t term, a *engine.Attribute) (v engine.Value, ok bool) {
	v, err := engine.FromEDN(a.Type, d.value(t))
	return v, err == nil && !v.IsNil() && d.stored(v) == t
}
