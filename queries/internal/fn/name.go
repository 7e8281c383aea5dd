package fn

import (
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

var nameFuncs = []Func{
	{Name: "name", Min: 1, Max: 1, Call: nameOf},
	{Name: "namespace", Min: 1, Max: 1, Call: namespaceOf},
	{Name: "keyword", Min: 1, Max: 2, Call: named("keyword", edn.MakeKeyword)},
	{Name: "symbol", Min: 1, Max: 2, Call: named("symbol", edn.MakeSymbol)},
}

func nameOf(_ *Env, args []edn.Value) (edn.Value, error) {
	switch args[0].Kind() {
	case edn.String:
		return args[0], nil
	case edn.Keyword, edn.Symbol:
		_, name := split(args[0].Text())
		return edn.MakeString(name), nil
	}
	return edn.Value{}, fmt.Errorf("%s has no name", kindOf(args[0]))
}

func namespaceOf(_ *Env, args []edn.Value) (edn.Value, error) {
	if k := args[0].Kind(); k != edn.Keyword && k != edn.Symbol {
		return edn.Value{}, fmt.Errorf("a %v has no namespace", k)
	}
	if ns, _ := split(args[0].Text()); ns != "" {
		return edn.MakeString(ns), nil
	}
	return edn.Value{}, nil
}

func split(ident string) (ns, name string) {
	if i := strings.IndexByte(ident, '/'); i > 0 && len(ident) > 1 {
		return ident[:i], ident[i+1:]
	}
	return "", ident
}

// named is (keyword name) or (keyword namespace name), and the same for symbols.
func named(what string, make func(string) edn.Value) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) {
		for _, a := range args {
			if k := a.Kind(); k != edn.String && k != edn.Keyword && k != edn.Symbol {
				return edn.Value{}, fmt.Errorf("a %v cannot become a %s", k, what)
			}
		}
		if len(args) == 2 {
			return make(args[0].Text() + "/" + args[1].Text()), nil
		}
		return make(args[0].Text()), nil
	}
}
