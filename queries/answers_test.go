package queries_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// answers runs a query with both evaluators and compares the value with want.
func answers(t *testing.T, text, want string, inputs ...queries.Input) *queries.Result {
	t.Helper()
	q, err := queries.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	naive, err := queries.RunNaive(context.Background(), q, inputs, queries.Limits{})
	if err != nil {
		t.Fatalf("%s: RunNaive: %v", text, err)
	}
	r, err := queries.Run(context.Background(), q, inputs, queries.Limits{})
	if err != nil {
		t.Fatalf("%s: Run: %v", text, err)
	}
	if got := naive.Value().String(); got != want {
		t.Errorf("%s\nRunNaive gives %s\n        want %s", text, got, want)
	}
	if got := r.Value().String(); got != want {
		t.Errorf("%s\nRun gives %s\n     want %s\n%s", text, got, want, r.Stats.Plan)
	}
	return r
}

func people3(t *testing.T) queries.Input {
	return queries.DB(newDB(t, engine.Options{}, peopleSchema, peopleData))
}

func TestAnswers(t *testing.T) {
	db := people3(t)
	for _, c := range []struct {
		text, want string
		args       []string
	}{
		{"[:find ?n ?a :where [?e :person/name ?n] [?e :person/age ?a]]", `#{["Ada" 24] ["Ada" 36] ["Ben" 24]}`, nil},
		{"[:find ?n :with ?e :where [?e :person/name ?n]]", `[["Ada"] ["Ada"] ["Ben"]]`, nil},
		{"[:find ?a ?n :order-by ?a :desc ?n :where [?e :person/name ?n] [?e :person/age ?a]]", `[[36 "Ada"] [24 "Ada"] [24 "Ben"]]`, nil},
		{"[:find ?n ?a :order-by [[1 :asc] [?n :desc]] :where [?e :person/name ?n] [?e :person/age ?a]]", `[["Ben" 24] ["Ada" 24] ["Ada" 36]]`, nil},
		{"[:find ?e :limit 1 :offset 1 :where [?e :person/name]]", `[[2]]`, nil},
		{"[:find [?e ...] :order-by ?e :desc :limit 2 :where [?e :person/name]]", `[3 2]`, nil},
		{"[:find ?e . :order-by ?e :desc :where [?e :person/name]]", `3`, nil},
		{"[:find [?e ?n] :where [?e :person/name ?n]]", `[1 "Ada"]`, nil},
		{"[:find ?e :limit 0 :where [?e :person/name]]", `[]`, nil},
		{"[:find ?e :limit -1 :offset 5 :where [?e :person/name]]", `[]`, nil},
		{"{:query [:find ?e :where [?e :person/name]] :order-by ?e :limit 1 :timeout 5000}", `[[1]]`, nil},
		{`{:query "[:find ?e :where [?e :person/name \"Ben\"]]"}`, `#{[2]}`, nil},
		{"{:find [?n] :where [[?e :person/name ?n]] :order-by [?n :desc]}", `[["Ben"] ["Ada"]]`, nil},
		{"{:find [[?n ...]] :where [[?e :person/name ?n]]}", `["Ada" "Ben"]`, nil},
		{"[:find ?n (count ?e) :where [?e :person/name ?n]]", `[["Ada" 2] ["Ben" 1]]`, nil},
		{"[:find ?n (count ?e) :order-by (count ?e) :where [?e :person/name ?n]]", `[["Ben" 1] ["Ada" 2]]`, nil},
		{"[:find ?n :having [(> (count ?e) 1)] :where [?e :person/name ?n]]", `[["Ada"]]`, nil},
		{"[:find ?n (sum ?a) :having [[(< (count ?e) 2)] [(= ?n \"Ben\")]] :where [?e :person/name ?n] [?e :person/age ?a]]", `[["Ben" 24]]`, nil},
		{"[:find ?n :having [((complement =) ?n \"Ada\")] :where [?e :person/name ?n]]", `[["Ben"]]`, nil},
		{"[:find ?e ?n :syms e n :limit 1 :where [?e :person/name ?n]]", `[{e 1, n "Ada"}]`, nil},
		{"[:find (pull ?e [:person/name]) ?a :where [?e :person/age ?a] [?e :person/name \"Ada\"]]", `[[{:person/name "Ada"} 36] [{:person/name "Ada"} 24]]`, nil},
		{"[:find (pull ?e [:person/age]) . :in $ ?e :where [?e :person/name]]", `{:person/age 24}`, []string{`[:person/email "ben@x.org"]`}},
		{"[:find ?x :in $ ?x]", `#{[nil]}`, []string{"nil"}},
		{"[:find ?x :in $ [?x ...]]", `#{[1] [1N] [1.0] [1.0M]}`, []string{"[1 1.0 1N 1 1.0M]"}},
		{"[:find ?x :in $ [[_ ?x _]]]", `#{[2] [5]}`, []string{"[[1 2 3] [4 5 6 7]]"}},
		{"[:find ?x :in $ [?x ?x]]", `#{[1]}`, []string{"[1 1]"}},
		{"[:find ?x :in $ [?x ?x]]", `#{}`, []string{"[1 2]"}},
		{"[:find ?n ?m :where [(q [:find ?n (max ?a) :where [?e :person/name ?n] [?e :person/age ?a]] $) [[?n ?m]]]]", `#{["Ada" 36] ["Ben" 24]}`, nil},
		{"[:find ?e ?k :where [?e :person/name] [(q [:find (count ?f) . :in $ ?e :where [?e :person/friend ?f]] $ ?e) ?k]]", `#{[2 1] [3 2]}`, nil},
		{"[:find ?k :in $ % :where [(q [:find (count ?y) . :in $ % :where (knows 3 ?y)] $ %) ?k]]", `#{[2]}`, []string{"[[(knows ?x ?y) [?x :person/friend ?y]]]"}},
		{"[:find ?n :in $ % :where (named ?n)]", `#{["Ada"] ["Ben"]}`, []string{`"[[(named ?n) [_ :person/name ?n]]]"`}},
		{"[:find ?n :in $ % :where [named ?n]]", `#{["Ada"] ["Ben"]}`, []string{"[[[named ?n] [_ :person/name ?n]]]"}},
		{"[:find ?t :where [_ :person/name _ ?t]]", `#{[13194139533314]}`, nil},
		{"[:find ?e :where [?e :person/age _ 2]]", `#{[1] [2] [3]}`, nil},
		{"[:find ?e :where [?e :person/age _ 7]]", `#{}`, nil},
		{"[:find ?op :where [1 :person/age _ _ ?op]]", `#{[true]}`, nil},
		{"[:find ?a ?v :where [2 ?a ?v] [(!= ?a :person/friend)]]", `#{[:person/age 24] [:person/email "ben@x.org"] [:person/name "Ben"]}`, nil},
		{"[:find ?i :where [2 ?a] [?a :db/ident ?i]]", `#{[:person/age] [:person/email] [:person/friend] [:person/name]}`, nil},
		{"[:find ?i ?t :where [_ :db.install/attribute ?a] [?a :db/ident ?i] [?a :db/valueType ?v] [?v :db/ident ?t] [(= ?i :person/age)]]", `#{[:person/age :db.type/long]}`, nil},
		{"[:find ?e ?a :where [?e ?a [:person/email \"ada@x.org\"]]]", `#{[2 :person/friend] [3 :person/friend]}`, nil},
		{"[:find ?e :in $ ?f :where [?e :person/friend ?f]]", `#{[2] [3]}`, []string{`[:person/email "ada@x.org"]`}},
		{"[:find ?e ?f :in $ [?f ...] :where (or [?e :person/friend ?f] (and [?f :person/name _] [?e :person/age 36]))]", `#{[1 1] [1 [:person/email "ben@x.org"]] [2 1] [3 1] [3 [:person/email "ben@x.org"]]}`, []string{`[1 [:person/email "ben@x.org"]]`}},
		{"[:find ?e :in $ ?f :where (or (and [?e :person/friend ?f] (not [?f :person/age 36])) (and [?e :person/friend ?f] (not [?f :person/name \"Ben\"])))]", "#{[3]}", []string{`[:person/email "ben@x.org"]`}},
		{"[:find ?e :in $ ?f :where (or-join [?e ?f] (and [?e :person/friend ?f] (not [?f :person/age 36])))]", "#{[3]}", []string{`[:person/email "ben@x.org"]`}},
		{"[:find ?e :in $ ?f :where [?e :person/name] (not-join [?e ?f] [?e :person/friend ?f])]", "#{[1] [2]}", []string{`[:person/email "ben@x.org"]`}},
		{"[:find ?e :in $ % ?f :where (knows ?e ?f)]", "#{[3]}", []string{"[[(knows ?x ?y) [?x :person/friend ?y] (not [?y :person/age 36])]]", `[:person/email "ben@x.org"]`}},
		{`[:find ?e :in $ % :where (knows ?e [:person/email "ben@x.org"])]`, "#{[3]}", []string{"[[(knows ?x ?y) [?x :person/friend ?y]]]"}},
		{"[:find (min ?k ?a) . :in $ ?k :with ?e :where [?e :person/age ?a]]", "[24 24]", []string{"2"}},
		{"[:find ?n (pull ?e ?p) :in $ [?p ...] :where [?e :person/name ?n] [?e :person/age 36]]", `[["Ada" {:person/age 36}] ["Ada" {:person/name "Ada"}]]`, []string{"[[:person/age] [:person/name]]"}},
		{"[:find ?n (pull ?e ?p) (count ?f) :in $ ?p :where [?e :person/name ?n] [?e :person/friend ?f]]", `[["Ada" {:person/age 24} 2] ["Ben" {:person/age 24} 1]]`, []string{"[:person/age]"}},
		{"[:find ?e :where [?e :person/age 24.0]]", `#{}`, nil},
		{"[:find ?e :where [?e :person/name :Ada]]", `#{}`, nil},
		{"[:find ?x :where [(ground [3 1 2]) [?x ...]] [(< ?x 3)]]", `#{[1] [2]}`, nil},
		{"[:find ?e ?v :where [?e :person/email] [(get-some $ ?e :person/friend :person/age) [?a ?v]]]", `#{[1 36] [2 1]}`, nil},
	} {
		inputs := []queries.Input{db}
		for _, a := range c.args {
			inputs = append(inputs, queries.Value(parse(a)))
		}
		answers(t, c.text, c.want, inputs...)
	}
}

