package edn

import "unicode/utf8"

// RegexTag is the tag of what ParseSource makes of a regular expression: #regex "[a-z]+".
const RegexTag = "regex"

// ParseSource is Parse for text cut out of a Clojure program, where data is written with what
// its reader knows besides EDN. A quote or @ before a form and metadata such as ^String are dropped,
// since nothing is evaluated, and #"[a-z]\d" is a Tagged with RegexTag.
func ParseSource(text string) (Value, error) {
	r := textReader(text)
	r.source = true
	return r.one()
}

// marked reads the form after the mark c, one of '@^. After ^ come two, of which the first is metadata.
func (r *Reader) marked(c byte) bool {
	if !r.source {
		return r.refuse(c)
	}
	at := r.pos()
	r.at++
	if c == '^' {
		if !r.following(at, "^ has no metadata after it") {
			return false
		}
		r.stack = r.stack[:len(r.stack)-1]
	}
	return r.following(at, string(c)+" has no form after it")
}

// regex reads #"…", in which a backslash stands for itself.
func (r *Reader) regex(at Pos) bool {
	r.at += 2
	var s []byte
	for r.has(0) {
		switch c := r.buf[r.at]; {
		case c == '"':
			r.at++
			return r.push(MakeTagged(RegexTag, MakeString(string(s)).At(at)), at)
		case c == '\\' && r.has(1) && r.buf[r.at+1] >= ' ' && r.buf[r.at+1] < utf8.RuneSelf:
			s = append(s, c, r.buf[r.at+1])
			r.at += 2
		case c == '\n' || c == '\r':
			s = r.lineEnd(s, c)
		default:
			wide, ok := r.wide()
			if !ok {
				return false
			}
			s = utf8.AppendRune(s, wide)
		}
	}
	return r.unclosed("regular expression", '"', at)
}
