package fn

import (
	"maps"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// methods are the methods of Java's strings and dates that queries are seen to call, each with our
// function of the same arguments.
var methods = map[string]string{
	".compareTo": "compare", ".equals": "=",
	".contains": "clojure.string/includes?", ".startsWith": "clojure.string/starts-with?", ".endsWith": "clojure.string/ends-with?",
	".indexOf": "clojure.string/index-of", ".isEmpty": "empty?", ".length": "count", ".substring": "subs",
	".toLowerCase": "clojure.string/lower-case", ".toUpperCase": "clojure.string/upper-case", ".toString": "str", ".trim": "clojure.string/trim",
	".before": "before?", ".after": "after?", ".getTime": "inst-ms",
}

// Methods lists the methods.
func Methods() []string { return slices.Sorted(maps.Keys(methods)) }

var instantFuncs = []Func{
	{Name: "inst-ms", Min: 1, Max: 1, Call: instMillis},
}

// instMillis is the time since 1970.
func instMillis(_ *Env, args []edn.Value) (edn.Value, error) {
	if err := instantsOnly(args); err != nil {
		return edn.Value{}, err
	}
	return edn.MakeInt(args[0].Millis()), nil
}
