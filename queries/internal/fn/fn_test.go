package fn

import (
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
)

// call evaluates a form such as (+ 1 2).
func call(t *testing.T, text string) (edn.Value, error) {
	t.Helper()
	form, err := edn.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	items := form.Items()
	f, ok := Find(items[0].Text())
	if !ok {
		t.Fatalf("there is no function %v", items[0])
	}
	return f.Call(NewEnv(func() error { return nil }), items[1:])
}

// calls has at least one call of every function.
var calls = []struct{ call, want string }{
	{"(= 1 1 1)", "true"}, {"(= 1 1.0)", "false"}, {"(= 1 1N)", "true"}, {"(= [1 2] (1 2))", "true"}, {`(= "a" :a)`, "false"},
	{"(== 1 1.0 1M)", "true"}, {"(not= 1 2)", "true"}, {"(!= 1 1)", "false"}, {"(-differ? 1 2 1 2)", "false"}, {"(-differ? 1 2 1 3)", "true"},
	{"(< 1 2 3)", "true"}, {"(< 1 2 2)", "false"}, {"(<= 1 2 2)", "true"}, {"(< 1 1.5)", "true"}, {"(> 2 1.5M)", "true"}, {`(< "a" "b")`, "true"},
	{`(> #inst "2021-01-01" #inst "2020-01-01")`, "true"}, {"(< :a :b)", "true"}, {"(< 1 ##NaN)", "false"}, {"(>= ##NaN 1)", "false"}, {"(< [9] [1 2])", "true"},
	{"(< 9007199254740992 9007199254740993.0)", "false"}, {"(< 9007199254740993 9007199254740992.0)", "false"}, {"(> 9007199254740993 9007199254740992.0)", "true"},
	{"(= 1E-400M 0.0)", "false"}, {"(< 0 1E-1000000M)", "true"},
	{"(compare 1 2)", "-1"}, {"(compare nil 1)", "-1"}, {`(compare "b" "a")`, "1"}, {"(compare [1 2] [1])", "1"},
	{`(before? #inst "2020" #inst "2021")`, "true"}, {`(after? #inst "2020" #inst "2021")`, "false"},
	{"(identical? [1] (1))", "true"}, {"(identical? 1 1.0)", "false"},

	{"(+)", "0"}, {"(+ 1 2 3)", "6"}, {"(+ 1 2.5)", "3.5"}, {"(+ 1 2N)", "3N"}, {"(+ 1.50M 1)", "2.50M"}, {"(+ 9223372036854775807N 1)", "9223372036854775808N"},
	{"(*)", "1"}, {"(* 2 3 4)", "24"}, {"(* -9223372036854775808 1)", "-9223372036854775808"}, {"(* 1.5M 2.0M)", "3.00M"},
	{"(- 5)", "-5"}, {"(- 5 2 1)", "2"}, {"(- 1.0M 0.25M)", "0.75M"},
	{"(/ 6 3)", "2"}, {"(/ 7 2)", "3.5"}, {"(/ 2)", "0.5"}, {"(/ 1M 8)", "0.125M"}, {"(/ 6.0 4)", "1.5"}, {"(/ 6N 3)", "2N"},
	{"(quot -7 2)", "-3"}, {"(rem -7 2)", "-1"}, {"(mod -7 2)", "1"}, {"(mod 7 -2)", "-1"}, {"(mod -6 2)", "0"}, {"(quot 7.5 2)", "3.0"}, {"(rem 7.5 2)", "1.5"},
	{"(mod -7.5 2)", "0.5"}, {"(rem -9223372036854775808 -1)", "0"}, {"(mod 7N 4)", "3N"}, {"(rem 7.5M 2)", "1.5M"},
	{"(inc 1)", "2"}, {"(dec 1.5)", "0.5"}, {"(max 1 2.5 2)", "2.5"}, {"(min 3 1 2)", "1"}, {"(max 1 ##NaN)", "##NaN"},
	{"(zero? 0.0)", "true"}, {"(zero? 0M)", "true"}, {"(zero? ##NaN)", "false"}, {"(pos? 1N)", "true"}, {"(neg? -0.5)", "true"}, {"(even? 4N)", "true"}, {"(odd? -3)", "true"},

	{"(true? true)", "true"}, {"(true? 1)", "false"}, {"(false? false)", "true"}, {"(nil? nil)", "true"}, {"(some? false)", "true"}, {"(not nil)", "true"}, {"(not 0)", "false"},
	{"(and 1 false 2)", "false"}, {"(and)", "true"}, {"(and 1 2)", "2"}, {"(or nil false)", "false"}, {"(or nil 3)", "3"}, {"(or)", "nil"},
	{"(identity :x)", ":x"}, {"(ground [1 2])", "[1 2]"}, {"(meta [1])", "nil"}, {"(type 1)", ":db.type/long"}, {"(type nil)", "nil"}, {`(type "x")`, ":db.type/string"},

	{"(vector 1 nil)", "[1 nil]"}, {"(tuple 1 :k)", "[1 :k]"}, {"(untuple [1 2])", "[1 2]"}, {"(list 1 2)", "(1 2)"},
	{"(set [1 2 2])", "#{1 2}"}, {"(hash-map :a 1 :b 2 :a 3)", "{:a 3, :b 2}"}, {"(array-map)", "{}"}, {`(count "größe")`, "5"}, {"(count nil)", "0"}, {"(count {:a 1})", "1"},
	{"(range 3)", "(0 1 2)"}, {"(range 1 3)", "(1 2)"}, {"(range 5 1 -2)", "(5 3)"}, {"(range 0 1 0.5)", "(0 0.5)"}, {"(range 1 1 0)", "()"},
	{"(empty? [])", "true"}, {"(empty? nil)", "true"}, {"(not-empty [])", "nil"}, {"(not-empty [1])", "[1]"},
	{"(contains? {:a nil} :a)", "true"}, {"(contains? #{1} 2)", "false"}, {"(contains? [5] 0)", "true"}, {"(contains? nil 1)", "false"}, {`(contains? "ab" 1)`, "true"},
	{"(get {:a 1} :a)", "1"}, {"(get {:a 1} :b 7)", "7"}, {"(get [5 6] 1)", "6"}, {"(get nil 1)", "nil"}, {"(get #{3} 3)", "3"}, {"(get [5] -1)", "nil"},

	{"(name :a/b)", `"b"`}, {"(namespace :a/b)", `"a"`}, {"(namespace :b)", "nil"}, {`(name "s")`, `"s"`}, {`(keyword "a" "b")`, ":a/b"}, {`(keyword "a")`, ":a"}, {"(name /)", `"/"`},

	{`(str "a" 1 :k nil \c 2.5 3N 1.5M [1 "x"])`, `"a1:kc2.531.5[1 \"x\"]"`}, {`(str #inst "2020-01-02")`, `"2020-01-02T00:00:00.000Z"`}, {"(str ##Inf ##-Inf ##NaN)", `"Infinity-InfinityNaN"`},
	{`(str #uuid "00000000-0000-0000-0000-000000000001")`, `"00000000-0000-0000-0000-000000000001"`},
	{`(pr-str "a" :b)`, `"\"a\" :b"`}, {`(print-str ["a" {:b "c"}])`, `"[a {:b c}]"`}, {`(println-str 1)`, `"1\n"`}, {`(prn-str "x")`, `"\"x\"\n"`},
	{`(subs "größe" 2)`, `"öße"`}, {`(subs "abc" 1 2)`, `"b"`},
	{`(clojure.string/lower-case "AbC")`, `"abc"`}, {`(clojure.string/upper-case "abc")`, `"ABC"`}, {`(clojure.string/trim "  x ")`, `"x"`},
	{`(clojure.string/starts-with? "abc" "ab")`, "true"}, {`(clojure.string/ends-with? "abc" "bc")`, "true"}, {`(clojure.string/includes? "abc" "x")`, "false"},
	{`(clojure.string/blank? " \n")`, "true"}, {"(clojure.string/blank? nil)", "true"}, {`(clojure.string/join ", " [1 "a" :b])`, `"1, a, :b"`}, {"(clojure.string/join [1 2])", `"12"`},
	{`(clojure.string/split "a,b,,c,," ",")`, `["a" "b" "" "c"]`}, {`(clojure.string/split "a1b2c" "\\d" 2)`, `["a" "b2c"]`}, {`(clojure.string/split "" ",")`, `[""]`},
	{`(clojure.string/replace "a.b.c" "." "-")`, `"a-b-c"`}, {`(clojure.string/replace "a1b22" #regex "(\\d+)" "<$1>")`, `"a<1>b<22>"`},
	{`(re-find "b+" "abbc")`, `"bb"`}, {`(re-find "(a)(x)?" "ab")`, `["a" "a" nil]`}, {`(re-find "z" "ab")`, "nil"}, {`(re-matches "a.*" "abc")`, `"abc"`}, {`(re-matches "b" "abc")`, "nil"},
	{`(re-seq "\\d" "a1b2")`, `("1" "2")`}, {`(re-pattern "a")`, `#regex "a"`}, {`(clojure.core/inc 1)`, "2"},

	{"(first [1 2])", "1"}, {"(first [])", "nil"}, {"(second [1 2])", "2"}, {"(last [1 2])", "2"}, {"(last nil)", "nil"}, {"(rest [1 2 3])", "(2 3)"}, {"(rest [])", "()"},
	{"(nth [5 6] 1)", "6"}, {"(nth [5] 3 :none)", ":none"}, {"(reverse [1 2])", "(2 1)"}, {"(sort [3 1 2.5])", "(1 2.5 3)"}, {"(distinct [1 2 1])", "(1 2)"},
	{"(keys {:a 1 :b 2})", "(:a :b)"}, {"(vals {:a 1 :b 2})", "(1 2)"}, {"(first {:a 1})", "[:a 1]"}, {`(first "ab")`, `\a`},

	{`(string? "a")`, "true"}, {"(string? :a)", "false"}, {"(keyword? :a)", "true"}, {"(symbol? a)", "true"}, {"(boolean? false)", "true"}, {`(char? \a)`, "true"},
	{"(number? 1M)", "true"}, {"(number? nil)", "false"}, {"(integer? 1N)", "true"}, {"(int? 1N)", "false"}, {"(float? 1.0)", "true"}, {"(double? 1)", "false"}, {"(decimal? 1M)", "true"},
	{`(inst? #inst "2020")`, "true"}, {`(uuid? #uuid "00000000-0000-0000-0000-000000000001")`, "true"}, {`(bytes? #bytes "00")`, "true"},
	{"(vector? [])", "true"}, {"(list? ())", "true"}, {"(set? #{})", "true"}, {"(map? {})", "true"}, {"(sequential? ())", "true"}, {"(sequential? #{})", "false"}, {"(coll? {})", "true"},

	{"(abs -3)", "3"}, {"(abs 2.5)", "2.5"}, {"(abs -1.5M)", "1.5M"}, {"(long 2.9)", "2"}, {"(long -2.9)", "-2"}, {"(long 2.9M)", "2"}, {"(long 3N)", "3"}, {"(double 1)", "1.0"}, {"(double 1.5M)", "1.5"},
	{"(tx->t 13194139533314)", "2"}, {"(t->tx 2)", "13194139533314"}, {"(datomic.api/tx->t 13194139533314)", "2"},
	{`(symbol "a")`, "a"}, {`(symbol "a" "b")`, "a/b"}, {`(inst-ms #inst "1970-01-01T00:00:01Z")`, "1000"}, {`(clojure.edn/read-string "[1 :a]")`, "[1 :a]"},
	{`(clojure.string/triml " a ")`, `"a "`}, {`(clojure.string/trimr " a ")`, `" a"`}, {`(clojure.string/capitalize "éCOLE")`, `"École"`}, {`(clojure.string/capitalize "")`, `""`},
	{`(clojure.string/reverse "aé")`, `"éa"`}, {`(clojure.string/index-of "größe" "e")`, "4"}, {`(clojure.string/index-of "a" "b")`, "nil"},

	{`(.contains "abc" "b")`, "true"}, {`(.startsWith "abc" "ab")`, "true"}, {`(.endsWith "abc" "x")`, "false"}, {`(.compareTo "a" "b")`, "-1"}, {`(.equals "a" "a")`, "true"},
	{`(.indexOf "abc" "c")`, "2"}, {`(.isEmpty "")`, "true"}, {`(.length "abc")`, "3"}, {`(.substring "abc" 1)`, `"bc"`}, {`(.toLowerCase "A")`, `"a"`}, {`(.toUpperCase "a")`, `"A"`},
	{"(.toString 1)", `"1"`}, {`(.trim " a ")`, `"a"`}, {`(.before #inst "2020" #inst "2021")`, "true"}, {`(.after #inst "2020" #inst "2021")`, "false"}, {`(.getTime #inst "1970")`, "0"},
}

