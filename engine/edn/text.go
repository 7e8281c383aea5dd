package edn

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string.
func (r *Reader) str() bool {
	at := r.pos()
	r.at++
	n := r.plain()
	if r.has(n) && r.buf[r.at+n] == '"' {
		s := r.text(r.buf[r.at : r.at+n])
		r.at += n + 1
		return r.push(MakeString(s), at)
	}
	return r.longStr(at)
}

// plain counts the bytes before the end of the string, an escape, a line end
// or a character that is not ASCII.
func (r *Reader) plain() (n int) {
	for {
		b := r.buf[r.at:]
		for n < len(b) && stops[b[n]] == 0 {
			n++
		}
		if n < len(b) || !r.more(n) {
			return n
		}
	}
}

// stops marks the bytes in strings that need a closer look.
var stops = func() (t [256]byte) {
	for c := utf8.RuneSelf; c < len(t); c++ {
		t[c] = 1
	}
	t['"'], t['\\'], t['\n'], t['\r'] = 1, 1, 1, 1
	return t
}()

// longStr reads the rest of a string piece by piece.
func (r *Reader) longStr(at Pos) bool {
	var s []byte
	for ok := true; ok; {
		n := r.plain()
		s = append(s, r.buf[r.at:r.at+n]...)
		r.at += n
		if !r.has(0) {
			return r.unclosed("string", '"', at)
		}
		switch c := r.buf[r.at]; {
		case c == '"':
			r.at++
			return r.push(MakeString(string(s)), at)
		case c == '\\':
			s, ok = r.escape(s)
		case c == '\n' || c == '\r':
			if r.json {
				return r.unclosed("string", '"', at)
			}
			s = r.lineEnd(s, c)
		default:
			var wide rune
			wide, ok = r.wide()
			s = utf8.AppendRune(s, wide)
		}
	}
	return false
}

// lineEnd appends the line end at the front as it is.
func (r *Reader) lineEnd(s []byte, c byte) []byte {
	r.has(1) // so that newline moves nothing
	from := r.at
	r.newline(c)
	return append(s, r.buf[from:r.at]...)
}

var escapes = map[byte]byte{'t': '\t', 'r': '\r', 'n': '\n', 'b': '\b', 'f': '\f', '\\': '\\', '"': '"'}

// escape appends the character that the backslash at the front stands for.
func (r *Reader) escape(s []byte) ([]byte, bool) {
	at := r.pos()
	if !r.has(1) {
		r.at = len(r.buf)
		return s, true // the caller sees that the string is not closed
	}
	c := r.buf[r.at+1]
	if plain, ok := escapes[c]; ok || r.json && c == '/' {
		if !ok {
			plain = c
		}
		r.at += 2
		return append(s, plain), true
	}
	var u rune
	ok := false
	switch {
	case c == 'u':
		if u, ok = r.unit(at); ok && utf16.IsSurrogate(u) {
			u, ok = r.pair(at, u)
		}
	case c >= '0' && c <= '7' && !r.json:
		u, ok = r.octal(at)
	default:
		r.fail(at, fmt.Sprintf(`unknown escape \%c in a string`, c), `known are \t \r \n \b \f \\ \" \uXXXX and octal; write a backslash as \\`)
	}
	return utf8.AppendRune(s, u), ok
}

// unit reads \uXXXX.
func (r *Reader) unit(at Pos) (u rune, ok bool) {
	r.has(5)
	for i := 2; i < 6; i++ {
		d := rune(-1)
		if r.at+i < len(r.buf) {
			d = hexDigit(r.buf[r.at+i])
		}
		if d < 0 {
			return 0, r.fail(at, `\u must have four hexadecimal digits`, "")
		}
		u = u<<4 | d
	}
	r.at += 6
	return u, true
}

// pair reads the second half of a character written as two \uXXXX.
func (r *Reader) pair(at Pos, first rune) (rune, bool) {
	if r.has(1) && r.buf[r.at] == '\\' && r.buf[r.at+1] == 'u' {
		second, ok := r.unit(r.pos())
		if c := utf16.DecodeRune(first, second); !ok || c != utf8.RuneError {
			return c, ok
		}
	}
	return 0, r.fail(at, fmt.Sprintf(`\u%04X is half a character`, first), "both halves must be given, or the character itself")
}

// octal reads \0 to \377.
func (r *Reader) octal(at Pos) (u rune, ok bool) {
	r.at++
	for i := 0; i < 3 && r.has(0) && r.buf[r.at] >= '0' && r.buf[r.at] <= '7'; i++ {
		u = u<<3 | rune(r.buf[r.at]-'0')
		r.at++
	}
	if u > 0o377 {
		return 0, r.fail(at, `an octal escape must be \0 to \377`, "")
	}
	return u, true
}

func hexDigit(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}

var charNames = map[string]rune{
	"newline": '\n', "return": '\r', "space": ' ', "tab": '\t', "backspace": '\b', "formfeed": '\f',
}

// char reads a character: \a, \newline, \u00e9, \o101.
func (r *Reader) char() bool {
	at := r.pos()
	r.at++
	if !r.has(0) || classes[r.buf[r.at]]&(blank|eol) != 0 && r.buf[r.at] != ',' {
		return r.fail(at, "a backslash without a character", `write \space, \newline or \tab for those`)
	}
	first, ok := r.firstRune()
	if !ok {
		return false
	}
	tok := r.token()
	if len(tok) == 0 || first < utf8.RuneSelf && classes[first]&word == 0 {
		return r.push(MakeChar(first), at)
	}
	if !r.checkWide(tok, r.pos()) {
		return false
	}
	name := string(first) + string(tok)
	c, ok := namedChar(name)
	if !ok {
		return r.fail(at, `unknown character \`+name, `known are \a, \newline, \space, \tab, \return, \backspace, \formfeed, \uXXXX and \oNNN`)
	}
	r.take(tok)
	return r.push(MakeChar(c), at)
}

func (r *Reader) firstRune() (rune, bool) {
	if c := r.buf[r.at]; c < utf8.RuneSelf {
		r.at++
		return rune(c), true
	}
	return r.wide()
}

// namedChar finds the character of a name of two letters or more.
func namedChar(name string) (rune, bool) {
	if c, ok := charNames[name]; ok {
		return c, true
	}
	base := rune(16)
	if name[0] == 'o' && len(name) <= 4 {
		base = 8
	} else if name[0] != 'u' || len(name) != 5 {
		return 0, false
	}
	var c rune
	for _, b := range []byte(name[1:]) {
		d := hexDigit(b)
		if d < 0 || d >= base {
			return 0, false
		}
		c = c*base + d
	}
	return c, !utf16.IsSurrogate(c) && (base == 16 || c <= 0o377)
}
