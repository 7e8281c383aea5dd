package edn

import (
	"fmt"
	"hash/maphash"
	"strings"
	"unicode/utf8"
)

// words remembers the names read last, so that a name that comes again is
// neither allocated nor checked again. Its size is fixed.
type words struct {
	keywords, symbols [256]string
}

var seed = maphash.MakeSeed()

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

func (r *Reader) keyword() (Value, error) {
	at := r.pos()
	tok := r.token()
	name, err := r.known(tok, at, true)
	if err != nil {
		return Value{}, err
	}
	r.take(tok)
	return MakeKeyword(name).At(at), nil
}

func (r *Reader) symbol() (Value, error) {
	at := r.pos()
	tok := r.token()
	name, err := r.known(tok, at, false)
	if err != nil {
		return Value{}, err
	}
	r.take(tok)
	switch name {
	case "nil":
		return MakeNil().At(at), nil
	case "true", "false":
		return MakeBool(name == "true").At(at), nil
	}
	return MakeSymbol(name).At(at), nil
}

// known returns the name that tok, which is at the given position, spells,
// from the words read before or after checking it.
func (r *Reader) known(tok []byte, at Pos, keyword bool) (string, error) {
	if r.words == nil {
		return r.checkName(tok, at, keyword)
	}
	cache := &r.words.symbols
	if keyword {
		cache = &r.words.keywords
		tok = tok[1:]
	}
	slot := &cache[maphash.Bytes(seed, tok)%uint64(len(cache))]
	if *slot == string(tok) && len(tok) > 0 {
		return *slot, nil
	}
	if keyword {
		tok = r.buf[r.at : r.at+len(tok)+1]
	}
	name, err := r.checkName(tok, at, keyword)
	if err == nil {
		*slot = strings.Clone(name)
	}
	return name, err
}

// checkName refuses what is not a keyword or symbol, with its reason.
func (r *Reader) checkName(tok []byte, at Pos, keyword bool) (string, error) {
	if err := r.checkWide(tok, at); err != nil {
		return "", err
	}
	name := r.text(tok)
	if keyword {
		name = name[1:]
		if msg, hint := badKeyword(name); msg != "" {
			return "", r.fail(at, msg, hint)
		}
	} else if msg, hint := badSymbol(name); msg != "" {
		return "", r.fail(at, msg, hint)
	}
	return name, nil
}

// checkWide looks at the characters of several bytes in a token.
func (r *Reader) checkWide(tok []byte, at Pos) error {
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
	return nil
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
	case name == "/":
		return "", ""
	}
	return badParts(name, "keyword :"+name)
}

// badSymbol tells what is wrong with the name of a symbol.
func badSymbol(name string) (msg, hint string) {
	switch {
	case name == "/":
		return "", ""
	case len(name) > 1 && strings.IndexByte("+-.", name[0]) >= 0 && classes[name[1]]&digit != 0:
		return "invalid number " + name, "begin a number with a digit: 0.5"
	case classes[name[0]]&digit != 0:
		return "invalid number " + name, ""
	}
	return badParts(name, "symbol "+name)
}

// badParts checks what keywords and symbols share: colons inside only, one slash, between two names.
func badParts(name, what string) (msg, hint string) {
	space, rest, slash := strings.Cut(name, "/")
	switch {
	case strings.HasSuffix(name, ":") || strings.Contains(name, "::"):
		return fmt.Sprintf("invalid %s: a colon at its end, or two in a row", what), ""
	case !slash || rest == "/" && space != "":
		return "", ""
	case space == "" || rest == "":
		return fmt.Sprintf("invalid %s: nothing on one side of the slash", what), ""
	case strings.Contains(rest, "/"):
		return fmt.Sprintf("invalid %s: more than one slash", what), "namespaces have dots inside: :my.space/name"
	case strings.HasSuffix(space, ":"):
		return fmt.Sprintf("invalid %s: a colon before the slash", what), ""
	}
	return "", ""
}
