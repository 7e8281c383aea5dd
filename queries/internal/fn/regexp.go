package fn

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

var regexpFuncs = []Func{
	{Name: "re-pattern", Min: 1, Max: 1, Call: rePattern},
	{Name: "re-find", Min: 2, Max: 2, Call: reFind},
	{Name: "re-matches", Min: 2, Max: 2, Call: reMatches},
	{Name: "re-seq", Min: 2, Max: 2, Call: reSeq},
}

// isRegexp tells what re-pattern makes, and #"…" in a query. A plain string will do as well wherever an expression is wanted.
func isRegexp(v edn.Value) bool { return v.Kind() == edn.Tagged && v.Text() == edn.RegexTag }

// compile reads an expression; those of one run are kept.
func (env *Env) compile(v edn.Value, before, after string) (*regexp.Regexp, error) {
	if isRegexp(v) {
		v = v.Items()[0]
	}
	source, err := text(v)
	if err != nil {
		return nil, err
	}
	source = before + source + after
	if re, ok := env.regexps[source]; ok {
		return re, nil
	}
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, explain(v.Text(), err)
	}
	env.regexps[source] = re
	return re, nil
}

// explain says in which dialect expressions are written.
func explain(source string, err error) error {
	if strings.Contains(source, "(?=") || strings.Contains(source, "(?!") || strings.Contains(source, "(?<") {
		return fmt.Errorf("regular expression %q: look-around is not supported, expressions are RE2: %w", source, err)
	}
	return fmt.Errorf("regular expression %q (in RE2's dialect): %w", source, err)
}

func rePattern(env *Env, args []edn.Value) (edn.Value, error) {
	if isRegexp(args[0]) {
		return args[0], nil
	}
	if _, err := env.compile(args[0], "", ""); err != nil {
		return edn.Value{}, err
	}
	return edn.MakeTagged(edn.RegexTag, args[0]), nil
}

// match is the text that matched or, where the expression has groups, a vector
// of it and the groups, nil for one that took no part.
func match(s string, m []int) edn.Value {
	var items []edn.Value
	for ; len(m) > 1; m = m[2:] {
		if m[0] < 0 {
			items = append(items, edn.Value{})
			continue
		}
		items = append(items, edn.MakeString(s[m[0]:m[1]]))
	}
	if len(items) == 1 {
		return items[0]
	}
	return edn.MakeVector(items...)
}

func reFind(env *Env, args []edn.Value) (edn.Value, error) { return find(env, args, "", "") }

func reMatches(env *Env, args []edn.Value) (edn.Value, error) {
	return find(env, args, `\A(?:`, `)\z`)
}

func find(env *Env, args []edn.Value, before, after string) (edn.Value, error) {
	re, err := env.compile(args[0], before, after)
	s, err2 := text(args[1])
	if err != nil || err2 != nil {
		return edn.Value{}, errors.Join(err, err2)
	}
	m := re.FindStringSubmatchIndex(s)
	if m == nil {
		return edn.Value{}, nil
	}
	return match(s, m), nil
}

func reSeq(env *Env, args []edn.Value) (edn.Value, error) {
	re, err := env.compile(args[0], "", "")
	s, err2 := text(args[1])
	if err != nil || err2 != nil {
		return edn.Value{}, errors.Join(err, err2)
	}
	all := re.FindAllStringSubmatchIndex(s, -1)
	if all == nil {
		return edn.Value{}, nil
	}
	var items []edn.Value
	for _, m := range all {
		items = append(items, match(s, m))
	}
	return edn.MakeList(items...), nil
}

// splitText is (split s re) or (split s re limit); without a limit, empty strings at the end are dropped.
func splitText(env *Env, args []edn.Value) (edn.Value, error) {
	s, err := text(args[0])
	re, err2 := env.compile(args[1], "", "")
	if err != nil || err2 != nil {
		return edn.Value{}, errors.Join(err, err2)
	}
	limit := -1
	if len(args) == 3 && args[2].Kind() == edn.Int && args[2].Int() > 0 {
		limit = int(args[2].Int())
	}
	parts := re.Split(s, limit)
	for len(args) == 2 && len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	var items []edn.Value
	for _, p := range parts {
		items = append(items, edn.MakeString(p))
	}
	return edn.MakeVector(items...), nil
}

// replace is (replace s match replacement): match is a string or character,
// taken as it is, or an expression, and then $1 in the replacement is its first group.
func replace(env *Env, args []edn.Value) (edn.Value, error) {
	s, err := text(args[0])
	if err != nil {
		return edn.Value{}, err
	}
	if !isRegexp(args[1]) {
		old, with := string(appendStr(nil, args[1])), string(appendStr(nil, args[2]))
		if err := replaced(s, strings.ReplaceAll(with, "$", " "), strings.Count(s, old)); err != nil {
			return edn.Value{}, err
		}
		return edn.MakeString(strings.ReplaceAll(s, old, with)), nil
	}
	re, err := env.compile(args[1], "", "")
	with, err2 := text(args[2])
	if err != nil || err2 != nil {
		return edn.Value{}, errors.Join(err, err2)
	}
	if err := replaced(s, with, len(s)+1); err != nil {
		if err := replaced(s, with, len(re.FindAllStringIndex(s, -1))); err != nil {
			return edn.Value{}, err
		}
	}
	return edn.MakeString(re.ReplaceAllString(s, groups.ReplaceAllString(with, "$${$1}"))), nil
}

// groups finds Java's $1, which Go writes ${1}.
var groups = regexp.MustCompile(`\$(\d+)`)