func TestFunctions(t *testing.T) {
	for _, c := range calls {
		got, err := call(t, c.call)
		if err != nil {
			t.Errorf("%s: %v", c.call, err)
			continue
		}
		if got.String() != c.want {
			t.Errorf("%s = %v, want %s", c.call, got, c.want)
		}
	}
}

// specified are the functions that the language has by its specification; those that ask sources are tested with queries.
const specified = `= == not= != < > <= >= + - * / quot rem mod inc dec max min zero? pos? neg? even? odd? compare rand rand-int true? false? nil? some? not and or
identical? identity meta name namespace type vector list set hash-map array-map count range not-empty empty? contains? str pr-str print-str println-str prn-str subs
re-find re-matches re-seq -differ? get-else get-some missing? ground before? after? tuple untuple q
clojure.string/lower-case clojure.string/upper-case clojure.string/starts-with? clojure.string/ends-with? clojure.string/includes? clojure.string/split
clojure.string/join clojure.string/trim clojure.string/blank? clojure.string/replace`

func TestEveryFunction(t *testing.T) {
	for _, name := range strings.Fields(specified) {
		if _, ok := Find(name); !ok {
			t.Errorf("there is no function %s", name)
		}
	}
	tested := map[string]bool{"rand": true, "rand-int": true} // TestRandom
	for _, c := range calls {
		name, _, _ := strings.Cut(strings.Trim(c.call, "()"), " ")
		tested[name] = true
	}
	for _, name := range append(Names(), Methods()...) {
		if f, _ := Find(name); f.Kind == Pure && !tested[name] {
			t.Errorf("no case calls %s", name)
		}
	}
}

