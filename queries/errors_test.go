package queries_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
	"github.com/ipfs/go-cid"
)

const peopleSchema = `[
 {:db/ident :person/name :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
 {:db/ident :person/email :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :person/age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
 {:db/ident :person/friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}]`

const peopleData = `[
 {:db/id 1 :person/name "Ada" :person/email "ada@x.org" :person/age 36}
 {:db/id 2 :person/name "Ben" :person/email "ben@x.org" :person/age 24 :person/friend [1]}
 {:db/id 3 :person/name "Ada" :person/age 24 :person/friend [1 2]}]`

// refused is the error of a query over the people, by either evaluator.
func refused(t *testing.T, text string, args ...string) *queries.Error {
	t.Helper()
	err := ask(t, text, args...)
	var e *queries.Error
	if !errors.As(err, &e) {
		t.Fatalf("%s: got the error %v, want a *queries.Error", text, err)
	}
	return e
}

// ask runs a query over the people with both evaluators and returns the error, which must be the same.
func ask(t *testing.T, text string, args ...string) error {
	t.Helper()
	q, err := queries.Parse(text)
	if err != nil {
		return err
	}
	inputs := []queries.Input{queries.DB(newDB(t, engine.Options{}, peopleSchema, peopleData))}
	for _, a := range args {
		inputs = append(inputs, queries.Value(parse(a)))
	}
	_, err = queries.Run(context.Background(), q, inputs, queries.Limits{})
	_, naive := queries.RunNaive(context.Background(), q, inputs, queries.Limits{})
	if fmt.Sprint(err) != fmt.Sprint(naive) {
		t.Errorf("%s: Run gives the error %v, RunNaive %v", text, err, naive)
	}
	return err
}

// errorCase is a query that is refused.
type errorCase struct {
	text string
	code string
	at   string // line:column
	hint string // part of it
	args []string
}

