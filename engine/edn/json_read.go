package edn

import (
	"fmt"
	"io"
	"strings"
)

// NewJSONReader reads JSON values from r, one after another as in JSON Lines,
// with positions and limits as for EDN: null, booleans and strings; integers
// as Int or BigInt and other numbers as Float; arrays as Vector, objects as Map
// with strings for keys. Control characters in strings are let through.
func NewJSONReader(r io.Reader) *Reader {
	jr := NewReader(r)
	jr.json = true
	return jr
}

// jsonForm reads the value that begins with c.
func (r *Reader) jsonForm(c byte) bool {
	switch {
	case c == '"':
		return r.str()
	case c == '{':
		return r.mapForm(r.pos(), "")
	case c == '[':
		return r.collection(Vector, 1)
	case classes[c]&word != 0:
		return r.jsonWord()
	case c == '}' || c == ']':
		return r.fail(r.pos(), fmt.Sprintf("%c closes nothing", c), "")
	}
	return r.fail(r.pos(), fmt.Sprintf("unexpected character %q in JSON", c), "")
}

// jsonWord reads null, true, false or a number.
func (r *Reader) jsonWord() bool {
	at := r.pos()
	if n, size := short(r.buf[r.at:]); size > 0 && r.buf[r.at] != '+' {
		r.at += size
		return r.push(MakeInt(n), at)
	}
	tok := r.token()
	v, ok := jsonScalar(view(tok))
	if !ok {
		return r.checkWide(tok, at) && r.fail(at, fmt.Sprintf("%s is not JSON", brief(MakeSymbol(string(tok)))), "text must be in double quotes; JSON has null, true, false and finite numbers")
	}
	r.take(tok)
	return r.push(v, at)
}

// jsonKey reads the key of a map, which mostly was read before.
func (r *Reader) jsonKey() bool {
	at := r.pos()
	r.at++
	n := r.plain()
	if !r.has(n) || r.buf[r.at+n] != '"' {
		return r.longStr(at)
	}
	key := r.buf[r.at : r.at+n]
	slot := &r.words.symbols[wordSlot(key)]
	if *slot != string(key) {
		*slot = string(key)
	}
	r.at += n + 1
	return r.push(MakeString(*slot), at)
}

func jsonScalar(s string) (Value, bool) {
	switch s {
	case "null":
		return MakeNil(), true
	case "true", "false":
		return MakeBool(s == "true"), true
	}
	body := strings.TrimPrefix(s, "-")
	d, ok := splitDecimal(body)
	if !ok || len(d.whole) > 1 && d.whole[0] == '0' || len(s) > maxNumber || strings.HasSuffix(body, ".") || strings.Contains(body, ".e") || strings.Contains(body, ".E") {
		return Value{}, false
	}
	v, msg, _ := parseNumber(s)
	return v, msg == ""
}

// separated steps over the comma or colon that must stand before the next item of l, where c is
// what comes next, and returns what comes then.
func (r *Reader) separated(l *level, c byte) (byte, bool) {
	if l.ready || c == closers[l.kind] && (l.kind != Map || l.n%2 == 0) {
		l.ready = false
		return c, true
	}
	if l.n > 0 {
		var ok bool
		if c, ok = r.separator(l, c); !ok {
			return 0, false
		}
	}
	if l.kind == Map && l.n%2 == 0 && c != '"' {
		return 0, r.fail(r.pos(), "a key that is no string", "put keys in double quotes")
	}
	l.n++
	return c, true
}

func (r *Reader) separator(l *level, c byte) (byte, bool) {
	want := byte(',')
	if l.kind == Map && l.n%2 == 1 {
		want = ':'
	}
	if c != want {
		return 0, r.fail(r.pos(), fmt.Sprintf("%q where %q should stand in the %c opened at %d:%d", c, want, openers[l.kind], l.at.Line, l.at.Col), "")
	}
	r.at++
	c, ok := r.skip()
	if c == ']' || c == '}' {
		return 0, r.fail(r.pos(), fmt.Sprintf("%c after %c", c, want), "")
	}
	return c, ok
}