func TestEveryAggregate(t *testing.T) {
	for _, name := range strings.Fields("sum avg median variance stddev min max count count-distinct distinct rand sample") {
		if _, ok := FindAggregate(name); !ok || !slices.ContainsFunc(folds, func(c aggregateCase) bool { return c.name == name }) {
			t.Errorf("the aggregate %s is missing or no case has it", name)
		}
	}
	for _, name := range []string{"min", "max", "rand", "sample"} {
		if a, _ := FindAggregate(name); !a.Counted {
			t.Errorf("(%s 2 ?x) is refused", name)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ call, want string }{
		{"(+ 9223372036854775807 1)", "overflow"}, {"(- -9223372036854775808 1)", "overflow"}, {"(* 9223372036854775807 2)", "overflow"}, {"(* -9223372036854775808 -1)", "overflow"},
		{"(inc 9223372036854775807)", "overflow"}, {"(quot -9223372036854775808 -1)", "overflow"}, {"(- -9223372036854775808)", "overflow"},
		{"(/ 1 0)", "divide by zero"}, {"(/ 1.0 0.0)", "divide by zero"}, {"(quot 1 0)", "divide by zero"}, {"(mod 1 0)", "divide by zero"}, {"(/ 1M 3)", "no end"},
		{"(+ 1M 1E-1000000M)", "too many digits"}, {`(+ 1 "a")`, "no number"}, {"(inc nil)", "no number"}, {"(== 1 :a)", "no number"}, {"(zero? :a)", "no number"},
		{`(< 1 "a")`, "cannot compare"}, {"(< nil 1)", "cannot compare"}, {"(< {} {})", "cannot compare"}, {`(compare :a "a")`, "cannot compare"}, {"(before? 1 2)", "no instant"},
		{"(even? 1.0)", "no integer"}, {"(rand-int 0)", "positive"}, {"(range 10000000)", "range of more"}, {"(range 0 10 0)", "no end"}, {"(count 5)", "no collection"}, {"(contains? 5 1)", "does not work"},
		{"(hash-map 1)", "no value"}, {"(untuple 1)", "no tuple"}, {"(name 1)", "no name"}, {`(namespace "a")`, "no namespace"}, {"(keyword 1)", "cannot become"}, {"(symbol 1)", "a symbol"},
		{"(tx->t 2)", "no transaction"}, {"(t->tx -1)", "no t"},
		{"(nth [1] 5)", "no item"}, {"(nth [1] :a)", "integer"}, {"(first 1)", "no collection"}, {`(sort [1 "a"])`, "cannot compare"}, {"(keys [1])", "want a map"}, {"(abs :a)", "no number"},
		{"(long ##NaN)", "overflow"}, {"(long 1e30)", "overflow"}, {"(long 9223372036854775808N)", "overflow"}, {`(double "1")`, "no number"}, {"(inst-ms 1)", "no instant"},
		{`(clojure.edn/read-string "(")`, "1:1"}, {"(clojure.string/capitalize 1)", "no string"}, {`(clojure.string/index-of "a" 1)`, "no string"},
		{`(subs "abc" 2 1)`, "characters"}, {`(subs "abc" 0 9)`, "characters"}, {"(subs 1 2)", "no string"}, {"(clojure.string/trim 1)", "no string"}, {"(clojure.string/join 1)", "no collection"},
		{`(re-find "(?=a)" "a")`, "look-around"}, {`(re-find "(" "a")`, "RE2"}, {`(re-find "a" 1)`, "no string"}, {"(re-pattern 1)", "no string"},
	} {
		if got, err := call(t, c.call); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s gave %v and the error %v, want one with %q", c.call, got, err, c.want)
		}
	}
}

