package fs_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine"
)

// runReadme types the lines of README.md into a POSIX shell in a mount. Each query must have an answer of a row at least.
func runReadme(t *testing.T, name string, s *sample, want int) {
	t.Helper()
	text, lines := readmeOf(t, s)
	if len(lines) != want {
		t.Errorf("%s: %d queries, want %d:\n%s", name, len(lines), want, text)
	}
	m := mount(t, s.tree())
	for _, line := range lines {
		out, err := m.try("sh -ec '" + strings.ReplaceAll(line, "'", `'\''`) + "'")
		if err != nil || strings.Count(out, "\n") < 2 {
			why, _ := m.try("cat query/*.err")
			t.Errorf("%s:\n%s\n%v: %s%s", name, line, err, out, why)
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "    head ") {
			if out, err := m.try("sh -ec '" + strings.ReplaceAll(line, "'", `'\''`) + "'"); err != nil {
				t.Errorf("%s:\n%s\n%v: %s", name, line, err, out)
			}
		}
	}
}

func TestReadmeOfSamples(t *testing.T) {
	for name := range imports {
		runReadme(t, name, importedSample(t, name), 8)
	}
	runReadme(t, "people", peopleSample(t), 8)
}

// oddSchemas are databases that have little of what examples are made of, or all of it with names and values that
// shells and EDN take apart.
var oddSchemas = map[string][]string{
	"one bytes attribute": {`[{:db/ident :blob :db/valueType :db.type/bytes :db/cardinality :db.cardinality/one}]`, `[{:blob #bytes "00ff"}]`},
	"one reference":       {`[{:db/ident :next :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}]`, `[{:db/id "a" :next "b"} {:db/id "b" :next "a"}]`},
	"no numbers, no references": {`[{:db/ident :a/x :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
		{:db/ident :a/y :db/valueType :db.type/uri :db/cardinality :db.cardinality/many}]`, `[{:a/x "" :a/y [#uri "http://a/'b'" #uri "x:y"]}]`},
	"quotes": {`[{:db/ident :it's/o'clock :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
		{:db/ident :it's/$x&y! :db/valueType :db.type/double :db/cardinality :db.cardinality/many}
		{:db/ident :it's/of :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}
		{:db/ident :*/<-> :db/valueType :db.type/keyword :db/cardinality :db.cardinality/one}]`,
		`[{:db/id "a" :it's/o'clock "it's \"5\" \\ o'clock" :it's/$x&y! [1.5 ##Inf ##-Inf] :it's/of "a" :*/<-> :it's/'}]`},
	"values that no line can have": {`[{:db/ident :n/key :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
		{:db/ident :n/f :db/valueType :db.type/float :db/cardinality :db.cardinality/one} {:db/ident :n/d :db/valueType :db.type/double :db/cardinality :db.cardinality/one}]`,
		`[{:n/key "two\nlines\u0007" :n/f 0.1 :n/d ##NaN} {:n/key "` + strings.Repeat("long", 200) + `"}]`},
	"tuples and symbols": {`[{:db/ident :p/at :db/valueType :db.type/tuple :db/tupleTypes [:db.type/long :db.type/string] :db/cardinality :db.cardinality/one}
		{:db/ident :p/s :db/valueType :db.type/symbol :db/cardinality :db.cardinality/one}]`, `[{:p/at [1 "it's"] :p/s x}]`},
	"every type": {sampleSchema, sampleData},
}

func TestReadmeOfOddSchemas(t *testing.T) {
	for name, steps := range oddSchemas {
		s := newSample(t)
		for _, step := range steps {
			s.tx(step)
		}
		runReadme(t, name, s, 8)
	}
}

func TestReadmeOfRandomSchemas(t *testing.T) {
	for seed := range uint64(12) {
		s := newSample(t)
		schema, data := randomSchema(rand.New(rand.NewPCG(seed, 0)))
		s.tx(schema)
		s.tx(data)
		runReadme(t, fmt.Sprint("seed ", seed, schema), s, 8)
	}
}

func TestReadmeWithMixedTypes(t *testing.T) {
	s := newSampleWith(t, engine.Options{SchemaOnRead: true})
	s.tx(`[{:a "x" :b/c 3 :b/d [1]} {:a 5 :b/c "it's" :e 1}]`)
	runReadme(t, "schema on read", s, 8)
}

// randomSchema is a schema of few attributes with names of all characters that a keyword can have, and one entity for each
// attribute and one with all.
func randomSchema(r *rand.Rand) (schema, data string) {
	const letters = `abcxyz019.*+!-_?$%&=<>'#Äλ中😀`
	name := func(most int) string {
		out := []rune{'k'}
		for range r.IntN(most) {
			out = append(out, []rune(letters)[r.IntN(len([]rune(letters)))])
		}
		return strings.TrimRight(string(out), ".")
	}
	values := map[string][]string{
		"string":  {`"it's"`, `"$(x) \\ \"q\""`, `""`, `"` + strings.Repeat("é", 30) + `"`},
		"long":    {"-5", "9223372036854775807"},
		"bigint":  {"12345678901234567890N"},
		"bigdec":  {"1.50M", "-0.001M"},
		"boolean": {"true", "false"},
		"keyword": {":it's/x", ":b"},
		"instant": {`#inst "1969-12-31T23:59:59.999Z"`},
		"uuid":    {`#uuid "00000000-0000-4000-8000-000000000000"`},
		"double":  {"1e300", "-0.25"},
		"float":   {"0.5"},
		"bytes":   {`#bytes "27"`},
		"ref":     {`"other"`},
	}
	types := slices.Sorted(maps.Keys(values))
	var attrs, single, all strings.Builder
	kind := name(30)
	seen := map[string]bool{}
	for range 1 + r.IntN(9) {
		if r.IntN(4) == 0 {
			kind = name(30)
		}
		ident := ":" + kind + "/" + name(60)
		if seen[ident] {
			continue
		}
		seen[ident] = true
		typ := types[r.IntN(len(types))]
		unique := ""
		if r.IntN(3) == 0 && typ != "ref" && typ != "bytes" && typ != "double" && typ != "float" {
			unique = ":db/unique :db.unique/identity"
		}
		some := values[typ]
		value := some[r.IntN(len(some))]
		fmt.Fprintf(&attrs, "{:db/ident %s :db/valueType :db.type/%s :db/cardinality :db.cardinality/%s %s}\n", ident, typ, []string{"one", "many"}[r.IntN(2)], unique)
		fmt.Fprintf(&all, " %s %s", ident, value)
		if unique == "" {
			fmt.Fprintf(&single, "{%s %s}\n", ident, value)
		}
	}
	return "[" + attrs.String() + "]", `[{:db/id "other"` + all.String() + "}" + single.String() + "]"
}

// TestReadmeOfLongNames is about attributes that are too long to be named: the queries name an entity instead.
func TestReadmeOfLongNames(t *testing.T) {
	s := newSample(t)
	ident := ":" + strings.Repeat("a", 150) + "/" + strings.Repeat("b", 100)
	s.tx("[{:db/ident " + ident + " :db/valueType :db.type/string :db/cardinality :db.cardinality/one}]")
	s.tx("[{" + ident + ` "x"}]`)
	runReadme(t, "long names", s, 8)
}
