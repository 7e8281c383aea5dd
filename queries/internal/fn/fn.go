// Package fn is the closed set of functions, predicates and aggregates that
// queries may call. They work on EDN values as Clojure's namesakes do; nothing
// in the set reads a file, prints, or evaluates code.
//
// Where Clojure's answer would be a thing that EDN cannot hold, ours is:
// a ratio is a double (1/2 is 0.5), the type of a value is a keyword such as
// :db.type/long, a compiled regular expression is a tagged form, an instant in
// str is RFC 3339 text. Strings count and are cut in characters, not in UTF-16
// units. Regular expressions are RE2.
package fn

import (
	"regexp"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// Func is one function.
type Func struct {
	Name     string
	Min, Max int // number of arguments; a Max of -1 means any
	Kind     Kind
	Call     func(env *Env, args []edn.Value) (edn.Value, error) // nil unless the kind is Pure; a nil result gives no row
}

// Kind tells what a function needs besides its arguments.
type Kind uint8

// Functions other than pure ones are given sources and are run by the evaluators.
const (
	Pure    Kind = iota
	GetElse      // (get-else $ e a default)
	GetSome      // (get-some $ e a…)
	Missing      // (missing? $ e a)
	Entid        // (entid $ e): the id that an ident or lookup ref names
	Ident        // (ident $ e): the ident that an entity has
	Nested       // (q query inputs…)
)

// Env is what functions keep during one run of a query. It is not safe for
// many goroutines at once.
type Env struct {
	regexps map[string]*regexp.Regexp
	check   func() error
	steps   int
}

// NewEnv makes an empty one. Calls that take long end with the error of check once there is one.
func NewEnv(check func() error) *Env { return &Env{regexps: map[string]*regexp.Regexp{}, check: check} }

// step is called for every item that a call makes or looks at.
func (e *Env) step() error {
	if e.steps++; e.steps%4096 != 0 {
		return nil
	}
	return e.check()
}

// Find is the function called name, with or without its namespace where that is Clojure's core or
// the API of a database; a name such as .contains is one of Methods.
func Find(name string) (*Func, bool) {
	if ours, ok := methods[name]; ok {
		name = ours
	}
	for _, ns := range []string{"clojure.core/", "datomic.api/", "datahike.api/"} {
		if short, ok := strings.CutPrefix(name, ns); ok && len(short) > 0 {
			name = short
			break
		}
	}
	f, ok := funcs[name]
	return f, ok
}

// Names lists all functions.
func Names() []string {
	var names []string
	for name := range funcs {
		names = append(names, name)
	}
	return names
}

// Truthy tells whether a predicate's result lets a row pass: anything but nil and false.
func Truthy(v edn.Value) bool {
	return !v.IsNil() && (v.Kind() != edn.Bool || v.Bool())
}

var funcs = index(compareFuncs, arithmeticFuncs, convertFuncs, logicFuncs, kindFuncs, collectionFuncs, sequenceFuncs, nameFuncs, stringFuncs, regexpFuncs, instantFuncs, transactionFuncs, sourceFuncs)

func index(lists ...[]Func) map[string]*Func {
	m := map[string]*Func{}
	for _, list := range lists {
		for i := range list {
			m[list[i].Name] = &list[i]
		}
	}
	return m
}

var sourceFuncs = []Func{
	{Name: "get-else", Min: 4, Max: 4, Kind: GetElse},
	{Name: "get-some", Min: 3, Max: -1, Kind: GetSome},
	{Name: "missing?", Min: 3, Max: 3, Kind: Missing},
	{Name: "entid", Min: 2, Max: 2, Kind: Entid},
	{Name: "ident", Min: 2, Max: 2, Kind: Ident},
	{Name: "q", Min: 1, Max: -1, Kind: Nested},
}
