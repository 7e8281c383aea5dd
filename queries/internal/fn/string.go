package fn

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dhfs/dhfs/engine/edn"
)

var stringFuncs = []Func{
	{Name: "str", Max: -1, Call: str},
	{Name: "pr-str", Max: -1, Call: printer(true, "")},
	{Name: "prn-str", Max: -1, Call: printer(true, "\n")},
	{Name: "print-str", Max: -1, Call: printer(false, "")},
	{Name: "println-str", Max: -1, Call: printer(false, "\n")},
	{Name: "subs", Min: 2, Max: 3, Call: subs},
	{Name: "clojure.string/lower-case", Min: 1, Max: 1, Call: onText(strings.ToLower)},
	{Name: "clojure.string/upper-case", Min: 1, Max: 1, Call: onText(strings.ToUpper)},
	{Name: "clojure.string/trim", Min: 1, Max: 1, Call: onText(strings.TrimSpace)},
	{Name: "clojure.string/triml", Min: 1, Max: 1, Call: onText(func(s string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) })},
	{Name: "clojure.string/trimr", Min: 1, Max: 1, Call: onText(func(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) })},
	{Name: "clojure.string/capitalize", Min: 1, Max: 1, Call: onText(capitalize)},
	{Name: "clojure.string/reverse", Min: 1, Max: 1, Call: onText(reverseText)},
	{Name: "clojure.string/index-of", Min: 2, Max: 2, Call: indexOf},
	{Name: "clojure.edn/read-string", Min: 1, Max: 1, Call: readString},
	{Name: "clojure.string/starts-with?", Min: 2, Max: 2, Call: onTexts(strings.HasPrefix)},
	{Name: "clojure.string/ends-with?", Min: 2, Max: 2, Call: onTexts(strings.HasSuffix)},
	{Name: "clojure.string/includes?", Min: 2, Max: 2, Call: onTexts(strings.Contains)},
	{Name: "clojure.string/blank?", Min: 1, Max: 1, Call: blank},
	{Name: "clojure.string/join", Min: 1, Max: 2, Call: join},
	{Name: "clojure.string/split", Min: 2, Max: 3, Call: splitText},
	{Name: "clojure.string/replace", Min: 3, Max: 3, Call: replace},
}

// text is the text of a string; others are refused.
func text(v edn.Value) (string, error) {
	if v.Kind() != edn.String {
		return "", fmt.Errorf("%v is no string but %s", v, kindOf(v))
	}
	return v.Text(), nil
}

func onText(f func(string) string) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) {
		s, err := text(args[0])
		return edn.MakeString(f(s)), err
	}
}

func onTexts(f func(s, t string) bool) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) {
		s, err := text(args[0])
		t, err2 := text(args[1])
		return edn.MakeBool(f(s, t)), errors.Join(err, err2)
	}
}

func capitalize(s string) string {
	runes := []rune(strings.ToLower(s))
	for i := range min(1, len(runes)) {
		runes[i] = unicode.ToUpper(runes[i])
	}
	return string(runes)
}

func reverseText(s string) string {
	runes := []rune(s)
	slices.Reverse(runes)
	return string(runes)
}

// indexOf is the number of the character at which a text begins in another, nil for none.
func indexOf(_ *Env, args []edn.Value) (edn.Value, error) {
	s, err := text(args[0])
	part, err2 := text(args[1])
	if err != nil || err2 != nil {
		return edn.Value{}, errors.Join(err, err2)
	}
	i := strings.Index(s, part)
	if i < 0 {
		return edn.Value{}, nil
	}
	return edn.MakeInt(int64(utf8.RuneCountInString(s[:i]))), nil
}

// readString is the EDN value in a text.
func readString(_ *Env, args []edn.Value) (edn.Value, error) {
	s, err := text(args[0])
	if err != nil {
		return edn.Value{}, err
	}
	return edn.Parse(s)
}

func str(_ *Env, args []edn.Value) (edn.Value, error) {
	var out []byte
	for _, a := range args {
		out = appendStr(out, a)
		if err := checkText(out); err != nil {
			return edn.Value{}, err
		}
	}
	return edn.MakeString(string(out)), nil
}