// One query joins two databases and a point in the past of one of them.
func TestSeveralSources(t *testing.T) {
	now := newDB(t, engine.Options{}, peopleSchema, peopleData, `[[:db/add 1 :person/age 37]]`)
	before, err := now.AsOf(context.Background(), 2)
	if err != nil {
		t.Fatal(err)
	}
	pets := newDB(t, engine.Options{SchemaOnRead: true}, `[{:pet/name "Rex" :pet/owner "ada@x.org"} {:pet/name "Tom" :pet/owner "ben@x.org"}]`)
	answers(t, `[:find ?pet ?was ?is
	             :in $now $before $pets
	             :where [$pets ?p :pet/owner ?mail] [$pets ?p :pet/name ?pet]
	                    [$before ?e :person/email ?mail] [$before ?e :person/age ?was]
	                    [$now ?e :person/age ?is] [(< ?was ?is)]]`,
		`#{["Rex" 36 37]}`, queries.DB(now), queries.DB(before), queries.DB(pets))
	answers(t, "[:find ?v ?op :in $ :where [1 :person/age ?v _ ?op]]", `#{[36 false] [36 true] [37 true]}`, queries.DB(now.History()))
	answers(t, "[:find ?e ?v :in $ :where [?e :person/age ?v]]", `#{[1 37]}`, queries.DB(now.Since(2)))
	answers(t, "[:find ?e :in $a $b :where [$a ?e :person/age 36] ($b not [?e :person/age 36])]", `#{[1]}`, queries.DB(before), queries.DB(now))
}

