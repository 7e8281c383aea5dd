package engine

import (
	"errors"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
)

func TestArgument(t *testing.T) {
	for _, c := range []struct{ text, forms, by, msg string }{
		{`{:tx-data [{:a/b 1} [:db/add 1 :a/c 2]]}`, `[{:a/b 1} [:db/add 1 :a/c 2]]`, "-", "-"},
		{`{:tx-data ({:a/b 1})}`, `[{:a/b 1}]`, "-", "-"},
		{`{:tx-data [] :tx-meta nil :by nil}`, `[]`, "-", "-"},
		{`{:tx-data [] :tx-meta {} :by "" :msg "x"}`, `[]`, "", "x"},
		{`{:msg "why" :tx-meta {:audit/user "ada" :db/txInstant #inst "2024-03-31"} :tx-data [{:a/b 1}] :by "ada"}`,
			`[{:db/id "datomic.tx", :audit/user "ada", :db/txInstant #inst "2024-03-31T00:00:00.000Z"} {:a/b 1}]`, "ada", "why"},
	} {
		form, err := edn.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		a, ok, err := ReadArgument(form)
		if err != nil || !ok || edn.MakeVector(a.Forms...).String() != c.forms {
			t.Errorf("%s: %v %v %v", c.text, a.Forms, ok, err)
		}
		if m := a.Over(Meta{By: "-", Msg: "-"}); m != (Meta{By: c.by, Msg: c.msg}) {
			t.Errorf("%s: %+v", c.text, m)
		}
	}
	for _, text := range []string{`{:person/name "Ada"}`, `[:tx-data]`, `{:tx/data [] :by "x"}`, `nil`} {
		form, err := edn.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok, err := ReadArgument(form); ok || err != nil {
			t.Errorf("%s is no argument map: %v %v", text, ok, err)
		}
	}
}

func TestArgumentRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{:tx-data {:a/b 1}}`:                      "1:11: :tx-data is a vector of forms, and {:a/b 1} is none (transact/syntax)",
		`{:tx-data [] :tx-meta [1]}`:               "1:23: :tx-meta is a map of attributes, and [1] is none (transact/syntax)",
		`{:tx-data [] :tx-meta {:db/id 7 :a/b 1}}`: "1:24: :tx-meta is about the transaction itself, which needs no :db/id (transact/syntax)",
		`{:tx-data [] :by ada}`:                    "1:18: :by is a string, and ada is none (transact/syntax)",
		`{:tx-data [] :message "x"}`:               "1:14: :message is none of :tx-data, :tx-meta, :by and :msg (transact/syntax)",
	} {
		form, err := edn.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		_, ok, err := ReadArgument(form)
		if te := new(TxError); !ok || !errors.As(err, &te) || err.Error() != want {
			t.Errorf("%s: %v %v, want %s", text, ok, err, want)
		}
	}
}
