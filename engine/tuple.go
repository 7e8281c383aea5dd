package engine

import "unicode/utf8"

// Tuple is a value of several values; nil ones may be among them, tuples not. Shorter tuples
// come before longer ones that begin with the same values.
func Tuple(items ...Value) Value {
	var key []byte
	for _, v := range items {
		key = appendValue(key, v)
	}
	return Value{kind: TupleKind, str: string(append(key, 0))}
}

// Tuple lists the values of a tuple.
func (v Value) Tuple() []Value {
	var items []Value
	for r := (keyReader{rest: v.str}); r.rest != "" && r.rest[0] != 0; {
		items = append(items, r.value())
	}
	return items
}

// skipTuple reads over the items of a tuple, which are neither tuples nor live
// out of line, and its end.
func (r *keyReader) skipTuple() {
	for r.rest != "" && r.rest[0] != 0 {
		if r.rest[0] == tagTuple || r.value().out {
			r.fail()
		}
	}
	r.byte()
}

// isText tells whether all text in the value is UTF-8, as leaves require.
func (v Value) isText() bool {
	switch v.kind {
	case KeywordKind, SymbolKind, StringKind, URIKind:
		return utf8.ValidString(v.Text())
	case TupleKind:
		for _, item := range v.Tuple() {
			if !item.isText() {
				return false
			}
		}
	}
	return true
}