// A lookup ref as an input means, in every source, the entity that has the value there.
func TestLookupRefInTwoSources(t *testing.T) {
	a := newDB(t, engine.Options{}, peopleSchema, peopleData)
	b := newDB(t, engine.Options{}, peopleSchema, `[{:db/id 7 :person/email "ada@x.org" :person/age 99}]`)
	answers(t, "[:find ?x ?y :in $a $b ?e :where [$a ?e :person/age ?x] [$b ?e :person/age ?y]]", `#{[36 99]}`,
		queries.DB(a), queries.DB(b), queries.Value(parse(`[:person/email "ada@x.org"]`)))
}

func TestBind(t *testing.T) {
	q, err := queries.Parse(`{:query [:find ?x :in $ ?a $old [?x ...] %] :sources {$old "main~3"} :args [1]}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := q.In(); len(got) != 5 || got[2] != "$old" || got[3] != "[?x ...]" || got[4] != "%" {
		t.Errorf("In() = %q", got)
	}
	where := map[string]string{}
	source := func(name, at string) (queries.Input, error) {
		where[name] = at
		return queries.Value(edn.MakeVector()), nil
	}
	inputs, err := q.Bind(source, parse("[[7 8] []]").Items())
	if err != nil || len(inputs) != 5 {
		t.Fatalf("got %d inputs, %v", len(inputs), err)
	}
	if where["$"] != "" || where["$old"] != "main~3" {
		t.Errorf("sources %v", where)
	}
	r, err := queries.Run(context.Background(), q, inputs, queries.Limits{})
	if err != nil || r.Value().String() != "#{[7] [8]}" {
		t.Errorf("got %v, %v", r, err)
	}
	if _, err := q.Bind(source, nil); code(err) != "query/input-arity" {
		t.Errorf("too few: %v", err)
	}
	if _, err := q.Bind(source, parse("[1 2 3 4]").Items()); code(err) != "query/input-arity" {
		t.Errorf("too many: %v", err)
	}
}

// Where :args has a value for every name of :in, symbols stand for databases and tuples are sources.
func TestBindAll(t *testing.T) {
	q, err := queries.Parse(`{:query [:find ?n :in $ $mails [?a ...] :where [?e :person/age ?a] [?e :person/name ?n] [?e :person/email ?m] [$mails ?m]] :args [db [["ada@x.org"]] [24 36]]}`)
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := q.Bind(func(string, string) (queries.Input, error) { return people3(t), nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := queries.Run(context.Background(), q, inputs, queries.Limits{})
	if err != nil || r.Value().String() != `#{["Ada"]}` {
		t.Errorf("got %v, %v", value(r), err)
	}
}

