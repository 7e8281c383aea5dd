package engine

import "testing"

// library is the schema of the tests below.
const library = `
{:db/ident :book/isbn :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity :db/doc "What is printed on its back"}
{:db/ident :book/title :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/index true}
{:db/ident :book/copies :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/noHistory true}
{:db/ident :book/genre :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}
{:db/ident :book/authors :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}
{:db/ident :book/tags :db/valueType :db.type/keyword :db/cardinality :db.cardinality/many}
{:db/ident :book/chapters :db/valueType :db.type/ref :db/cardinality :db.cardinality/many :db/isComponent true}
{:db/ident :author/name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/value}
{:db/ident :chapter/title :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
{:db/ident :shelf/room :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
{:db/ident :shelf/number :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
{:db/ident :shelf/room+number :db/valueType :db.type/tuple :db/tupleAttrs [:shelf/room :shelf/number] :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
{:db/ident :shelf/corner :db/valueType :db.type/tuple :db/tupleTypes [:db.type/double :db.type/double] :db/cardinality :db.cardinality/one}
{:db/ident :shelf/labels :db/valueType :db.type/tuple :db/tupleType :db.type/string :db/cardinality :db.cardinality/one}
{:db/ident :audit/user :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
{:db/ident :genre/novel} {:db/ident :genre/essay}`