// refusedEarly are the queries that are refused before any data is read.
var refusedEarly = []errorCase{
	{"[:find ?e\n :where [?e :person/nmae _]]", "unknown-attribute", "2:13", "did you mean :person/name?", nil},
	{"[:find ?e :where [?e :zebra _]]", "unknown-attribute", "1:22", "", nil},
	{"[:find ?e :where [?e :db/id _]]", "unknown-attribute", "1:22", "stands first", nil},
	{"[:find ?e :where [?e \"name\" _]]", "syntax", "1:22", "keywords", nil},
	{"[:find ?nmae :where [_ :person/name ?name]]", "unknown-var", "1:8", "did you mean ?name?", nil},
	{"[:find _ :where [_ :person/name ?name]]", "syntax", "1:8", "_ stands for any value and has none: give it a name, such as ?x, here and in :where", nil},
	{"[:find (count ?n) . :with ?zz :where [_ :person/name ?n]]", "unknown-var", "1:21", "", nil},
	{"[:find ?n :with ?n :where [_ :person/name ?n]]", "with-overlaps-find", "1:17", "leave it out", nil},
	{"[:find ?e :where [$b ?e :person/name _]]", "unknown-source", "1:18", ":in $b", nil},
	{"[:find ?e :in $base :where [$bas ?e :person/name _]]", "unknown-source", "1:28", "did you mean $base?", nil},
	{"[:find (pull $b ?e [*]) :where [?e :person/name _]]", "unknown-source", "1:8", "", nil},
	{"[:find ?e :where [?e :person/name ?n] [(strat-with? ?n)]]", "unknown-fn", "1:41", "did you mean clojure.string/starts-with??", nil},
	{"[:find ?e :where [?e :person/name ?n] [(cont ?n) ?c]]", "unknown-fn", "1:41", "did you mean count?", nil},
	{"[:find ?e :where [?e :person/name ?n] [(?f ?n)]]", "unknown-fn", "1:41", "not values", nil},
	{"[:find ?e :where [?e :person/name ?n] [(.hashCode ?n) ?c]]", "unknown-fn", "1:41", ".startsWith", nil},
	{"[:find ?e :where [?e :person/name ?n] [(complement ?n) ?c]]", "unknown-fn", "1:41", "((complement even?) ?x)", nil},
	{"[:find ?e :where [?e :person/age ?n] [(inc ?n 1) ?c]]", "fn-arity", "1:39", "inc wants one", nil},
	{"[:find ?e :where [?e :person/age ?n] [(inc (dec ?n)) ?c]]", "syntax", "1:44", "bind it before", nil},
	{"[:find ?e :where [?e :person/age ?n] [(get [?n] 0) ?c]]", "syntax", "1:45", "make the value first", nil},
	{"[:find (sum 1 ?n) :where [_ :person/age ?n]]", "fn-arity", "1:8", "(sum ?x)", nil},
	{"[:find (mean ?n) :where [_ :person/age ?n]]", "unknown-aggregate", "1:9", "", nil},
	{"[:find (smu ?n) :where [_ :person/age ?n]]", "unknown-aggregate", "1:9", "did you mean sum?", nil},
	{"[:find ?e :where (adult ?e)]", "missing-rules", "1:18", "%", nil},
	{"[:find ?e :in $ % :where (adlt ?e)]", "unknown-rule", "1:26", "did you mean adult?", []string{"[[(adult ?e) [?e :person/age _]]]"}},
	{"[:find ?e :in $ % :where (adult ?e 1)]", "rule-arity", "1:26", "", []string{"[[(adult ?e) [?e :person/age _]]]"}},
	{"[:find ?e :in $ % :where (p ?e)]", "recursive-not", "1:34", "take p out", []string{"[[(p ?x) [?x :person/age _] (not (p ?x))]]"}},
	{"[:find ?e :in $ ?x :where [?e :person/age ?x]]", "input-arity", "1:15", "", nil},
	{"[:find ?e :in $ :where [?e :person/age _]]", "input-arity", "1:15", "", []string{"1"}},
	{"[:find ?e :in $ [?x ?y] :where [?e :person/age ?x]]", "bind-arity", "1:17", "", []string{"[1]"}},
	{"[:find ?e :in $ [?x ...] :where [?e :person/age ?x]]", "bad-input", "1:17", "", []string{"1"}},
	{"[:find ?e :in $ $c :where [$c ?e]]", "bad-input", "1:17", "", []string{"[1 2]"}},
	{"[:find ?e :in ?d $ :where [?e :person/age _]]", "bad-input", "1:15", "begin with $", []string{"[]"}},
	{"[:find ?a ?b :keys a :where [?a :person/friend ?b]]", "return-map-arity", "1:14", "", nil},
	{"[:find ?a . :keys a :where [?a :person/friend _]]", "return-map-find-form", "1:13", "", nil},
	{"[:find ?a ?b :keys a a :where [?a :person/friend ?b]]", "syntax", "1:22", "", nil},
	{"[:find ?e :where [(> ?a 20)] [?e :person/name ?n]]", "insufficient-bindings", "1:18", "?a", nil},
	{"[:find ?e :where (not [?e :person/name _])]", "insufficient-bindings", "1:18", "?e", nil},
	{"[:find ?e :where [?e :person/name _] (not [?x :person/age 1])]", "insufficient-bindings", "1:38", "?x", nil},
	{"[:find ?x :where [?e :person/name _] (not [?e :person/age ?x])]", "insufficient-bindings", "1:8", "?x", nil},
	{"[:find ?e :where (or-join [[?a] ?e] [(+ ?a 1) ?e])]", "insufficient-bindings", "1:18", "?a", nil},
	{"[:find ?e :where (or [?e :person/name ?n] [?e :person/age ?a])]", "or-vars-mismatch", "1:18", "(or-join [?e] …)", nil},
	{"[:find ?e :where [?e :person/name _] (or-join [?e ?n] [?e :person/age _])]", "or-vars-mismatch", "1:38", "", nil},
	{"[:find ?e :where [?e :person/name _] (not-join [?n] [?e :person/age _])]", "unknown-var", "1:38", "", nil},
	{"[:find ?v :where [[:person/name \"Ada\"] :person/age ?v]]", "lookup-not-unique", "1:19", "", nil},
	{"[:find ?v :where [\"Ada\" :person/age ?v]]", "syntax", "1:19", "lookup ref", nil},
	{"[:find ?v :where [?e :person/age ?v 1 2 3]]", "syntax", "1:18", "", nil},
	{"[:find ?v :where [?e :person/age ?v :x]]", "syntax", "1:37", "", nil},
	{"[:find ?v :where [?e :person/age ?v _ 1]]", "syntax", "1:39", "", nil},
	{"[:find ?v :where [?e :person/age nil] [?e :person/name ?v]]", "syntax", "1:34", "missing?", nil},
	{"[:find ?v :where [?e :person/name _] [(get-else $ ?e :person/age nil) ?v]]", "nil-default", "1:66", "", nil},
	{"[:find ?v :where [?e :person/name _] [(get-else $ ?e :person/aeg 1) ?v]]", "unknown-attribute", "1:54", ":person/age", nil},
	{"[:find ?v :where [?e :person/name _] [(missing? ?e :person/age 1)]]", "syntax", "1:49", "(missing? $ …)", nil},
	{"[:find ?v :where [?e :person/name _] [(q [:find ?x :where [?x :person/aeg _]] $) ?v]]", "unknown-attribute", "1:63", "", nil},
	{"[:find ?v :where [?e :person/name _] [(q [:find ?x :in $ ?y :where [?x :person/age ?y]] $) ?v]]", "input-arity", "1:42", "", nil},
	{"[:find (pull ?e [:person/nmae]) :where [?e :person/name _]]", "unknown-attribute", "1:18", ":person/name", nil},
	{"[:find (pull ?e [{:person/name [*]}]) :where [?e :person/name _]]", "bad-pattern", "1:19", "", nil},
	{"[:find (pull ?e [(:person/name :limt 1)]) :where [?e :person/name _]]", "bad-pattern", "1:32", ":limit", nil},
	{"[:find ?n :where [?e :person/name ?n]", "syntax", "", "", nil},
	{"{:find [?n] :wehre []}", "syntax", "1:13", "did you mean :where?", nil},
	{"[:find ?n :find ?n :where [_ :person/name ?n]]", "syntax", "1:11", "", nil},
	{"[?n :where [_ :person/name ?n]]", "syntax", "1:2", "", nil},
	{"42", "syntax", "1:1", ":find", nil},
	{"[:where [_ :person/name ?n]]", "syntax", "1:1", "", nil},
	{"[:find ?n :order-by ?m :where [_ :person/name ?n] [_ :person/age ?m]]", "unknown-var", "1:21", "", nil},
	{"[:find ?n :order-by 1 :where [_ :person/name ?n]]", "unknown-var", "1:21", "first column is 0", nil},
	{"[:find ?n :limit x :where [_ :person/name ?n]]", "syntax", "1:18", "", nil},
	{"{:query [:find ?n :where [_ :person/name ?n]] :find [?x]}", "syntax", "1:47", "", nil},
	{"{:query [:find ?n :where [_ :person/name ?n]] :sources {$x \"main\"}}", "unknown-source", "1:57", "", nil},
	{"[:find ?n :where " + strings.Repeat("(not ", 21) + "[_ :person/name ?n]" + strings.Repeat(")", 21) + "]", "syntax", "1:113", "make a rule", nil},
	{"[:find ?e ?v :in $ ?a :where [?e ?a ?v]]", "unknown-attribute", "1:20", "did you mean :person/age?", []string{":person/aeg"}},
	{"[:find ?e ?v :in $ [[_ ?a]] :where [?e :person/name] (or [?e ?a ?v] [?v ?a ?e])]", "unknown-attribute", "1:20", "did you mean :person/age?", []string{"[[1 :person/name] [2 :person/aeg]]"}},
	{"[:find ?v :in $ % :where (has 1 :person/aeg ?v)]", "unknown-attribute", "1:33", "did you mean :person/age?", []string{"[[(has ?e ?a ?v) [?e ?a ?v]]]"}},
	{"[:find ?v :in $ % ?a :where (had 1 ?a ?v)]", "unknown-attribute", "1:19", "did you mean :person/age?", []string{"[[(has ?e ?a ?v) [?e ?a ?v]] [(had ?e ?a ?v) (has ?e ?a ?v)]]", ":person/aeg"}},
	{"[:find ?e :where [?e person/age ?a]]", "syntax", "1:22", ":person/age", nil},
	{"[:find ?a :where [e :person/age ?a]]", "missing-rules", "1:18", "?e", nil},
	{"[:find e :where [e :person/age ?a]]", "syntax", "1:8", "?e", nil},
	{"[:find ?e :where ?e :person/age ?a]", "syntax", "1:21", "[?e :person/age ?v]", nil},
	{"[:find ?e :where [?e :person/age ?a] (> ?a 3)]", "missing-rules", "1:38", "[(> …)]", nil},
	{"[:find ?e :in $ % :where [?e :person/age ?a] (> ?a 3)]", "unknown-rule", "1:46", "[(> …)]", []string{"[]"}},
	{"[:find ?e ?a . :where [?e :person/age ?a]]", "syntax", "1:14", "only element", nil},
	{"[:select ?e :where [?e :person/age]]", "syntax", "1:2", ":find", nil},
	{"(d/q [:find ?e :where [?e :person/age]] db)", "syntax", "1:2", "alone", nil},
	{"[:find ?e :order-by ?a :where [?e :person/age ?a]]", "unknown-var", "1:21", "add ?a to :find", nil},
	{"[:find ?n :timout 5 :where [_ :person/name ?n]]", "syntax", "1:11", "did you mean :timeout?", nil},
	{"{:query [:find ?n :where [_ :person/name ?n]] :ofset 5}", "syntax", "1:47", "did you mean :offset?", nil},
	{"[:find ?n :order-by ?n :dsc :where [_ :person/name ?n]]", "syntax", "1:24", ":asc or :desc", nil},
	{"{:find [?n] :where [[_ :person/name ?n]] :order-by [?n :down]}", "syntax", "1:56", ":asc or :desc", nil},
	{"[:find ?name :order-by ?nmae :where [_ :person/name ?name]]", "unknown-var", "1:24", "did you mean ?name?", nil},
	{"[:find ?name :having [(> (count ?naem) 1)] :where [_ :person/name ?name]]", "unknown-var", "1:26", "did you mean ?name?", nil},
	{"[:find ?name :having [(= ?nmae 1)] :where [_ :person/name ?name]]", "unknown-var", "1:26", "did you mean ?name?", nil},
	{"[:find ?e :where [?e :person/age ?age] [(> ?aeg 20)]]", "insufficient-bindings", "1:40", "did you mean ?age?", nil},
	{"[:find ?e :in $ % :where (old ?e)]", "insufficient-bindings", "1:34", "did you mean ?age?", []string{"[[(old ?e) [?e :person/age ?age] [(> ?aeg 20)]]]"}},
	{"[:find ?e :where [?e :person/name ?name] (not-join [?nmae] [_ :person/name ?name])]", "unknown-var", "1:42", "did you mean ?name?", nil},
	{"[:find (pull ?e patern) :in $ pattern :where [?e :person/age 36]]", "unknown-var", "1:8", "did you mean pattern?", []string{"[:person/age]"}},
	{"[:find (pull ?e *) :where [?e :person/age 36]]", "bad-pattern", "1:17", "[*]", nil},
	{"[:find ?e :where [(fulltext $ :person/name \"Ada\") [[?e]]]]", "unknown-fn", "1:20", "includes?", nil},
	{"[:find ?e :in $old :where [$old ?e :person/name] ($odl not [?e :person/age 36])]", "unknown-source", "1:60", "did you mean $old?", nil},
	{"[:find ?e :in $ % :where ($b adult ?e)]", "unknown-source", "1:26", ":in $b", []string{"[[(adult ?e) [?e :person/age _]]]"}},
}

