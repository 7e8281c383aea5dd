package edn

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// dispatch reads what begins with #.
func (r *Reader) dispatch() (Value, error) {
	at := r.pos()
	if !r.has(1) {
		return Value{}, r.fail(at, "# at the end of the text", "")
	}
	switch c := r.buf[r.at+1]; {
	case c == '{':
		return r.collection(Set, 2)
	case c == ':':
		return r.namespaced(at)
	case c == '#':
		return r.symbolic(at)
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80:
		return r.tag(at)
	default:
		if hint, ok := notTags[c]; ok {
			return Value{}, r.fail(at, fmt.Sprintf("#%c is code, not data", c), hint)
		}
	}
	return Value{}, r.fail(at, "# is followed by neither a tag nor {", "")
}

var notTags = map[byte]string{
	'"':  `write the pattern as a string: (re-pattern "[a-z]+"), with each backslash doubled`,
	'?':  "reader conditionals have no meaning here: keep one branch",
	'(':  "write the calculation as clauses of the query",
	'\'': "leave out #'",
	'=':  "nothing is evaluated while reading",
	'^':  "leave out the metadata",
	'<':  "this is how Clojure prints what cannot be read back",
	'!':  "comments begin with ;",
}

// namespaced reads #:space{…}.
func (r *Reader) namespaced(at Pos) (Value, error) {
	r.at++
	tok := r.token()
	name, err := r.known(tok, r.pos(), true)
	if err != nil {
		return Value{}, err
	}
	if strings.Contains(name, "/") {
		return Value{}, r.fail(at, "the namespace of a map has a slash: "+name, "")
	}
	r.take(tok)
	c, ok, err := r.skip()
	if err != nil {
		return Value{}, err
	}
	if !ok || c != '{' {
		return Value{}, r.fail(at, fmt.Sprintf("#:%s must be followed by a map: #:%s{…}", name, name), "")
	}
	m, err := r.mapForm(name)
	return m.At(at), err
}

var symbolicValues = map[string]float64{"Inf": math.Inf(1), "-Inf": math.Inf(-1), "NaN": math.NaN()}

// symbolic reads ##Inf, ##-Inf and ##NaN.
func (r *Reader) symbolic(at Pos) (Value, error) {
	r.at += 2
	tok := r.token()
	f, ok := symbolicValues[string(tok)]
	if !ok {
		return Value{}, r.fail(at, "unknown ##"+string(tok), "there are ##Inf, ##-Inf and ##NaN")
	}
	r.take(tok)
	return MakeFloat(f).At(at), nil
}

// tag reads #tag form.
func (r *Reader) tag(at Pos) (Value, error) {
	r.at++
	tok := r.token()
	name, err := r.known(tok, r.pos(), false)
	if err != nil {
		return Value{}, err
	}
	r.take(tok)
	form, err := r.tagged(name, at)
	if err != nil {
		return Value{}, err
	}
	v, msg, hint := interpret(name, form)
	if msg != "" {
		return Value{}, r.fail(form.pos, msg, hint)
	}
	return v.At(at), nil
}

// tagged reads the form after a tag.
func (r *Reader) tagged(name string, at Pos) (Value, error) {
	for {
		c, ok, err := r.skip()
		if err != nil {
			return Value{}, err
		}
		if !ok || c == ')' || c == ']' || c == '}' {
			return Value{}, r.fail(at, fmt.Sprintf("the tag #%s has no form after it", name), "")
		}
		if v, got, err := r.element(c); got || err != nil {
			return v, err
		}
	}
}

// interpret makes the value of the tags that are known, a Tagged of others.
func interpret(name string, form Value) (v Value, msg, hint string) {
	switch name {
	case "inst", "uuid", "bytes":
		if form.kind != String {
			return v, fmt.Sprintf("#%s takes a string, not this %s", name, form.kind), ""
		}
	}
	switch name {
	case "inst":
		ms, msg := ParseInst(form.Text())
		return MakeInst(ms), msg, `write #inst "2026-11-22T14:30:00.000Z"; the time may be cut off at any point after the year`
	case "uuid":
		u, ok := ParseUUID(form.Text())
		if !ok {
			return v, fmt.Sprintf("%q is not a uuid", brief(form)), `write #uuid "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"`
		}
		return MakeUUID(u), "", ""
	case "bytes":
		b, err := hex.DecodeString(form.Text())
		if err != nil {
			return v, "#bytes must have an even number of hexadecimal digits", ""
		}
		return MakeBytes(b), "", ""
	}
	return MakeTagged(name, form), "", ""
}

// ParseUUID reads the 8-4-4-4-12 form of a uuid.
func ParseUUID(s string) (u [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, false
	}
	_, err := hex.Decode(u[:], []byte(s[:8]+s[9:13]+s[14:18]+s[19:23]+s[24:]))
	return u, err == nil
}
