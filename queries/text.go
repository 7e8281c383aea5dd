package queries

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// AppendText adds a value as it is shown in a cell or a file: text and symbols
// as they are, keywords with their colon, numbers in their shortest exact form,
// instants as RFC 3339, bytes as hexadecimal digits, nil as nothing, collections as EDN.
func AppendText(dst []byte, v edn.Value) []byte {
	switch v.Kind() {
	case edn.Nil:
		return dst
	case edn.Int:
		return strconv.AppendInt(dst, v.Int(), 10)
	case edn.String, edn.Symbol:
		return append(dst, v.Text()...)
	case edn.Keyword:
		return append(append(dst, ':'), v.Text()...)
	case edn.Bytes:
		return hex.AppendEncode(dst, []byte(v.Text()))
	case edn.Float:
		return engine.AppendText(dst, engine.Double(v.Float()))
	case edn.Inst:
		return engine.AppendText(dst, engine.Instant(v.Millis()))
	case edn.Char, edn.Bool, edn.BigInt, edn.BigDec, edn.UUID:
		if scalar, err := engine.FromEDN(engine.NilKind, v); err == nil {
			return engine.AppendText(dst, scalar)
		}
	}
	return edn.Append(dst, v)
}

func tsvLayout(r *Result) layout {
	return separated(r, "", "\t", "\n", func(dst []byte, v edn.Value) []byte {
		return appendEscaped(AppendText(dst, v), len(dst))
	})
}

// appendEscaped spells out, from a place on, what would end a cell of TSV.
func appendEscaped(dst []byte, from int) []byte {
	if !contains(dst[from:], '\\', '\\') {
		return dst
	}
	cell := bytes.Clone(dst[from:])
	dst = dst[:from]
	for _, c := range cell {
		switch c {
		case '\t':
			dst = append(dst, '\\', 't')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\\':
			dst = append(dst, '\\', '\\')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func csvLayout(r *Result) layout {
	return separated(r, "", ",", "\n", func(dst []byte, v edn.Value) []byte {
		return appendQuoted(AppendText(dst, v), len(dst))
	})
}

// appendQuoted puts into quotes, from a place on, what a reader of CSV would misunderstand. That is
// what encoding/csv quotes too.
func appendQuoted(dst []byte, from int) []byte {
	if !needsQuotes(dst[from:]) {
		return dst
	}
	cell := bytes.Clone(dst[from:])
	dst = append(dst[:from], '"')
	for _, c := range cell {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

func needsQuotes(cell []byte) bool {
	if first, _ := utf8.DecodeRune(cell); unicode.IsSpace(first) {
		return true
	}
	return contains(cell, '"', ',') && bytes.ContainsAny(cell, "\",\n\r") || string(cell) == `\.`
}

// contains tells whether there is a control character, or one of two others.
func contains(cell []byte, a, b byte) bool {
	for _, c := range cell {
		if c < ' ' || c == a || c == b {
			return true
		}
	}
	return false
}