// refusedLate are those that are refused for what the data is.
var refusedLate = []errorCase{
	{"[:find ?v :where [[:person/email \"no@x.org\"] :person/age ?v]]", "lookup-missing", "1:19", "", nil},
	{"[:find ?v :in $ ?e :where [?e :person/age ?v]]", "lookup-missing", "1:17", "", []string{`[:person/email "no@x.org"]`}},
	{"[:find ?v :where [:no/ident :person/age ?v]]", "lookup-missing", "1:19", "", nil},
	{"[:find ?v :where [?v :person/friend [:person/email \"no@x.org\"]]]", "lookup-missing", "1:37", "", nil},
	{"[:find ?n :where [?e :person/name ?n] [(+ ?n 1) ?m]]", "value", "1:39", "", nil},
	{"[:find (sum ?n) :where [_ :person/name ?n]]", "value", "1:8", "", nil},
	{"[:find (min ?k ?a) . :in $ [?k ...] :where [_ :person/age ?a]]", "value", "1:8", "add ?k to :find", []string{"[1 2]"}},
	{"[:find (pull ?e ?p) :in $ ?p :where [?e :person/age 36]]", "bad-pattern", "1:8", "", []string{":x"}},
	{"[:find (pull ?e ?p) :in $ ?p :where [?e :person/age 36]]", "unknown-attribute", "1:8", ":person/age", []string{"[:person/aeg]"}},
	{"[:find ?e :where [?e :person/age ?a] [(vector ?a) [?b ?c]]]", "bind-arity", "1:51", "", nil},
}