func TestRandom(t *testing.T) {
	for range 100 {
		if v, err := call(t, "(rand-int 3)"); err != nil || v.Int() < 0 || v.Int() > 2 {
			t.Fatalf("(rand-int 3) = %v, %v", v, err)
		}
		if v, err := call(t, "(rand 2)"); err != nil || v.Float() < 0 || v.Float() >= 2 {
			t.Fatalf("(rand 2) = %v, %v", v, err)
		}
	}
}

// aggregateOf runs an aggregate over the values in a text.
func aggregateOf(t *testing.T, name, args, values string) (edn.Value, error) {
	t.Helper()
	a, ok := FindAggregate(name)
	if !ok {
		t.Fatalf("there is no aggregate %s", name)
	}
	parse := func(text string) []edn.Value {
		v, err := edn.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return v.Items()
	}
	s, err := a.Start(parse(args))
	if err != nil {
		return edn.Value{}, err
	}
	for _, v := range parse(values) {
		if err := s.Add(v); err != nil {
			return edn.Value{}, err
		}
	}
	return s.Result()
}

type aggregateCase struct{ name, args, values, want string }

// folds has at least one case of every aggregate.
var folds = []aggregateCase{
	{"count", "[]", "[1 1 nil]", "3"}, {"count-distinct", "[]", "[1 1 2]", "2"}, {"distinct", "[]", "[3 1 3]", "#{1 3}"},
	{"sum", "[]", "[1 2 3]", "6"}, {"sum", "[]", "[1 2.5]", "3.5"}, {"sum", "[]", "[1 2N]", "3N"}, {"sum", "[]", "[1 2.50M]", "3.50M"},
	{"sum", "[]", "[9223372036854775807 1 -1]", "9223372036854775807"}, {"sum", "[]", "[1e100 1.0 -1e100]", "1.0"},
	{"avg", "[]", "[1 2]", "1.5"}, {"avg", "[]", "[2]", "2.0"}, {"median", "[]", "[3 1 2]", "2.0"}, {"median", "[]", "[4 1 2 3]", "2.5"},
	{"variance", "[]", "[1 3]", "1.0"}, {"stddev", "[]", "[1 3]", "1.0"},
	{"min", "[]", "[2 1.5 3]", "1.5"}, {"max", "[]", `["a" "c" "b"]`, `"c"`}, {"min", "[]", "[1.0 1]", "1"}, {"max", "[]", "[1 1.0]", "1.0"},
	{"min", "[2]", "[3 1 2]", "[1 2]"}, {"max", "[2]", "[3 1 2]", "[2 3]"}, {"max", "[9]", "[3 1]", "[1 3]"}, {"min", "[0]", "[3]", "[]"},
	{"rand", "[]", "[7]", "7"}, {"rand", "[3]", "[7]", "[7 7 7]"}, {"sample", "[3]", "[7 7]", "[7]"},
}

