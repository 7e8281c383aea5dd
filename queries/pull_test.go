package queries_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries"
)

const carSchema = `[
 {:db/ident :car/name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :car/tag :db/valueType :db.type/long :db/cardinality :db.cardinality/many}
 {:db/ident :car/part :db/valueType :db.type/ref :db/cardinality :db.cardinality/many :db/isComponent true}
 {:db/ident :car/maker :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}
 {:db/ident :car/like :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}]`

const carData = `[
 {:db/id 1 :db/ident :the/car :car/name "Car" :car/part [2 3] :car/maker 9 :car/tag [3 1 2]}
 {:db/id 2 :car/name "Wheel" :car/part [4]} {:db/id 3 :car/name "Door"} {:db/id 4 :car/name "Bolt"}
 {:db/id 5 :car/name "Copy" :car/like [1 6]} {:db/id 6 :car/name "Other" :car/like [5] :car/maker 9}
 {:db/id 9 :car/name "Maker"}]`

func TestPull(t *testing.T) {
	db := newDB(t, engine.Options{}, carSchema, carData)
	for _, c := range []struct{ pattern, entity, want string }{
		{"[:car/name]", "1", `{:car/name "Car"}`},
		{"[:car/name]", ":the/car", `{:car/name "Car"}`},
		{"[:car/name]", `[:car/name "Door"]`, `{:car/name "Door"}`},
		{"[:db/id :car/name]", "3", `{:car/name "Door", :db/id 3}`},
		{"[:db/id]", "3", "{:db/id 3}"},
		{"[:db/id]", "77", "nil"},
		{"[:car/name]", "77", "nil"},
		{"[*]", "77", "nil"},
		{"[:car/name]", `[:car/name "None"]`, "nil"},
		{"[:car/name]", ":no/ident", "nil"},
		{"[:car/maker]", "2", "nil"},
		{"[:car/tag]", "1", "{:car/tag [1 2 3]}"},
		{"[(:car/tag :limit 2)]", "1", "{:car/tag [1 2]}"},
		{"[(limit :car/tag 1)]", "1", "{:car/tag [1]}"},
		{"[[:car/tag :limit nil :as :t]]", "1", "{:t [1 2 3]}"},
		{"[(:car/maker :default 0)]", "2", "{:car/maker 0}"},
		{"[(default :car/maker :none)]", "2", "{:car/maker :none}"},
		{`[(:car/name :as "n" :xform clojure.string/upper-case)]`, "2", `{"n" "WHEEL"}`},
		{"[(:car/tag :xform count)]", "1", "{:car/tag 3}"},
		{"[:car/maker]", "1", "{:car/maker {:db/id 9}}"},
		{"[{:car/maker [:car/name]}]", "1", `{:car/maker {:car/name "Maker"}}`},
		{"[{:car/maker [:car/tag]}]", "1", "nil"},
		{"[{(:car/like :as :l :limit 1) [:car/name]}]", "5", `{:l [{:car/name "Car"}]}`},
		{"[:car/part]", "2", `{:car/part [{:car/name "Bolt", :db/id 4}]}`},
		{"[:car/name :car/part]", "1", `{:car/name "Car", :car/part [{:car/name "Wheel", :car/part [{:car/name "Bolt", :db/id 4}], :db/id 2} {:car/name "Door", :db/id 3}]}`},
		{"[*]", "6", `{:car/like [{:db/id 5}], :car/maker {:db/id 9}, :car/name "Other", :db/id 6}`},
		{`["*" {:car/like [:car/name]}]`, "6", `{:car/like [{:car/name "Copy"}], :car/maker {:db/id 9}, :car/name "Other", :db/id 6}`},
		{"[:car/_maker]", "9", "{:car/_maker [{:db/id 1} {:db/id 6}]}"},
		{"[{:car/_maker [:car/name]}]", "9", `{:car/_maker [{:car/name "Car"} {:car/name "Other"}]}`},
		{"[(:car/_maker :limit 1)]", "9", "{:car/_maker [{:db/id 1}]}"},
		{"[{:car/_part [:car/name]}]", "4", `{:car/_part {:car/name "Wheel"}}`},
		{"[:car/_maker]", "1", "nil"},
		{"[:car/name {:car/like ...}]", "5", `{:car/like [{:car/name "Car"} {:car/like [{:car/like [{:car/name "Car"} {:db/id 6}], :car/name "Copy"}], :car/name "Other"}], :car/name "Copy"}`},
		{"[:car/name {:car/like 1}]", "5", `{:car/like [{:car/name "Car"} {:car/name "Other"}], :car/name "Copy"}`},
		{"[:car/name {:car/_part 2}]", "4", `{:car/_part {:car/_part {:car/name "Car"}, :car/name "Wheel"}, :car/name "Bolt"}`},
		{"[* (:car/tag :limit 1 :as :first)]", "6", `{:car/like [{:db/id 5}], :car/maker {:db/id 9}, :car/name "Other", :db/id 6}`},
		{"[(:db/id :as :id) (:car/name :as :n) *]", "4", `{:id 4, :n "Bolt"}`},
		{"[{[:car/part :limit 1 :as :p] [:car/name]}]", "1", `{:p [{:car/name "Wheel"}]}`},
		{"[(:car/part :default [])]", "4", "{:car/part []}"},
		{"[{(:car/part :xform count) [:car/name]}]", "1", "{:car/part 2}"},
		{"[(:car/tag :xform first :default 0)]", "2", "{:car/tag 0}"},
		{"[(:car/name :xform clojure.string/upper-case) (:car/tag :xform vector)]", "2", `{:car/name "WHEEL", :car/tag [nil]}`},
		{`"[:car/name]"`, "2", `{:car/name "Wheel"}`},
		{"[:db/ident]", "1", "{:db/ident :the/car}"},
		{"[:db/valueType :db/cardinality]", ":car/tag", "{:db/cardinality :db.cardinality/many, :db/valueType :db.type/long}"},
	} {
		got, err := queries.Pull(context.Background(), db, parse(c.pattern), parse(c.entity))
		if err != nil || got.String() != c.want {
			t.Errorf("pull %s of %s\n got %v, %v\nwant %s", c.pattern, c.entity, got, err, c.want)
		}
	}
}

