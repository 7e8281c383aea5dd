package edn

import (
	"encoding/hex"
	"math"
	"unicode/utf8"
)

// AppendJSON writes v as JSON on one line, for programs that do not read EDN:
//
//	nil, booleans            null, true, false
//	integers, decimals       numbers of any size, in full
//	floats                   numbers; NaN and the infinities are null
//	strings, characters      strings
//	keywords, symbols        strings, keywords without the colon: "person/name"
//	lists, vectors, sets     arrays
//	maps                     members; a key that is not text is written as EDN in a string
//	instants                 strings as RFC 3339: "2026-11-22T14:30:00.000Z"
//	uuids, bytes             strings; bytes as hexadecimal digits
//	#tag form                {"tag": "tag", "value": form}
func AppendJSON(dst []byte, v Value) []byte {
	switch v.kind {
	case Nil:
		return append(dst, "null"...)
	case BigInt:
		return v.Big().Append(dst, 10)
	case BigDec:
		return appendDecimal(dst, v.Big(), v.Scale())
	case Float:
		if f := v.Float(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return appendFinite(dst, f)
		}
		return append(dst, "null"...)
	case Bool, Int:
		return appendScalar(dst, v)
	case List, Vector, Set:
		return jsonItems(dst, v.Items())
	case Map:
		return jsonPairs(dst, v.Items())
	case Tagged:
		dst = jsonString(append(dst, `{"tag":`...), v.Text())
		return append(AppendJSON(append(dst, `,"value":`...), v.Items()[0]), '}')
	}
	return jsonString(dst, jsonText(v))
}

// jsonText is the text of the kinds that are strings in JSON.
func jsonText(v Value) string {
	switch v.kind {
	case Char:
		return string(v.Char())
	case Inst:
		return string(AppendInst(nil, v.Millis()))
	case UUID:
		return string(AppendUUID(nil, v.Text()))
	case Bytes:
		return hex.EncodeToString([]byte(v.Text()))
	case String, Keyword, Symbol:
		return v.Text()
	}
	return v.String()
}

func jsonItems(dst []byte, items []Value) []byte {
	dst = append(dst, '[')
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendJSON(dst, item)
	}
	return append(dst, ']')
}

func jsonPairs(dst []byte, pairs []Value) []byte {
	dst = append(dst, '{')
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(jsonString(dst, jsonText(pairs[i])), ':')
		dst = AppendJSON(dst, pairs[i+1])
	}
	return append(dst, '}')
}

func jsonString(dst []byte, s string) []byte { return appendQuoted(dst, s, jsonEscaped) }

func jsonEscaped(dst []byte, c rune) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', byte(c))
	case c == '\n':
		return append(dst, `\n`...)
	case c < ' ' || c == 0x7F:
		return appendUnit(append(dst, `\u`...), c)
	}
	return utf8.AppendRune(dst, c)
}
