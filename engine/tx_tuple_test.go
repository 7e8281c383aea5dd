package engine

import "testing"

const tuples = `
{:db/ident :t/long :db/valueType :db.type/long}
{:db/ident :t/name :db/valueType :db.type/string}
{:db/ident :t/of :db/valueType :db.type/ref}
{:db/ident :t/whole :db/valueType :db.type/tuple :db/tupleAttrs [:t/long :t/name]}
{:db/ident :t/key :db/valueType :db.type/tuple :db/tupleAttrs [:t/of :t/name] :db/unique :db.unique/identity}
{:db/ident :t/same :db/valueType :db.type/tuple :db/tupleType :db.type/long}
{:db/ident :t/mixed :db/valueType :db.type/tuple :db/tupleTypes [:db.type/long :db.type/keyword :db.type/ref]}
{:db/ident :t/many :db/valueType :db.type/tuple :db/tupleType :db.type/double :db/cardinality :db.cardinality/many}`

func newTuples(t *testing.T) *world {
	w := newWorld(t, Options{})
	w.ok(tuples)
	return w
}

func TestTuplesThatAreGiven(t *testing.T) {
	w := newTuples(t)
	w.does(`{:db/id 1 :t/same [1 2 3] :t/mixed [5 :a 7]}`, `+1 :t/same [1 2 3]`, `+1 :t/mixed [5 :a 7]`)
	w.does(`{:db/id 1 :t/same [1 nil] :t/mixed (nil :b :t/name)}`,
		`+1 :t/same [1 nil]`, `-1 :t/same [1 2 3]`, `+1 :t/mixed [nil :b 4398046512105]`, `-1 :t/mixed [5 :a 7]`)
	w.does(`{:db/id 2 :t/many [1.0 2.0]} {:db/id 3 :t/many [[1 2] [3 4.5]]} {:db/id 4 :t/many #{[0.5 1]}}`,
		`+2 :t/many [1.0 2.0]`, `+3 :t/many [1.0 2.0]`, `+3 :t/many [3.0 4.5]`, `+4 :t/many [0.5 1.0]`)
	for _, c := range []struct{ tx, word string }{
		{`{:db/id 1 :t/same 5}`, "tuples are vectors"},
		{`{:db/id 1 :t/same [1]}`, "has 1 elements, a tuple has 2 to 8"},
		{`{:db/id 1 :t/same [1 2 3 4 5 6 7 8 9]}`, "has 9 elements"},
		{`{:db/id 1 :t/same [1 "x"]}`, `"x" is not of type long`},
		{`{:db/id 1 :t/mixed [1 :a]}`, "has 2 elements, not 3"},
		{`{:db/id 1 :t/mixed [1 "a" 7]}`, `"a" is not of type keyword`},
		{`{:db/id 1 :t/mixed [1 :a #{}]}`, "is not of type ref"},
	} {
		w.fails(codeValue, c.tx, c.word)
	}
}

func TestCompositeTuplesFollowTheirParts(t *testing.T) {
	w := newTuples(t)
	w.does(`{:db/id 1 :t/long 5}`, `+1 :t/long 5`, `+1 :t/whole [5 nil]`)
	w.does(`{:db/id 1 :t/long 5}`)
	w.does(`{:db/id 1 :t/name "a"}`, `+1 :t/name "a"`, `-1 :t/whole [5 nil]`, `+1 :t/whole [5 "a"]`)
	w.does(`{:db/id 1 :t/name "b" :t/long 6}`,
		`-1 :t/long 5`, `+1 :t/long 6`, `-1 :t/name "a"`, `+1 :t/name "b"`, `-1 :t/whole [5 "a"]`, `+1 :t/whole [6 "b"]`)
	w.does(`[:db/retract 1 :t/name "b"]`, `-1 :t/name "b"`, `+1 :t/whole [6 nil]`, `-1 :t/whole [6 "b"]`)
	w.does(`[:db/retractEntity 1]`, `-1 :t/long 6`, `-1 :t/whole [6 nil]`)
}

