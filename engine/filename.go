package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// maxName is the most bytes of a file name that are not shortened. Shortened names are longer.
const maxName = 200

// FileName maps text to a name that any file system takes: %XX for '/', '%',
// control characters, a leading dot, a trailing plus (which ends the names of
// pages) and bytes that are not UTF-8, "%" for empty text. A name over 200 bytes is cut and ends in "~" and a hash of the text;
// all others are reversible.
func FileName(text string) string {
	return shorten(escape(text, false), text)
}

// ParseFileName is the inverse of FileName; ok is false for names that it never
// gives, and for shortened ones.
func ParseFileName(name string) (text string, ok bool) {
	if name == "%" {
		return "", true
	}
	text, ok = unescape(name)
	return text, ok && name != "" && FileName(text) == name
}

// AttrFileName is the file name of attribute ident among the files of an
// entity of the given kind: the name alone where the namespace is the kind's own,
// else "namespace.name", with "_" for an empty namespace.
func AttrFileName(kind, ident string) string {
	ns, name := splitIdent(ident)
	file := escape(name, true)
	if kindOf(ns) != kind {
		file = namespaceFile(ns) + "." + file
	}
	return shorten(file, ident)
}

// namespaceFile is a namespace as the beginning of an attribute's file name.
func namespaceFile(ns string) string {
	switch ns {
	case "":
		return "_"
	case "_":
		return "%5F"
	}
	return escape(ns, false)
}

// splitIdent splits "person/name"; the namespace is empty where there is no slash.
func splitIdent(ident string) (ns, name string) {
	if i := strings.IndexByte(ident, '/'); i > 0 && i < len(ident)-1 {
		return ident[:i], ident[i+1:]
	}
	return "", ident
}

// shorten cuts a name that is too long at a character and adds a hash of the text that it was made of.
func shorten(name, text string) string {
	if len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(text))
	return name[:cutAt(name, maxName)] + "~" + hex.EncodeToString(sum[:8])
}

// cutAt is the last place at or before limit that is not within a character or an escape.
func cutAt(name string, limit int) int {
	for !utf8.RuneStart(name[limit]) {
		limit--
	}
	for back := 1; back <= 2; back++ {
		if name[limit-back] == '%' {
			return limit - back
		}
	}
	return limit
}

const hexDigits = "0123456789ABCDEF"

// escape is FileName without the limit; dots escapes every dot, not only a leading one.
func escape(text string, dots bool) string {
	if text == "" {
		return "%"
	}
	if isPlain(text, dots) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if mustEscape(r, size, i == 0 || dots) || r == '+' && i+1 == len(text) {
			for _, c := range []byte(text[i : i+size]) {
				b.WriteByte('%')
				b.WriteByte(hexDigits[c>>4])
				b.WriteByte(hexDigits[c&15])
			}
		} else {
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

// isPlain tells quickly that text of printable ASCII has nothing to escape.
func isPlain(text string, dots bool) bool {
	if text[len(text)-1] == '+' {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c >= 0x7f || c == '/' || c == '%' || c == '.' && (i == 0 || dots) {
			return false
		}
	}
	return true
}

func mustEscape(r rune, size int, dot bool) bool {
	switch {
	case r == '/', r == '%', r < ' ', r >= 0x7f && r < 0xa0:
		return true
	case r == '.':
		return dot
	}
	return r == utf8.RuneError && size == 1
}

// unescape replaces %XX; ok is false where what follows a % is not two uppercase hex digits.
func unescape(name string) (text string, ok bool) {
	if !strings.Contains(name, "%") {
		return name, true
	}
	b := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		if name[i] != '%' {
			b = append(b, name[i])
			continue
		}
		if i+2 >= len(name) {
			return "", false
		}
		hi, lo := strings.IndexByte(hexDigits, name[i+1]), strings.IndexByte(hexDigits, name[i+2])
		if hi < 0 || lo < 0 {
			return "", false
		}
		b = append(b, byte(hi<<4|lo))
		i += 2
	}
	return string(b), true
}