// TestFormsOfDocumentation runs the forms of transactions that the documentation of Datomic, Datahike and DataScript shows,
// over data of our own. Entities 1 and 2 are the genres.
func TestFormsOfDocumentation(t *testing.T) {
	for _, c := range []struct {
		what, given, tx string
		want            []string
	}{
		{"a map with a tempid as text, used by another", ``,
			`{:db/id "ann" :author/name "Ann"} {:book/isbn "1" :book/authors ["ann"]}`,
			[]string{`+3 :author/name "Ann"`, `+4 :book/isbn "1"`, `+4 :book/authors 3`}},
		{"negative tempids in lists", ``,
			`[:db/add -1 :author/name "Ann"] [:db/add -2 :book/isbn "1"] [:db/add -2 :book/authors -1]`,
			[]string{`+3 :author/name "Ann"`, `+4 :book/isbn "1"`, `+4 :book/authors 3`}},
		{"tempids with a partition", ``,
			`{:db/id #db/id[:db.part/user -1] :author/name "Ann"} {:db/id #db/id[:db.part/user] :book/isbn "1" :book/authors #db/id[:db.part/user -1]}`,
			[]string{`+3 :author/name "Ann"`, `+4 :book/isbn "1"`, `+4 :book/authors 3`}},
		{"what installs an attribute of old", ``,
			`{:db/id #db/id[:db.part/db] :db/ident :book/pages :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db.install/_attribute :db.part/db} {:book/isbn "1" :book/pages 9}`,
			[]string{`+3 :book/isbn "1"`, `+3 :book/pages 9`, `+4398046512119 :db/ident :book/pages`, `+4398046512119 :db/valueType :db.type/long`, `+4398046512119 :db/cardinality :db.cardinality/one`}},
		{"an ident as the value of a ref", ``,
			`[:db/add "b" :book/isbn "1"] [:db/add "b" :book/genre :genre/novel]`,
			[]string{`+3 :book/isbn "1"`, `+3 :book/genre 1`}},
		{"nested maps, of components and of others with an identity", `{:book/isbn "1"}`,
			`{:book/isbn "1" :book/chapters [{:chapter/title "a"} {:chapter/title "b"}] :book/authors [{:author/name "Ann"}]}`,
			[]string{`+3 :book/authors 6`, `+3 :book/chapters 4`, `+3 :book/chapters 5`, `+4 :chapter/title "a"`, `+5 :chapter/title "b"`, `+6 :author/name "Ann"`}},
		{"a reversed key", `{:book/isbn "1"}`,
			`{:author/name "Ann" :book/_authors [[:book/isbn "1"] {:book/isbn "2"}]}`,
			[]string{`+3 :book/authors 4`, `+4 :author/name "Ann"`, `+5 :book/isbn "2"`, `+5 :book/authors 4`}},
		{"an upsert", `{:book/isbn "1" :book/title "A"}`,
			`{:book/isbn "1" :book/title "B"}`,
			[]string{`-3 :book/title "A"`, `+3 :book/title "B"`}},
		{"an upsert of a tempid", `{:book/isbn "1"}`,
			`[:db/add "b" :book/isbn "1"] [:db/add "b" :book/title "B"]`,
			[]string{`+3 :book/title "B"`}},
		{"an upsert by a composite tuple", `{:shelf/room 1 :shelf/number 2}`,
			`{:shelf/room 1 :shelf/number 2 :shelf/labels ["a" "b"]}`,
			[]string{`+3 :shelf/labels ["a" "b"]`}},
		{"a lookup ref by a composite tuple", `{:shelf/room 1 :shelf/number 2}`,
			`[:db/add [:shelf/room+number [1 2]] :shelf/corner [1.5 nil]]`,
			[]string{`+3 :shelf/corner [1.5 nil]`}},
		{"a lookup ref as :db/id and as a value", `{:book/isbn "1"} {:author/name "Ann"}`,
			`{:db/id [:book/isbn "1"] :book/authors [[:author/name "Ann"]]}`,
			[]string{`+3 :book/authors 4`}},
		{"a set on cardinality many", ``,
			`{:book/isbn "1" :book/tags #{:old :red}}`,
			[]string{`+3 :book/isbn "1"`, `+3 :book/tags :old`, `+3 :book/tags :red`}},
		{"a value that is there already", `{:book/isbn "1" :book/tags :red}`,
			`[:db/add 3 :book/tags :red]`, nil},
		{"a retraction of a value, of all values, of nothing", `{:book/isbn "1" :book/title "A" :book/tags [:old :red :thin]}`,
			`[:db/retract 3 :book/title "A"] [:db/retract 3 :book/tags] [:db/retract 3 :book/copies]`,
			[]string{`-3 :book/title "A"`, `-3 :book/tags :old`, `-3 :book/tags :red`, `-3 :book/tags :thin`}},
		{"a retraction of an attribute", `{:book/isbn "1" :book/chapters {:chapter/title "a"}}`,
			`[:db.fn/retractAttribute [:book/isbn "1"] :book/chapters]`,
			[]string{`-3 :book/chapters 4`, `-4 :chapter/title "a"`}},
		{"a retraction of an entity, with components and references to it", `{:book/isbn "1" :book/chapters {:chapter/title "a"}} {:book/isbn "2" :book/authors [[:book/isbn "1"]]}`,
			`[:db/retractEntity [:book/isbn "1"]]`,
			[]string{`-3 :book/isbn "1"`, `-3 :book/chapters 4`, `-4 :chapter/title "a"`, `-5 :book/authors 3`}},
		{"the old name of it", `{:author/name "Ann"}`, `[:db.fn/retractEntity 3]`, []string{`-3 :author/name "Ann"`}},
		{"compare and swap", `{:book/isbn "1" :book/copies 100}`, `[:db/cas 3 :book/copies 100 110]`,
			[]string{`-3 :book/copies 100`, `+3 :book/copies 110`}},
		{"compare and swap from nothing", `{:book/isbn "1"}`, `[:db.fn/cas [:book/isbn "1"] :book/copies nil 1]`,
			[]string{`+3 :book/copies 1`}},
		{"raw datoms", `{:book/isbn "1" :book/title "A"}`, `[3 :book/title "A" 536870914 false] [3 :book/copies 7 536870914 true]`,
			[]string{`-3 :book/title "A"`, `+3 :book/copies 7`}},
		{"what the transaction says of itself", ``, `{:db/id "datomic.tx" :audit/user "ann"} [:db/add "datomic.tx" :db/doc "moved"]`,
			[]string{`+13194139533315 :db/doc "moved"`, `+13194139533315 :audit/user "ann"`}},
		{"a ref to the transaction", `{:book/isbn "1"}`, `[:db/add 3 :book/authors :db/current-tx]`,
			[]string{`+3 :book/authors 13194139533315`}},
		{"an attribute renamed", ``, `{:db/id :book/title :db/ident :book/name}`,
			[]string{`+4398046512105 :db/ident :book/name`, `-4398046512105 :db/ident :book/title`}},
		{"an attribute's uniqueness retracted", ``, `[:db/retract :author/name :db/unique :db.unique/value]`,
			[]string{`-4398046512111 :db/unique :db.unique/value`}},
		{"cardinality many from one", ``, `{:db/id :book/title :db/cardinality :db.cardinality/many :db.alter/_attribute :db.part/db}`,
			[]string{`+4398046512105 :db/cardinality :db.cardinality/many`, `-4398046512105 :db/cardinality :db.cardinality/one`}},
		{"a spec and an entity that meets it", `{:db/ident :book/guard :db.entity/attrs [:book/isbn :book/title]}`,
			`{:book/isbn "1" :book/title "A" :db/ensure :book/guard}`,
			[]string{`+4 :book/isbn "1"`, `+4 :book/title "A"`}},
		{"a purge", `{:book/isbn "1" :book/title "A"}`, `[:db.purge/entity [:book/isbn "1"]]`, nil},
		{"forms in lists", `{:book/isbn "1"}`, `(:db/add 3 :book/title "A")`, []string{`+3 :book/title "A"`}},
		{"an empty map says nothing", ``, `{}`, nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t, Options{})
			w.ok(library)
			w.ok(c.given)
			w.does(c.tx, c.want...)
		})
	}
}
