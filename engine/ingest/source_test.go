package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
)

// open reads text as a file of that name.
func open(name, text string, o Options) (*Source, error) {
	o.Name = name
	return Open(context.Background(), strings.NewReader(text), o)
}

// all is everything that a source yields: its schema, then the batches, one a line.
func all(t *testing.T, s *Source) string {
	t.Helper()
	lines := []string{short(s.Schema())}
	for b, err := range s.Batches(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, edn.MakeVector(b.Forms...).String())
	}
	return strings.Join(lines, "\n")
}

// short is a schema with as little of its words as tells it.
func short(schema []edn.Value) string {
	var all []string
	for _, m := range schema {
		s := m.String()
		for _, word := range []string{":db/ident ", ":db/valueType :db.type/", ":db/cardinality :db.cardinality/", ":db/unique :db.unique/", ", :db.cardinality/one", "one, ", ", one"} {
			s = strings.ReplaceAll(s, word, "")
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

func TestSource(t *testing.T) {
	for _, c := range []struct {
		what, name, text string
		o                Options
		want             string
	}{
		{"types, empty cells and a key by its name", "customers.csv", "id,name,since,score,vip,empty\nA,Ann,2026-01-02,1.5,true,\nB,\"\",NULL,2,,\n", Options{},
			`{:customers/id, string, identity} {:customers/name, string} {:customers/since, instant} {:customers/score, double} {:customers/vip, boolean}
[{:customers/id "A", :customers/name "Ann", :customers/since #inst "2026-01-02T00:00:00.000Z", :customers/score 1.5, :customers/vip true} {:customers/id "B", :customers/score 2.0}]`},
		{"the kind, the types and the key as given; names made fit", "x.tsv", "Item No\tPrice (EUR)\tname:string\n7\t1.10\t1\n", Options{Kind: "item", Keys: []string{"Item No"}, Types: []string{"Price (EUR)=bigdec"}},
			`{:item/Item-No, long, identity} {:item/Price-EUR, bigdec} {:item/name, string}
[{:item/Item-No 7, :item/Price-EUR 1.10M, :item/name "1"}]`},
		{"spaces around keys do not count", "x.csv", "id; name\n A ; x\n", Options{},
			`{:x/id, string, identity} {:x/name, string}
[{:x/id "A", :x/name " x"}]`},
		{"no key: the number of the row", "log.csv", "what\na\na\n", Options{},
			`{:log/what, string} {:log/row, long, identity, :db/doc "The number of the row in log.csv"}
[{:log/row 1, :log/what "a"} {:log/row 2, :log/what "a"}]`},
		{"an id that is not unique, and a column called row", "log.csv", "id,row\n1,2\n1,3\n", Options{},
			`{:log/id, long} {:log/row, long} {:log/row-2, long, identity, :db/doc "The number of the row in log.csv"}
[{:log/row-2 1, :log/id 1, :log/row 2} {:log/row-2 2, :log/id 1, :log/row 3}]`},
		{"ids that are unique together", "line.csv", "orderID,productID,n\n1,1,5\n1,2,5\n2,1,6\n", Options{},
			`{:line/orderID, long} {:line/productID, long} {:line/n, long} {:line/orderID+productID, tuple, identity, :db/tupleAttrs [:line/orderID :line/productID]}
[{:line/orderID 1, :line/productID 1, :line/n 5} {:line/orderID 1, :line/productID 2, :line/n 5} {:line/orderID 2, :line/productID 1, :line/n 6}]`},
		{"a composite key as given", "x.csv", "a,b\n1,+\n1,%\n", Options{Keys: []string{"a,b"}},
			`{:x/a, long} {:x/b, string} {:x/a+b, tuple, identity, :db/tupleAttrs [:x/a :x/b]}
[{:x/a 1, :x/b "+"} {:x/a 1, :x/b "%"}]`},
		{"references to rows of the same file, before and after", "employee.csv", "id,boss\n1,3\n2,1\n3,\n", Options{Refs: []string{"boss=employee/id"}},
			`{:employee/id, long, identity} {:employee/boss, ref}
[{:employee/id 1, :employee/boss {:employee/id 3}} {:employee/id 2, :employee/boss {:employee/id 1}} {:employee/id 3}]`},
		{"batches", "x.csv", "id,a\n1,1\n2,2\n3,\n4,4\n", Options{Batch: 3},
			`{:x/id, long, identity} {:x/a, long}
[{:x/id 1, :x/a 1} {:x/id 2, :x/a 2}]
[{:x/id 3} {:x/id 4, :x/a 4}]`},
		{"rows that are mended", "x.csv", "id,a,b\n1,x, y,z\n2,x\n", Options{Mend: true},
			`{:x/id, long, identity} {:x/a, string} {:x/b, string}
[{:x/id 1, :x/a "x, y", :x/b "z"} {:x/id 2, :x/a "x"}]`},
		{"other words for nothing, but not in quotes", "x.csv", "id,a\n1,-\n2,\"-\"\n3,NULL\n", Options{Nulls: []string{"-"}},
			`{:x/id, long, identity} {:x/a, string}
[{:x/id 1} {:x/id 2, :x/a "-"} {:x/id 3, :x/a "NULL"}]`},
		{"whole attributes", "x.csv", "person/email,age\na@b,7\n", Options{Keys: []string{"person/email"}},
			`{:person/email, string, identity} {:x/age, long}
[{:person/email "a@b", :x/age 7}]`},
		{"an array of rows", "x.json", `[{"id": 1, "t": "7", "n": null, "tags": ["a", "b", null], "none": []}, {"id": 2, "tags": "c", "t": 8}]`, Options{},
			`{:x/id, long, identity} {:x/t, string} {:x/tags, string, many}
[{:x/id 1, :x/t "7", :x/tags ["a" "b"]} {:x/id 2, :x/tags "c", :x/t "8"}]`},
		{"lines, with a key that is a uuid", "x.jsonl", "{\"uuid\": \"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"}\n{\"uuid\": \"f81d4fae-7dec-11d0-a765-00a0c91e6bf7\"}", Options{},
			`{:x/uuid, uuid, identity}
[{:x/uuid #uuid "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"} {:x/uuid #uuid "f81d4fae-7dec-11d0-a765-00a0c91e6bf7"}]`},
		{"lines in a file called json", "x.json", `{"id": 1, "a": 2.5} {"id": 2, "a": 3}`, Options{},
			`{:x/id, long, identity} {:x/a, double}
[{:x/id 1, :x/a 2.5} {:x/id 2, :x/a 3.0}]`},
		{"a row that begins with scalars in an array", "x.json", `{"tags": [1], "id": 1}`, Options{},
			`{:x/tags, long, many} {:x/id, long, identity}
[{:x/tags [1], :x/id 1}]`},
		{"kinds, and references between them in any order", "shop.json", `{"album": [{"id": 1, "artist": "b"}], "none": [], "artist": [{"id": "a"}, {"id": "b"}]}`, Options{Refs: []string{"artist=artist"}},
			`{:album/id, long, identity} {:album/artist, ref} {:artist/id, string, identity}
[{:album/id 1, :album/artist {:artist/id "b"}} {:artist/id "a"} {:artist/id "b"}]`},
		{"a first kind that is empty", "shop.json", `{"none": [], "artist": [{"id": "a"}]}`, Options{},
			`{:artist/id, string, identity}
[{:artist/id "a"}]`},
		{"nested rows", "order.jsonl", `{"id": 7, "to": {"id": "B"}, "lines": [{"n": 1}, null, {"n": 2, "to": {"x": 1}}]}`, Options{Keys: []string{"order.lines/n"}},
			`{:order/id, long, identity} {:order/to, ref, :db/isComponent true} {:order/lines, ref, many, :db/isComponent true} {:order.to/id, string} {:order.to/path, string, identity, :db/doc "The key of the row around it, and which of its rows it is"} {:order.lines/n, long, identity} {:order.lines/to, ref, :db/isComponent true} {:order.lines.to/x, long} {:order.lines.to/path, string, identity, :db/doc "The key of the row around it, and which of its rows it is"}
[{:order/id 7, :order/to {:order.to/path "7", :order.to/id "B"}, :order/lines [{:order.lines/n 1} {:order.lines/n 2, :order.lines/to {:order.lines.to/path "2", :order.lines.to/x 1}}]}]`},
		{"nested rows without a key, in rows without one", "x.jsonl", `{"in": [{"a": 1}, {"a": 1}]} {"in": {"a": 1}}`, Options{Keys: nil},
			`{:x/in, ref, many, :db/isComponent true} {:x/row, long, identity, :db/doc "The number of the row in x.jsonl"} {:x.in/a, long} {:x.in/path, string, identity, :db/doc "The key of the row around it, and which of its rows it is"}
[{:x/row 1, :x/in [{:x.in/path "1/1", :x.in/a 1} {:x.in/path "1/2", :x.in/a 1}]} {:x/row 2, :x/in {:x.in/path "2", :x.in/a 1}}]`},
		{"tx data: a vector is a transaction, and so are forms around it", "x.edn", `{:a 1} [:db/add 1 :b 2] [{:c 3} [:db/add "x" :d 4]] [] [1 :e 5] ; end`, Options{},
			`{:dhfs.import/part, string, value, :db/doc "The file of EDN that a transaction was imported from, by its sha-256, and which of its transactions it was"}
[{:a 1} [:db/add 1 :b 2]]
[{:c 3} [:db/add "x" :d 4]]
[[1 :e 5]]`},
		{"tx data: an argument map is a transaction, whatever its size", "x.edn", `{:a 1} {:msg "why" :tx-data [{:b 2} {:b 3} {:b 4}] :tx-meta {:d 4}} {:tx-data []} {:e 5} [{:tx-data [1]}]`, Options{Batch: 2},
			`{:dhfs.import/part, string, value, :db/doc "The file of EDN that a transaction was imported from, by its sha-256, and which of its transactions it was"}
[{:a 1}]
[{:b 2} {:b 3} {:b 4} {:db/id "datomic.tx", :d 4}]
[]
[{:e 5}]
[{:tx-data [1]}]`},
		{"tx data: big vectors are parted", "x.edn", `[{:a 1} {:a [1 2]} {:a 2} {:a 3 :b #{1 2 3}} {:a 4}]`, Options{Batch: 3},
			`{:dhfs.import/part, string, value, :db/doc "The file of EDN that a transaction was imported from, by its sha-256, and which of its transactions it was"}
[{:a 1} {:a [1 2]}]
[{:a 2} {:a 3, :b #{1 2 3}}]
[{:a 4}]`},
		{"tx data: tempids hold forms together", "x.edn", `[{:a 1} {:db/id -1 :a 2} {:a 3} {:a 4}] {:a 5}`, Options{Batch: 2},
			`{:dhfs.import/part, string, value, :db/doc "The file of EDN that a transaction was imported from, by its sha-256, and which of its transactions it was"}
[{:a 1} {:db/id -1, :a 2} {:a 3} {:a 4}]
[{:a 5}]`},
	} {
		s, err := open(c.name, c.text, c.o)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if got := all(t, s); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
		if got, again := all(t, s), all(t, s); got != again {
			t.Errorf("%s: not the same when read again:\n%s\n%s", c.what, got, again)
		}
	}
}

func TestRefuse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		o          Options
		want       string
	}{
		{"x.csv", "", Options{}, "x.csv: the file is empty"},
		{"x.csv", "a,a\n1,2\n", Options{}, "x.csv:1:3: the column a is there twice"},
		{"x.csv", "a,,b\n", Options{}, "x.csv:1:3: column 2 of the header has no name"},
		{"x.csv", "a b,a-b\n", Options{}, `x.csv:1:5: the columns "a b" and "a-b" both become :x/a-b`},
		{"x.csv", "a,(%)\n", Options{}, `x.csv:1:3: the column name "(%)" cannot be part of an attribute`},
		{"x.csv", "a,db/ident\n", Options{}, "x.csv:1:3: attributes such as :db/ident belong to the system"},
		{"db.csv", "a\n", Options{}, "db.csv:1:1: attributes such as :db/a belong to the system"},
		{"x.csv", "a,b\n1,2\n1,2,3\n", Options{}, "x.csv:3:5: the row has 3 cells, and the header 2"},
		{"x.csv", "a,b\n1,2\n1\n", Options{}, "x.csv:3:1: the row has 1 cells, and the header 2"},
		{"x.csv", "a,b\n1,2,3\n", Options{Mend: true}, "x.csv:2:5: the row has 3 cells, and the header 2"},
		{"x.csv", "a,b\n1,\"x\" y\n", Options{}, "x.csv:2:6: text after the closing quote of a cell"},
		{"x.csv", "id,a\n1,2\n\n1,3\n", Options{Keys: []string{"id"}}, "x.csv:4:1: the key id is 1 a second time"},
		{"x.csv", "a,b\n1,2\n1,2\n", Options{Keys: []string{"a,b"}}, "x.csv:3:1: the key a, b is 1+2 a second time"},
		{"x.csv", "id,a\n1,2\n,3\n", Options{Keys: []string{"id"}}, "x.csv:3:1: the key id is missing"},
		{"x.csv", "id,a\n1,2\n", Options{Keys: []string{"key"}}, "x.csv: --key key: there is no column key"},
		{"x.csv", "id,a\n1,2\n", Options{Refs: []string{"b=c/d"}}, "x.csv: --ref b=c/d: there is no column b"},
		{"x.csv", "id,a\n1,2\n", Options{Refs: []string{"a=c/d"}}, "x.csv: --ref a=c/d: nothing in the database or the file has the key :c/d"},
		{"x.csv", "id,a\n1,2\n", Options{Refs: []string{"a"}}, "x.csv: --ref a has no ="},
		{"x.csv", "id,a\n1,2\n", Options{Types: []string{"a=money"}}, "x.csv: --type a=money: there is no type money"},
		{"x.csv", "id,a\n1,2\n2,x\n", Options{Types: []string{"a=long"}}, `x.csv:3:3: column a: "x" is not of type long, which is the type according to --type a=long`},
		{"x.csv", "id,a:int\n1,2\n2,x\n", Options{}, `x.csv:3:3: column a:int: "x" is not of type long, which is the type according to its name`},
		{"x.csv", "id\n1\n", Options{Kind: "a b"}, "x.csv: the kind a b cannot be a namespace"},
		{"%.csv", "id\n1\n", Options{}, "%.csv: the name of the file gives no kind"},
		{"x.txt", "id\n1\n", Options{}, `x.txt: the ending ".txt" does not tell the format`},
		{"x.txt", "id\n1\n", Options{Format: "xml"}, `x.txt: unknown format "xml"`},
		{"x.json", `[{"a": 1}, 2]`, Options{}, "x.json:1:12: 2 is not a row"},
		{"x.json", `[{"a": 1}] [`, Options{}, "x.json:1:12: the vector opened here is never closed: the text ends at 1:13 without ]"},
		{"x.json", `[{"a": 1}] {}`, Options{}, "x.json:1:12: something follows after the end of the rows"},
		{"x.json", `{"a": [{"b": 1}], "c": 2}`, Options{}, `x.json:1:19: "c" is not an array of rows, as the first member is`},
		{"x.json", `{"a": [{"b": 1}]}`, Options{Kind: "y"}, "x.json:1:2: the file names the kinds of its rows: a"},
		{"x.json", "[{\"a\": 1},\n {\"a\" 2}]", Options{}, "x.json:2:7: '2' where ':' should stand in the { opened at 2:2"},
		{"x.jsonl", `{"a": [[1]]}`, Options{}, "x.jsonl:1:8: an array inside an array: there is no attribute for that"},
		{"x.jsonl", `{"a": {"b": 1}} {"a": 2}`, Options{}, "x.jsonl:1:23: 2, where the column a has {…} elsewhere (line 1)"},
		{"x.jsonl", `{"a": 2} {"a": {"b": 1}}`, Options{}, "x.jsonl:1:16: {…}, where the column a has other values elsewhere (line 1)"},
		{"x.jsonl", `{"a": 2, "": 3}`, Options{}, `x.jsonl:1:10: the column name "" cannot be part of an attribute`},
		{"x.jsonl", `{"a": 2} {"id": 3}`, Options{Keys: []string{"id"}}, "x.jsonl: --key id: the first row of x does not have it"},
		{"x.jsonl", "{\"a\": \"\xe9\"}", Options{}, "x.jsonl:1:8: the byte 0xe9 is not UTF-8"},
		{"x.edn", "[{:a 1}\n {:b}]", Options{}, "x.edn:2:3: the map opened at 2:2 has an odd number of forms: :b has no value"},
		{"x.edn", "{:a 1}\n 5", Options{}, "x.edn:2:2: 5 is no tx data"},
		{"x.edn", "[{:a 1} 5]", Options{}, "x.edn:1:9: 5 is no tx data"},
		{"x.edn", "{:a 1}", Options{Keys: []string{"a"}}, "x.edn: --key is not for tx data, which names its attributes itself"},
		{"x.edn", "[{:db/id -1 :a 1}" + strings.Repeat(" {:a 1}", 20) + "]", Options{Batch: 2}, "x.edn:1:2: a transaction of more than 20 datoms that uses tempids"},
	} {
		s, err := open(c.name, c.text, c.o)
		if err == nil {
			t.Errorf("%s %q is accepted: %s", c.name, c.text, all(t, s))
			continue
		}
		if e := new(Error); !errors.As(err, &e) || err.Error() != c.want {
			t.Errorf("%s %q:\n got %v\nwant %s", c.name, c.text, err, c.want)
		}
	}
}

// A reference to a row that is not there is found when it is made.
func TestMissingTarget(t *testing.T) {
	s, err := open("employee.csv", "id,boss\n1,2\n2,3\n", Options{Refs: []string{"boss=employee"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, err = range s.Batches(context.Background()) {
	}
	if want := "employee.csv:3:3: column boss: nothing has the key \"3\" (:employee/id)"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestReport(t *testing.T) {
	s, err := open("shop.json", `{"artist": [{"artistId": 1, "born": "2001-02-03T04:05:06.123456Z"}], "album": [{"id": 1, "artistId": 1, "tags": ["x"]}], "log": [{"a": 1}], "none": []}`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := `artist 1 artist/artistId by its name
 artistId artist/artistId long false true 1
 born artist/born instant false true 1
album 1 album/id by its name
 id album/id long false true 1
 artistId album/artistId long false true 1
 tags album/tags string true true 1
log 1 log/row no column is named like a key and unique
 a log/a long false true 1
none 0  
times in artist/born are cut to milliseconds
album/artistId may refer to artist: --ref artistId=artist/artistId makes it a reference
rows of log are identified by their number (:log/row), since no column is named like a key and unique: if the file is imported again, rows must not have moved
none has no rows
`
	if got := told(s.Report()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// told is a report as text.
func told(r Report) string {
	var b strings.Builder
	for _, k := range r.Kinds {
		fmt.Fprintln(&b, k.Kind, k.Rows, k.Key, k.KeyBy)
		for _, c := range k.Columns {
			fmt.Fprintln(&b, "", c.Column, c.Attr, c.Type, c.Many, c.New, c.Values)
		}
	}
	for _, note := range r.Notes {
		fmt.Fprintln(&b, note)
	}
	return b.String()
}

func TestProgress(t *testing.T) {
	var last, total int64
	s, err := open("x.csv", "id\n1\n2\n", Options{Progress: func(read, of int64) { last, total = read, of }})
	if err != nil {
		t.Fatal(err)
	}
	if last != 7 || total != 14 {
		t.Errorf("after the first pass %d of %d bytes", last, total)
	}
	all(t, s)
	if last != 14 {
		t.Errorf("after both passes %d of %d bytes", last, total)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Open(ctx, strings.NewReader("id\n1\n"), Options{Name: "x.csv"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