// A pattern that is refused has a place, and says what was meant.
func TestPullHints(t *testing.T) {
	db := newDB(t, engine.Options{}, carSchema, carData)
	for _, c := range []struct{ pattern, code, at, hint string }{
		{"[:car/name\n :car/nmae]", "query/unknown-attribute", "2:2", "did you mean :car/name?"},
		{"[{:car/like [:car/naem]}]", "query/unknown-attribute", "1:14", "did you mean :car/name?"},
		{"[:car/_lik]", "query/unknown-attribute", "1:2", "did you mean :car/like?"},
		{"[(:car/tag :limt 2)]", "query/bad-pattern", "1:12", "did you mean :limit?"},
		{"[(:car/tag :xform cuont)]", "query/unknown-fn", "1:19", "did you mean count?"},
		{"[(:car/tag :limit -1)]", "query/bad-pattern", "1:19", ""},
		{"[car/name]", "query/bad-pattern", "1:2", ":car/name"},
		{"[{:car/like nil}]", "query/bad-pattern", "1:13", "a pattern"},
		{"[(:car/tag :as)]", "query/bad-pattern", "1:2", ":as"},
	} {
		_, err := queries.Pull(context.Background(), db, parse(c.pattern), parse("1"))
		var e *queries.Error
		if !errors.As(err, &e) || e.Code != c.code || fmt.Sprintf("%d:%d", e.Pos.Line, e.Pos.Col) != c.at || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("pull %s: got %v (hint: %+v), want %s at %s with the hint %q", c.pattern, err, e, c.code, c.at, c.hint)
		}
	}
}

func TestPullRefusals(t *testing.T) {
	db := newDB(t, engine.Options{}, carSchema, carData)
	for _, c := range []struct{ pattern, code string }{
		{"[:car/nmae]", "query/unknown-attribute"}, {"[{:car/like [:car/nmae]}]", "query/unknown-attribute"}, {":car/name", "query/bad-pattern"}, {"[]", "query/bad-pattern"},
		{"[1]", "query/bad-pattern"}, {"[{:car/like 0}]", "query/bad-pattern"}, {"[{:car/like x}]", "query/bad-pattern"}, {"[{:car/name [*]}]", "query/bad-pattern"}, {"[:car/_name]", "query/bad-pattern"},
		{"[(:car/tag :limit 0)]", "query/bad-pattern"}, {"[(:car/tag :limit)]", "query/bad-pattern"}, {"[(:car/tag :xform nope)]", "query/unknown-fn"}, {"[(:car/tag :xform mod)]", "query/bad-pattern"},
		{"[(:car/name :xform inc)]", "query/value"},
	} {
		if got, err := queries.Pull(context.Background(), db, parse(c.pattern), parse("1")); code(err) != c.code {
			t.Errorf("pull %s gave %v and the error %v, want %s", c.pattern, got, err, c.code)
		}
	}
	if _, err := queries.Pull(context.Background(), db, parse("[*]"), parse("[:car/tag 1]")); code(err) != "query/lookup-not-unique" {
		t.Errorf("lookup by an attribute that is not unique: %v", err)
	}
}

// At most a thousand values are pulled unless the pattern says otherwise, and a recursion may be deep.
func TestPullMuch(t *testing.T) {
	var many, chain strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&many, " %d", i)
		fmt.Fprintf(&chain, "{:db/id %d :car/like [%d]}", 100+i, 101+i)
	}
	db := newDB(t, engine.Options{}, carSchema, fmt.Sprintf("[{:db/id 1 :car/tag [%s]} %s]", many.String(), chain.String()))
	for pattern, want := range map[string]int{"[:car/tag]": 1000, "[(:car/tag :limit nil)]": 1200, "[*]": 1200} {
		got, err := queries.Pull(context.Background(), db, parse(pattern), parse("1"))
		if err != nil || len(got.Items()[1].Items()) != want {
			t.Errorf("%s: %v, %d values, want %d", pattern, err, len(got.Items()[1].Items()), want)
		}
	}
	got, err := queries.Pull(context.Background(), db, parse("[:db/id {:car/like ...}]"), parse("100"))
	depth := 0
	for ; err == nil && len(got.Items()) == 4; depth++ {
		got = got.Items()[1].Items()[0]
	}
	if err != nil || depth != 1200 {
		t.Errorf("a recursion of %d levels, %v, want 1200", depth, err)
	}
}
