// Package terms is what evaluators hand to whoever makes a result of it: columns of values in eight bytes each.
package terms

import (
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
)

// Dict is the dictionary of one run: that of a database, which other runs share, and
// beside it the collections and the like that no database can hold. It belongs to one goroutine, but for Value.
type Dict struct {
	shared *engine.Dict
	list   []edn.Value
	others map[string]engine.Term // by fn.Key
	bytes  int64                  // an estimate of what the run added
}

// NewDict makes a dictionary of what shared has.
func NewDict(shared *engine.Dict) *Dict {
	return &Dict{shared: shared, others: map[string]engine.Term{}}
}

// Shared is the dictionary that columns of databases are made with.
func (d *Dict) Shared() *engine.Dict { return d.shared }

// Bytes is about what the run's own values take in memory.
func (d *Dict) Bytes() int64 { return d.bytes }

// Value is what a term stands for.
func (d *Dict) Value(t engine.Term) edn.Value {
	if t.Tag() == engine.LocalTag {
		return d.list[t.Place()]
	}
	return d.shared.EDN(t)
}

// Stored is the term of a value of a database.
func (d *Dict) Stored(v engine.Value) engine.Term {
	if v.Kind() == engine.TupleKind {
		return d.other(engine.ToEDN(v))
	}
	return d.shared.Term(v)
}

// Of is the term of any value.
func (d *Dict) Of(v edn.Value) engine.Term {
	switch v.Kind() {
	case edn.Nil:
		return engine.NilTerm
	case edn.Int:
		if t, ok := engine.IntTerm(v.Int()); ok {
			return t
		}
		return d.shared.Term(engine.Long(v.Int()))
	}
	if s, ok := asStored(v); ok {
		t := d.shared.Term(s)
		d.bytes += 16 + int64(len(s.Text()))
		return t
	}
	return d.other(v)
}

// otherBytes is what a collection costs besides its text, about.
const otherBytes = 32 + 72

func (d *Dict) other(v edn.Value) engine.Term {
	key := fn.Key(v)
	if t, ok := d.others[key]; ok {
		return t
	}
	t := engine.Term(len(d.list))<<engine.TagBits | engine.LocalTag
	d.list = append(d.list, v)
	d.others[key] = t
	d.bytes += otherBytes + 4*int64(len(key))
	return t
}

// asStored is the value as a database would hold it; ok is false for what none can hold alone.
func asStored(v edn.Value) (engine.Value, bool) {
	switch v.Kind() {
	case edn.Bool:
		return engine.Bool(v.Bool()), true
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

// AsAttribute is the term's value as the attribute stores it; ok is false when it
// cannot have this very value. Integers do not become doubles here, as they do when written.
func (d *Dict) AsAttribute(t engine.Term, s *engine.Schema, a *engine.Attribute) (v engine.Value, ok bool) {
	v, err := s.FromEDN(a, d.Value(t))
	return v, err == nil && !v.IsNil() && d.Stored(v) == t
}