func TestAggregates(t *testing.T) {
	for _, c := range folds {
		got, err := aggregateOf(t, c.name, c.args, c.values)
		if err != nil || got.String() != c.want {
			t.Errorf("%s %s of %s = %v, %v, want %s", c.name, c.args, c.values, got, err, c.want)
		}
	}
}

func TestAggregateRefusals(t *testing.T) {
	for _, c := range []struct{ name, args, values, want string }{
		{"sum", "[]", "[9223372036854775807 1]", "overflow"}, {"sum", "[]", `["a"]`, "no number"}, {"avg", "[]", "[:a]", "no number"},
		{"min", "[]", `[1 "a"]`, "cannot compare"}, {"max", "[2]", `[1 "a"]`, "cannot compare"}, {"min", "[:x]", "[1]", "wants a count"}, {"rand", "[9999999]", "[1]", "more than"},
	} {
		if got, err := aggregateOf(t, c.name, c.args, c.values); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s of %s gave %v and the error %v, want one with %q", c.name, c.args, c.values, got, err, c.want)
		}
	}
}

// Two values have one key exactly when they join.
func TestKey(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"[1 2]", "(1 2)", true}, {"#{1 2}", "#{2 1}", true}, {"{:a 1 :b 2}", "{:b 2 :a 1}", true}, {"0.0", "-0.0", true}, {"##NaN", "##NaN", true},
		{"1", "1.0", false}, {"1", "1N", false}, {"1.0M", "1.00M", false}, {`"a"`, ":a", false}, {`"a"`, "a", false}, {"[[1] 2]", "[1 [2]]", false}, {"[]", "#{}", false}, {"#{[1]}", "{1 1}", false},
		{`#uri "a"`, `"a"`, false}, {`["a b"]`, `["a" "b"]`, false},
	} {
		a, err := edn.Parse(c.a)
		b, err2 := edn.Parse(c.b)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if (Key(a) == Key(b)) != c.same {
			t.Errorf("%s and %s: keys %q and %q", c.a, c.b, Key(a), Key(b))
		}
	}
}