func TestCompositeTuplesCannotBeSet(t *testing.T) {
	w := newTuples(t)
	w.does(`{:db/id 1 :t/long 5 :t/whole [5 nil]}`, `+1 :t/long 5`, `+1 :t/whole [5 nil]`)
	w.fails(codeSyntax, `{:db/id 1 :t/whole [6 nil]}`, "made of its parts")
	w.fails(codeSyntax, `[:db/retract 1 :t/whole]`, "made of its parts")
	w.fails(codeValue, `{:db/id 1 :t/whole ["x" "y"]}`, "is not of type long")
}

func TestCompositeIdentity(t *testing.T) {
	w := newTuples(t)
	w.does(`{:db/id 9 :t/long 1} {:t/of 9 :t/name "x"}`,
		`+9 :t/long 1`, `+9 :t/whole [1 nil]`, `+10 :t/name "x"`, `+10 :t/of 9`, `+10 :t/whole [nil "x"]`, `+10 :t/key [9 "x"]`)
	w.does(`{:t/of 9 :t/name "x" :t/long 3}`, `+10 :t/long 3`, `-10 :t/whole [nil "x"]`, `+10 :t/whole [3 "x"]`)
	w.does(`{:t/key [9 "x"] :t/long 4}`, `-10 :t/long 3`, `+10 :t/long 4`, `-10 :t/whole [3 "x"]`, `+10 :t/whole [4 "x"]`)
	w.does(`[:db/add [:t/key [9 "x"]] :t/same [1 2]]`, `+10 :t/same [1 2]`)
	w.fails(codeUnique, `{:db/id 11 :t/of 9 :t/name "x"}`, ":t/key is unique")
	w.fails(codeUnique, `{:db/id 11 :t/of 9} {:db/id 11 :t/name "y"} {:db/id 12 :t/of 9 :t/name "y"}`, "entity 12", "entity 11")
	w.does(`{:db/id -1 :t/of -2 :t/name "n" :t/same [1 2]} {:db/id -2 :t/of 9 :t/name "x"}`,
		`+11 :t/name "n"`, `+11 :t/of 10`, `+11 :t/whole [nil "n"]`, `+11 :t/key [10 "n"]`, `+11 :t/same [1 2]`)
	w.does(`{:db/id -1 :t/of -2 :t/name "n" :t/same [1 3]} {:db/id -2 :t/of 9 :t/name "x"}`, `-11 :t/same [1 2]`, `+11 :t/same [1 3]`)
}

func TestReferencesInTuples(t *testing.T) {
	w := newTuples(t)
	w.ok(`{:db/ident :t/id :db/valueType :db.type/tuple :db/tupleTypes [:db.type/ref :db.type/long] :db/unique :db.unique/identity} {:db/id 7 :db/ident :the/one}`)
	w.does(`{:db/id -1 :t/mixed [1 :a -2]} {:db/id -2 :t/long 5 :t/mixed [2 :b "datomic.tx"]}`,
		`+8 :t/mixed [1 :a 9]`, `+9 :t/long 5`, `+9 :t/whole [5 nil]`, `+9 :t/mixed [2 :b 13194139533315]`)
	w.does(`{:db/id 10 :t/mixed [3 :c :the/one] :t/id [:the/one 5]}`, `+10 :t/mixed [3 :c 7]`, `+10 :t/id [7 5]`)
	w.does(`{:t/id [[:t/id [:the/one 5]] 6] :t/long 1}`, `+11 :t/long 1`, `+11 :t/whole [1 nil]`, `+11 :t/id [10 6]`)
	w.does(`{:t/id [-1 6] :t/long 2} {:db/id -1 :t/id [:the/one 5]}`, `-11 :t/long 1`, `+11 :t/long 2`, `-11 :t/whole [1 nil]`, `+11 :t/whole [2 nil]`)
	w.does(`[:db/cas 10 :t/id [:the/one 5] [:the/one 9]] [:db/retract 10 :t/mixed [3 :c :the/one]]`, `-10 :t/mixed [3 :c 7]`, `-10 :t/id [7 5]`, `+10 :t/id [7 9]`)
	w.fails(codeMissing, `{:db/id 1 :t/mixed [1 :a :no/body]}`, ":no/body")
	w.fails(codeSyntax, `{:db/id 1 :t/mixed [1 :a "x"]}`, "tempid x is only used as a value")
}
