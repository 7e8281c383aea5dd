package ingest

import (
	"math"
	"strconv"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// types is a set of value types that all values of a column can be read as.
type types uint8

const (
	asBool types = 1 << iota
	asLong
	asBigInt
	asDouble
	asInstant
	asUUID
	asString
	asAnything types = 1<<iota - 1
)

// inferred is the type for a column whose values can all be any of t: the first of these.
func (t types) inferred() engine.Kind {
	for i, k := range []engine.Kind{engine.BoolKind, engine.LongKind, engine.BigIntKind, engine.DoubleKind, engine.InstantKind, engine.UUIDKind} {
		if t&(1<<i) != 0 {
			return k
		}
	}
	return engine.StringKind
}

// exactInts is the end of the integers that a double holds exactly.
const exactInts = 1 << 53

// typesOfText are the types that the text of a cell can be read as. Numbers
// are those that look the same when they are written again, but for zeros after the point: 007 and +49 are text.
func typesOfText(s string) types {
	switch c := s[0]; {
	case c >= '0' && c <= '9' || c == '-' || c == '.':
		return asString | typesOfDigits(s)
	case len(s) == 36 && isUUID(s):
		return asString | asUUID
	case isBool(s):
		return asString | asBool
	}
	return asString
}

func typesOfDigits(s string) types {
	n, isInt := parseLong(s)
	switch {
	case isInt && n > -exactInts && n < exactInts:
		return asLong | asDouble
	case isInt:
		return asLong
	case isInstant(s):
		return asInstant
	case isUUID(s):
		return asUUID
	}
	if _, ok := parseDouble(s); ok && strings.ContainsAny(s, ".eE") {
		return asDouble // an integer that is none of the above would lose digits
	}
	return 0
}

// typesOf are the types that a value of JSON can be taken for. Strings stay
// strings unless they are instants or uuids.
func typesOf(v edn.Value) types {
	switch v.Kind() {
	case edn.Bool:
		return asString | asBool
	case edn.Int:
		if n := v.Int(); n > -exactInts && n < exactInts {
			return asString | asLong | asBigInt | asDouble
		}
		return asString | asLong | asBigInt
	case edn.BigInt:
		return asString | asBigInt
	case edn.Float:
		return asString | asDouble
	}
	switch s := v.Text(); {
	case isInstant(s):
		return asString | asInstant
	case isUUID(s):
		return asString | asUUID
	}
	return asString
}

func isBool(s string) bool {
	return strings.EqualFold(s, "true") || strings.EqualFold(s, "false")
}

func isUUID(s string) bool {
	_, ok := edn.ParseUUID(s)
	return ok
}

func isInstant(s string) bool {
	_, _, ok := parseInstant(s)
	return ok
}

// parseLong reads an integer of 64 bits without zeros or a plus in front.
func parseLong(s string) (int64, bool) {
	digits := strings.TrimPrefix(s, "-")
	if !isWhole(digits) || s == "-0" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// isWhole tells whether s is digits without zeros in front.
func isWhole(s string) bool { return isDigits(s) && (len(s) == 1 || s[0] != '0') }

func isDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// parseDouble reads a number such as -12.50, .5 or 1e-7 that is not beyond a double.
func parseDouble(s string) (float64, bool) {
	if !isNumber(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsInf(f, 0)
}

// isNumber tells whether s is a decimal number, with an exponent perhaps.
func isNumber(s string) bool {
	mantissa, exp := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exp = s[:i], s[i+1:]
		if exp = strings.TrimLeft(exp, "+-"); !isDigits(exp) || len(s)-i-1-len(exp) > 1 {
			return false
		}
	}
	whole, frac, point := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	if point && !isDigits(frac) {
		return false
	}
	return isWhole(whole) || whole == "" && point
}

// parseInstant reads a date, or a date and time, as ISO 8601 and databases write
// them: 2026-11-22, 2026-11-22T14:30Z, 2026-11-22 14:30:00.123+01:00,
// 2026-11-22 14:30:00 UTC. Without a zone it is UTC. cut tells that it
// is more precise than milliseconds.
func parseInstant(s string) (ms int64, cut, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' || len(s) > 10 && len(s) < 16 {
		return 0, false, false
	}
	if len(s) > 10 {
		if s[10] != 'T' && s[10] != ' ' || s[13] != ':' {
			return 0, false, false
		}
		rest := strings.TrimSuffix(strings.TrimSuffix(s[11:], " UTC"), "Z")
		rest = withColon(strings.TrimSuffix(rest, " "))
		if point := strings.IndexByte(rest, '.'); point > 0 && point+4 < len(rest) {
			fraction := rest[point+4:]
			if zone := strings.IndexAny(fraction, "+-"); zone >= 0 {
				fraction = fraction[:zone]
			}
			cut = strings.Trim(fraction, "0") != ""
		}
		s = s[:10] + "T" + rest
	}
	ms, msg := edn.ParseInst(s)
	return ms, cut, msg == ""
}

// withColon writes an offset such as +0100 as +01:00.
func withColon(time string) string {
	if n := len(time) - 5; n > 0 && (time[n] == '+' || time[n] == '-') && isDigits(time[n+1:]) {
		return time[:n+3] + ":" + time[n+3:]
	}
	return time
}