// appendStr writes as Clojure's str: text without quotes, bigints and decimals
// without their letter, nil as nothing. Inside of collections all are as in EDN.
func appendStr(dst []byte, v edn.Value) []byte {
	switch v.Kind() {
	case edn.Nil:
		return dst
	case edn.String:
		return append(dst, v.Text()...)
	case edn.Char:
		return append(dst, string(v.Char())...)
	case edn.BigInt, edn.BigDec:
		return append(dst, strings.TrimRight(v.String(), "NM")...)
	case edn.Float:
		return append(dst, strings.TrimPrefix(strings.Replace(v.String(), "Inf", "Infinity", 1), "##")...)
	case edn.Inst:
		return append(dst, time.UnixMilli(v.Millis()).UTC().Format("2006-01-02T15:04:05.000Z")...)
	case edn.UUID:
		return append(dst, strings.Trim(strings.TrimPrefix(v.String(), "#uuid "), `"`)...)
	case edn.Tagged:
		if v.Text() == edn.RegexTag {
			return append(dst, v.Items()[0].Text()...)
		}
	}
	return edn.Append(dst, v)
}

// printer writes all arguments with spaces between; unless readable, text is
// without quotes wherever it stands.
func printer(readable bool, end string) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) {
		var out []byte
		for i, a := range args {
			if i > 0 {
				out = append(out, ' ')
			}
			if readable {
				out = edn.Append(out, a)
			} else {
				out = appendPlain(out, a)
			}
			if err := checkText(out); err != nil {
				return edn.Value{}, err
			}
		}
		return edn.MakeString(string(out) + end), nil
	}
}

var brackets = map[edn.Kind][2]string{edn.List: {"(", ")"}, edn.Vector: {"[", "]"}, edn.Set: {"#{", "}"}, edn.Map: {"{", "}"}}

func appendPlain(dst []byte, v edn.Value) []byte {
	pair, collection := brackets[v.Kind()]
	switch {
	case v.Kind() == edn.String || v.Kind() == edn.Char:
		return appendStr(dst, v)
	case !collection:
		return edn.Append(dst, v)
	}
	dst = append(dst, pair[0]...)
	for i, item := range v.Items() {
		switch {
		case i > 0 && v.Kind() == edn.Map && i%2 == 0:
			dst = append(dst, ", "...)
		case i > 0:
			dst = append(dst, ' ')
		}
		dst = appendPlain(dst, item)
	}
	return append(dst, pair[1]...)
}

// subs is (subs s start) or (subs s start end), in characters.
func subs(_ *Env, args []edn.Value) (edn.Value, error) {
	s, err := text(args[0])
	if err != nil {
		return edn.Value{}, err
	}
	runes := []rune(s)
	from, to := args[1], edn.MakeInt(int64(len(runes)))
	if len(args) == 3 {
		to = args[2]
	}
	if from.Kind() != edn.Int || to.Kind() != edn.Int {
		return edn.Value{}, errors.New("subs wants integers")
	}
	if from.Int() < 0 || from.Int() > to.Int() || to.Int() > int64(len(runes)) {
		return edn.Value{}, fmt.Errorf("characters %v to %v of a string of %d", from, to, len(runes))
	}
	return edn.MakeString(string(runes[from.Int():to.Int()])), nil
}

func blank(_ *Env, args []edn.Value) (edn.Value, error) {
	if args[0].IsNil() {
		return edn.MakeBool(true), nil
	}
	s, err := text(args[0])
	return edn.MakeBool(strings.TrimFunc(s, unicode.IsSpace) == ""), err
}

// join is (join coll) or (join separator coll).
func join(_ *Env, args []edn.Value) (edn.Value, error) {
	items, err := elements(args[len(args)-1])
	if err != nil {
		return edn.Value{}, err
	}
	var out []byte
	for i, item := range items {
		if i > 0 && len(args) == 2 {
			out = appendStr(out, args[0])
		}
		out = appendStr(out, item)
		if err := checkText(out); err != nil {
			return edn.Value{}, err
		}
	}
	return edn.MakeString(string(out)), nil
}
