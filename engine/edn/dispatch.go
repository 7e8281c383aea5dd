package edn

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// dispatch reads what begins with #.
func (r *Reader) dispatch() bool {
	at := r.pos()
	if !r.has(1) {
		return r.fail(at, "# at the end of the text", "")
	}
	switch c := r.buf[r.at+1]; {
	case c == '{':
		return r.collection(Set, 2)
	case c == ':':
		return r.namespaced(at)
	case c == '#':
		return r.symbolic(at)
	case c == '"' && r.source:
		return r.regex(at)
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80:
		return r.tag(at)
	default:
		if hint, ok := notTags[c]; ok {
			return r.fail(at, fmt.Sprintf("#%c is code, not data", c), hint)
		}
	}
	return r.fail(at, "# is followed by neither a tag nor {", "")
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
func (r *Reader) namespaced(at Pos) bool {
	r.at++
	tok := r.token()
	name, ok := r.known(tok, r.pos(), true)
	if !ok {
		return false
	}
	if strings.Contains(name, "/") || !IsSymbol(name) {
		return r.fail(at, "invalid namespace of a map: "+name, "write a name without a slash that does not begin with a digit")
	}
	r.take(tok)
	if c, ok := r.skip(); !ok || c != '{' {
		return r.fail(at, fmt.Sprintf("#:%s must be followed by a map: #:%s{…}", name, name), "")
	}
	return r.mapForm(at, name)
}

var symbolicValues = map[string]float64{"Inf": math.Inf(1), "-Inf": math.Inf(-1), "NaN": math.NaN()}

// symbolic reads ##Inf, ##-Inf and ##NaN.
func (r *Reader) symbolic(at Pos) bool {
	r.at += 2
	tok := r.token()
	f, ok := symbolicValues[string(tok)]
	if !ok {
		return r.fail(at, "unknown ##"+string(tok), "there are ##Inf, ##-Inf and ##NaN")
	}
	r.take(tok)
	return r.push(MakeFloat(f), at)
}

// tag reads #tag form.
func (r *Reader) tag(at Pos) bool {
	r.at++
	tok := r.token()
	name, ok := r.known(tok, r.pos(), false)
	if !ok {
		return false
	}
	r.take(tok)
	if !r.following(at, fmt.Sprintf("the tag #%s has no form after it", name)) {
		return false
	}
	last := len(r.stack) - 1
	form := r.stack[last]
	r.stack = r.stack[:last]
	v, msg, hint := interpret(name, form)
	if msg != "" {
		return r.fail(form.pos, msg, hint)
	}
	return r.push(v, at)
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
