package edn

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// The classes of bytes.
const (
	digit byte = 1 << iota
	word       // may be inside a symbol, keyword or number
	blank      // space that does not end a line
	eol
	comment
)

var classes = func() (t [256]byte) {
	for c := range t {
		switch {
		case c >= '0' && c <= '9':
			t[c] = digit | word
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf:
			t[c] = word
		}
	}
	for _, c := range "*+!-_?$%&=<>.|/:#'" {
		t[c] |= word
	}
	for _, c := range " ,\t\v\f\x1c\x1d\x1e\x1f" {
		t[c] = blank
	}
	t['\n'], t['\r'], t[';'] = eol, eol, comment
	return t
}()

// jsonClasses differs in what may stand between values.
var jsonClasses = func() (t [256]byte) {
	t[' '], t['\t'], t['\n'], t['\r'] = blank, blank, eol, eol
	return t
}()

// skip goes to the next byte that is neither space nor comment; false at the
// end of the text.
func (r *Reader) skip() (c byte, ok bool) {
	t := &classes
	if r.json {
		t = &jsonClasses
	}
	for r.has(0) {
		c := r.buf[r.at]
		switch class := t[c]; {
		case class&(blank|eol|comment) == 0:
			return c, true
		case class&blank != 0:
			r.at++
		case class&eol != 0:
			r.newline(c)
		case !r.comment():
			return 0, false
		}
	}
	return 0, false
}

// newline steps over a line end: \n, \r or \r\n.
func (w *window) newline(c byte) {
	if c == '\r' && w.has(1) && w.buf[w.at+1] == '\n' {
		w.at++
	}
	w.at++
	w.line++
	w.bol = w.at
}

// comment steps to the end of the line.
func (r *Reader) comment() bool {
	for r.has(0) && classes[r.buf[r.at]]&eol == 0 {
		if r.buf[r.at] < utf8.RuneSelf {
			r.at++
		} else if _, ok := r.wide(); !ok {
			return false
		}
	}
	return true
}

// refuse explains a byte that begins no form.
func (r *Reader) refuse(c byte) bool {
	at := r.pos()
	if hint, ok := notData[c]; ok {
		return r.fail(at, fmt.Sprintf("%c has no meaning in data", c), hint)
	}
	return r.fail(at, fmt.Sprintf("unexpected character %q", c), "")
}

var notData = map[byte]string{
	'\'': "leave out the quote: nothing is evaluated here",
	'`':  "leave out the backquote: nothing is evaluated here",
	'~':  "write the value itself, or pass it as an argument",
	'@':  "write the value itself, or pass it as an argument",
	'^':  "leave out the metadata",
}

// strange tells whether c, a character beyond ASCII, may not be in a symbol, and why.
func strange(c rune) (msg, hint string) {
	switch {
	case c == 0xA0 || unicode.IsSpace(c):
		return fmt.Sprintf("a special space (%U) outside a string", c), "replace it by an ordinary space"
	case c >= 0x2018 && c <= 0x201F:
		return fmt.Sprintf("a typographic quote %c", c), `write straight quotes: "`
	case !unicode.IsGraphic(c):
		return fmt.Sprintf("an invisible character (%U) outside a string", c), "delete it"
	}
	return "", ""
}