// What a transaction did can be asked like a database, and taken apart.
func TestDatoms(t *testing.T) {
	ctx := t.Context()
	conn, err := engine.Create(ctx, cas.NewMemory(), "main", engine.Options{}, time.Unix(1700000000, 0))
	if err != nil {
		t.Fatal(err)
	}
	var last engine.Report
	for _, tx := range []string{peopleSchema, peopleData, `[[:db/add 1 :person/age 37] [:db/retract 2 :person/friend 1]]`} {
		if last, err = conn.Transact(ctx, forms(t, tx), engine.Meta{}); err != nil {
			t.Fatal(err)
		}
	}
	db, data := queries.DB(last.After), queries.Datoms(last.After, last.Datoms)
	answers(t, "[:find ?e ?v ?op :in $ :where [?e :person/age ?v _ ?op]]", "#{[1 36 false] [1 37 true]}", data)
	answers(t, "[:find ?n ?v :in $ $tx :where [$tx ?e :person/age ?v _ true] [?e :person/name ?n]]", `#{["Ada" 37]}`, db, data)
	answers(t, `[:find ?e ?aname ?v ?added :in $ [[?e ?a ?v _ ?added]] :where [?e ?a ?v _ ?added] [?a :db/ident ?aname] [(= ?e 1)]]`, "#{[1 :person/age 37 true]}", db, data)
}

// References in tuples are references, however the tuples are looked up.
func TestTuplesWithReferences(t *testing.T) {
	const schema = `[{:db/ident :p/u :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
	 {:db/ident :r/p :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}
	 {:db/ident :r/n :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
	 {:db/ident :r/key :db/valueType :db.type/tuple :db/tupleAttrs [:r/p :r/n] :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}]`
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, `{:db/id %d :r/p %d :r/n %d}`, 1000+i, 1+i%3, i)
	}
	db := queries.DB(newDB(t, engine.Options{}, schema, `[{:db/id 1 :p/u "a"} {:db/id 2 :p/u "b"} {:db/id 3 :p/u "c"}]`, "["+b.String()+"]"))
	for _, c := range []struct{ text, want, arg string }{
		{"[:find ?r . :where [?r :r/key [2 7]]]", "1007", ""},
		{`[:find ?r . :where [?r :r/key [[:p/u "b"] 7]]]`, "1007", ""},
		{`[:find ?n . :where [[:r/key [[:p/u "b"] 7]] :r/n ?n]]`, "7", ""},
		{"[:find [?r ...] :in $ [?n ...] :where [?p :p/u \"b\"] [(tuple ?p ?n) ?t] [?r :r/key ?t]]", "[1007 1010]", "[7 8 10]"},
		{"[:find ?r . :in $ ?t :where [?r :r/key ?t]]", "1007", "[2 7]"},
		{"[:find ?r . :where [?r :r/key [2 8]]]", "nil", ""},
		{"[:find ?r . :where [?r :r/key [2 7 1]]]", "nil", ""},
	} {
		inputs := []queries.Input{db}
		if c.arg != "" {
			inputs = append(inputs, queries.Value(parse(c.arg)))
		}
		q, err := queries.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		r, err := queries.Run(t.Context(), q, inputs, queries.Limits{})
		if err != nil || value(r) != c.want {
			t.Errorf("%s %s gives %v, %v, want %s\n%s", c.text, c.arg, value(r), err, c.want, plan(r))
		}
	}
}

