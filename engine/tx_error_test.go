package engine

import (
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
)

func TestTxErrorText(t *testing.T) {
	e := TxError{Code: codeUnique, Msg: "taken", Hint: "try another"}
	if got := e.Error(); got != "taken (transact/unique)" {
		t.Error(got)
	}
	e.Pos = edn.Pos{Line: 3, Col: 7}
	if got := e.Error(); got != "3:7: taken (transact/unique)" {
		t.Error(got)
	}
}

// TestValuesThatAreTooLarge for keys: only texts and bytes can live out of line.
func TestValuesThatAreTooLarge(t *testing.T) {
	w := newTuples(t)
	long := strings.Repeat("x", 1100)
	w.ok(`{:db/ident :x/kw :db/valueType :db.type/keyword} {:db/ident :x/n :db/valueType :db.type/bigint} {:db/ident :x/t :db/valueType :db.type/tuple :db/tupleType :db.type/string}`)
	w.fails(codeValue, `{:db/id 1 :x/kw :`+long+`}`, "longer than the 1024")
	w.fails(codeValue, `{:db/id 1 :x/n 1`+strings.Repeat("0", 3000)+`}`, "longer than the 1024")
	w.fails(codeValue, `{:db/id 1 :x/t ["a" "`+long+`"]}`, ":x/t", "longer than the 1024")
	w.fails(codeValue, `{:db/id 1 :t/long 5 :t/name "`+long+`"}`, "composite tuple :t/whole", "longer than the 1024")
}
