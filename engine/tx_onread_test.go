package engine

import "testing"

func TestSchemaOnRead(t *testing.T) {
	w := newWorld(t, Options{SchemaOnRead: true})
	w.does(`{:db/id 1 :any "Data" :n/x 5}`,
		`+1 :any "Data"`, `+1 :n/x 5`, `+4398046512104 :db/ident :any`, `+4398046512105 :db/ident :n/x`)
	w.does(`{:db/id 2 :any :kw} [:db/add 3 :any 1.5] {:db/id 4 :any ["a" 1 nil]} {:db/id 1 :any true}`,
		`+1 :any true`, `-1 :any "Data"`, `+2 :any :kw`, `+3 :any 1.5`, `+4 :any ["a" 1 nil]`)
	w.fails(codeValue, `{:db/id 1 :any #{1 2}}`, ":db.cardinality/many")
	w.fails(codeValue, `{:db/id 1 :any {:a 1}}`)
	w.does(`[:db/retract 1 :unknown] [:db/retract 1 :unknown 5] [:db.fn/retractAttribute 1 :unknown]`)
	w.fails(codeAttribute, `{:db/id 1 :db/idnt :x}`, "did you mean :db/ident?")
	w.fails(codeLookupUnique, `[:db/add [:unknown 5] :any 1]`)
	w.fails(codeSyntax, `{:db/id 1 :_x 1}`, "only references can be reversed")
}

func TestSchemaOnReadWithDeclarations(t *testing.T) {
	w := newWorld(t, Options{SchemaOnRead: true})
	w.ok(`{:aka ["x" "y"] :email "a" :new 1} {:db/ident :aka :db/cardinality :db.cardinality/many} {:db/ident :email :db/unique :db.unique/identity}
		{:db/ident :friend :db/valueType :db.type/ref}`)
	for i, ident := range []string{"aka", "email", "friend", "new"} {
		if a, ok := w.db.Schema().ByIdent(ident); !ok || a.ID != firstAttr+ID(i) {
			t.Errorf("%s: %+v", ident, a)
		}
	}
	w.has(1, `:aka "x"`, `:aka "y"`, `:email "a"`, `:new 1`)
	w.does(`{:email "a" :aka :z :friend {:email 5}}`, `+1 :aka :z`, `+1 :friend 2`, `+2 :email 5`)
	w.fails(codeSchema, `{:db/ident :new :db/valueType :db.type/string}`, "is of type any and has been used")
}
