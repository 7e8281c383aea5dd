package edn

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// words remembers the names read last, so that a name that comes again is
// neither allocated nor checked again. Its size is fixed.
type words struct {
	keywords, symbols [256]string
}

// wordSlot spreads names over the slots. Names that share one only push each other out.
func wordSlot(name []byte) uint8 {
	h := uint64(len(name))
	if len(name) >= 8 {
		h ^= binary.LittleEndian.Uint64(name) ^ binary.LittleEndian.Uint64(name[len(name)-8:])<<1
	} else {
		for _, c := range name {
			h = h<<8 ^ h>>56 ^ uint64(c)
		}
	}
	return uint8(h * 0x9E3779B97F4A7C15 >> 56)
}

// token returns the bytes of the symbol, keyword or number at the front, without stepping
// over them. It is empty where there is none.
func (r *Reader) token() []byte {
	n := 0
	for {
		b := r.buf[r.at:]
		for n < len(b) && classes[b[n]]&word != 0 {
			n++
		}
		if n < len(b) || !r.more(n) {
			return r.buf[r.at : r.at+n]
		}
	}
}

// take steps over a token.
func (r *Reader) take(tok []byte) {
	r.at += len(tok)
	for _, c := range tok {
		if c&0xC0 == 0x80 {
			r.bol++
		}
	}
}

func (r *Reader) keyword() bool {
	at := r.pos()
	tok := r.token()
	name, ok := r.known(tok, at, true)
	if !ok {
		return false
	}
	r.take(tok)
	return r.push(MakeKeyword(name), at)
}

func (r *Reader) symbol() bool {
	at := r.pos()
	tok := r.token()
	name, ok := r.known(tok, at, false)
	if !ok {
		return false
	}
	r.take(tok)
	switch name {
	case "nil":
		return r.push(MakeNil(), at)
	case "true", "false":
		return r.push(MakeBool(name == "true"), at)
	}
	return r.push(MakeSymbol(name), at)
}

// known returns the name that tok, which is at the given position, spells:
// that of a keyword without its colon. It checks those that it has not read before.
func (r *Reader) known(tok []byte, at Pos, keyword bool) (name string, ok bool) {
	if r.words == nil {
		return r.checkName(tok, at, keyword)
	}
	cache, spelled := &r.words.symbols, tok
	if keyword {
		cache, spelled = &r.words.keywords, tok[1:]
	}
	slot := &cache[wordSlot(spelled)]
	if *slot == string(spelled) && len(spelled) > 0 {
		return *slot, true
	}
	if name, ok = r.checkName(tok, at, keyword); ok {
		*slot = strings.Clone(name)
		name = *slot
	}
	return name, ok
}

// checkName refuses what is not a keyword or symbol, with its reason.
func (r *Reader) checkName(tok []byte, at Pos, keyword bool) (name string, ok bool) {
	if !r.checkWide(tok, at) {
		return "", false
	}
	var msg, hint string
	if name = r.text(tok); keyword {
		name = name[1:]
		msg, hint = badKeyword(name)
	} else {
		msg, hint = badSymbol(name)
	}
	if msg != "" {
		return "", r.fail(at, msg, hint)
	}
	return name, true
}

// checkWide looks at the characters of several bytes in a token.
func (r *Reader) checkWide(tok []byte, at Pos) bool {
	for i, chars := 0, int32(0); i < len(tok); chars++ {
		if tok[i] < utf8.RuneSelf {
			i++
			continue
		}
		here := Pos{at.Line, at.Col + chars}
		c, n := utf8.DecodeRune(tok[i:])
		if c == utf8.RuneError && n <= 1 {
			return r.notUTF8(here, tok[i])
		}
		if msg, hint := strange(c); msg != "" {
			return r.fail(here, msg, hint)
		}
		i += n
	}
	return true
}

// IsKeyword tells whether :name can be read as a keyword.
func IsKeyword(name string) bool {
	msg, _ := badKeyword(name)
	return msg == "" && plainWord(name)
}

// IsSymbol tells whether name can be read as a symbol.
func IsSymbol(name string) bool {
	switch name {
	case "", "nil", "true", "false":
		return false
	}
	if strings.IndexByte(":#'", name[0]) >= 0 {
		return false
	}
	msg, _ := badSymbol(name)
	return msg == "" && plainWord(name)
}

// plainWord tells whether all of name could be one token.
func plainWord(name string) bool {
	for _, c := range name {
		if c < utf8.RuneSelf && classes[c]&word == 0 {
			return false
		}
		if msg, _ := strange(c); c >= utf8.RuneSelf && msg != "" {
			return false
		}
	}
	return utf8.ValidString(name)
}

// badKeyword tells what is wrong with the name of a keyword.
func badKeyword(name string) (msg, hint string) {
	switch {
	case name == "":
		return "a colon without a name", "write a keyword as :name or :namespace/name"
	case name[0] == ':':
		return fmt.Sprintf("the keyword :%s depends on a current namespace", name), "write the namespace out: :namespace/" + strings.TrimLeft(name, ":")
	}
	if msg, hint = badParts(name); msg != "" {
		msg = "invalid keyword :" + name + ": " + msg
	}
	return msg, hint
}

// badSymbol tells what is wrong with the name of a symbol.
func badSymbol(name string) (msg, hint string) {
	switch {
	case len(name) > 1 && strings.IndexByte("+-.", name[0]) >= 0 && classes[name[1]]&digit != 0:
		return "invalid number " + name, "begin a number with a digit: 0.5"
	case classes[name[0]]&digit != 0:
		return "invalid number " + name, ""
	}
	if msg, hint = badParts(name); msg != "" {
		msg = "invalid symbol " + name + ": " + msg
	}
	return msg, hint
}

// badParts checks what keywords and symbols share: colons inside only, one slash, between two names.
func badParts(name string) (msg, hint string) {
	space, rest, slash := strings.Cut(name, "/")
	switch {
	case name[len(name)-1] == ':' || strings.Contains(name, "::"):
		return "a colon at its end, or two in a row", ""
	case !slash || name == "/" || rest == "/" && space != "":
		return "", ""
	case space == "" || rest == "":
		return "nothing on one side of the slash", ""
	case strings.Contains(rest, "/"):
		return "more than one slash", "namespaces have dots inside: :my.space/name"
	case space[len(space)-1] == ':':
		return "a colon before the slash", ""
	}
	return "", ""
}