func TestErrors(t *testing.T) {
	for _, c := range slices.Concat(refusedEarly, refusedLate) {
		e := refused(t, c.text, c.args...)
		at := fmt.Sprintf("%d:%d", e.Pos.Line, e.Pos.Col)
		if e.Code != "query/"+c.code || c.at != "" && at != c.at || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%s\n got %s at %s: %s (hint: %s)\nwant query/%s at %s with the hint %q", c.text, e.Code, at, e.Msg, e.Hint, c.code, c.at, c.hint)
		}
	}
}

// Each code that the package has is the code of one of the cases, or of a test of its own.
func TestErrorCodes(t *testing.T) {
	source, err := os.ReadFile("internal/lang/error.go")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := ""
	for _, name := range []string{"limits_test.go", "basis_test.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		elsewhere += string(text)
	}
	for _, m := range regexp.MustCompile(`= "query/([a-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
		has := func(c errorCase) bool { return c.code == m[1] }
		if !slices.ContainsFunc(refusedEarly, has) && !slices.ContainsFunc(refusedLate, has) && !strings.Contains(elsewhere, `"query/`+m[1]+`"`) {
			t.Errorf("no case has the code %s", m[1])
		}
	}
}

// blindable is a getter that can be made to fail.
type blindable struct {
	cas.Getter
	blind bool
}

var errBlind = errors.New("data was read")

func (b *blindable) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	if b.blind {
		return cas.Block{}, errBlind
	}
	return b.Getter.Get(ctx, id)
}

// blindPeople is the people's database, with more people than a root holds, whose blocks cannot be read any more.
func blindPeople(t *testing.T) engine.DB {
	t.Helper()
	var more strings.Builder
	for e := 1000; e < 4000; e++ {
		fmt.Fprintf(&more, `{:db/id %d :person/name "n%d" :person/age %d}`, e, e, e)
	}
	ctx, store := t.Context(), cas.NewMemory()
	conn, err := engine.Create(ctx, store, "main", engine.Options{}, time.Unix(1700000000, 0))
	if err != nil {
		t.Fatal(err)
	}
	var head cid.Cid
	for _, tx := range []string{peopleSchema, peopleData, "[" + more.String() + "]"} {
		r, err := conn.TransactLast(ctx, forms(t, tx), engine.Meta{})
		if err != nil {
			t.Fatal(err)
		}
		head = r.After.Commit()
	}
	getter := &blindable{Getter: store}
	db, err := engine.Open(ctx, getter, head)
	if err != nil {
		t.Fatal(err)
	}
	getter.blind = true
	return db
}

func TestErrorsBeforeData(t *testing.T) {
	db := queries.DB(blindPeople(t))
	run := func(c errorCase) error {
		q, err := queries.Parse(c.text)
		if err != nil {
			return err
		}
		inputs := []queries.Input{db}
		for _, a := range c.args {
			inputs = append(inputs, queries.Value(parse(a)))
		}
		_, err = queries.Run(t.Context(), q, inputs, queries.Limits{})
		return err
	}
	if err := run(errorCase{text: "[:find ?e :where [?e :person/name _]]"}); !errors.Is(err, errBlind) {
		t.Fatalf("a query that reads gives %v", err)
	}
	for _, c := range refusedEarly {
		if err := run(c); code(err) != "query/"+c.code {
			t.Errorf("%s: got %v, want query/%s", c.text, err, c.code)
		}
	}
}

func TestErrorText(t *testing.T) {
	e := refused(t, "[:find ?e :where [?e :person/nmae _]]")
	if got, want := e.Error(), "1:22: there is no attribute :person/nmae (query/unknown-attribute)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := (&queries.Error{Code: "query/limit", Msg: "too much"}).Error(), "too much (query/limit)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Under schema on read an unknown attribute gives a warning and no rows.
func TestUnknownAttributeOnRead(t *testing.T) {
	db := newDB(t, engine.Options{SchemaOnRead: true}, `[{:db/id 1 :dog/name "Rex"}]`)
	q, err := queries.Parse("[:find ?e :where [?e :dog/nmae _]]")
	if err != nil {
		t.Fatal(err)
	}
	r, err := queries.Run(context.Background(), q, []queries.Input{queries.DB(db)}, queries.Limits{})
	if err != nil || r.Len() != 0 {
		t.Fatalf("got %v, %v", r, err)
	}
	if len(r.Stats.Warnings) != 1 || !strings.Contains(r.Stats.Warnings[0], ":dog/name") {
		t.Errorf("warnings: %q", r.Stats.Warnings)
	}
}

func TestParseFormKeepsPositions(t *testing.T) {
	form := parse("[:find ?e :where [?e]]")
	if _, err := queries.ParseForm(form); err != nil {
		t.Error(err)
	}
	_, err := queries.ParseForm(edn.MakeVector(edn.MakeKeyword("find")))
	var e *queries.Error
	if !errors.As(err, &e) || e.Code != "query/syntax" {
		t.Errorf("got %v", err)
	}
}