func TestColumns(t *testing.T) {
	r := answers(t, "[:find ?n (count ?e) :where [?e :person/name ?n]]", `[["Ada" 2] ["Ben" 1]]`, people3(t))
	if len(r.Columns) != 2 || r.Columns[1] != "(count ?e)" || r.Maps != edn.Nil {
		t.Errorf("columns %q, maps %v", r.Columns, r.Maps)
	}
	r = answers(t, "[:find ?n ?e :strs name id :where [?e :person/name ?n] [?e :person/age 36]]", `#{{"name" "Ada", "id" 1}}`, people3(t))
	if r.Columns[0] != "name" || r.Maps != edn.String || r.Stats.Scanned == 0 || len(r.Stats.Plan.Steps()) == 0 || r.Stats.Elapsed == 0 {
		t.Errorf("got %+v", r)
	}
}

// A query may be run by many at once.
func TestConcurrent(t *testing.T) {
	q, err := queries.Parse("[:find ?n (max ?m) :in $ % ?e :where (or [?e :person/name ?n] (knows ?e ?n)) [?e :person/age ?a] [(- ?a 1 2) ?m] (not [?e :person/age 1])]")
	if err != nil {
		t.Fatal(err)
	}
	db, rules := people3(t), queries.Value(parse("[[(knows ?x ?n) [?x :person/friend ?y] [?y :person/name ?n]]]"))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			in := []queries.Input{db, rules, queries.Value(parse(`[:person/email "ben@x.org"]`))}
			r, err := queries.Run(context.Background(), q, in, queries.Limits{})
			if err != nil || r.Value().String() != `[["Ada" 21] ["Ben" 21]]` {
				t.Errorf("got %v, %v", value(r), err)
			}
		})
	}
	group.Wait()
}

// What is more than a leaf, a batch or a hash table's first size is found as well.
func TestThousands(t *testing.T) {
	var b strings.Builder
	for e := 1; e <= 5000; e++ {
		fmt.Fprintf(&b, `{:db/id %d :a/n %d :a/m [%d] :a/s "s%d" :a/r [%d]}`, e, e*7919%5000, e%10, e, e/2+1)
	}
	db := queries.DB(newDB(t, engine.Options{}, testSchema, "["+b.String()+"]"))
	for _, c := range []struct{ text, want string }{
		{"[:find (count ?e) . :where [?e :a/n ?n] [(<= 100 ?n)] [(< ?n 4100)]]", "4000"},
		{"[:find (count ?e) . :where [?e :a/n ?n] [(>= ?n 4999)]]", "1"},
		{`[:find (count ?e) . :where [?e :a/s ?s] [(< "s2" ?s "s3")]]`, "1110"},
		{"[:find ?m (count ?e) :limit 2 :where [?e :a/m ?m] [?e :a/n ?n] [(< ?n 2500)]]", "[[0 250] [1 250]]"},
		{"[:find (count ?e) . :where [?e :a/r ?f] [?f :a/r ?g] [?g :a/m 3]]", "500"},
		{"[:find (sum ?n) . :where [?e :a/n ?n] (not [?e :a/m 3])]", "11246500"},
		{"[:find (count ?e) . :where (or-join [?e] [?e :a/m 3] (and [?e :a/n ?n] [(< ?n 10)]))]", "509"},
	} {
		q, err := queries.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		r, err := queries.Run(context.Background(), q, []queries.Input{db}, queries.Limits{})
		if err != nil || r.Value().String() != c.want {
			t.Errorf("%s gives %v, %v, want %s\n%s", c.text, value(r), err, c.want, plan(r))
		}
	}
}
