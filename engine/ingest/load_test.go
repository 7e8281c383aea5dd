package ingest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

const data = "../../test/data/"

func create(t *testing.T) *engine.Conn {
	t.Helper()
	conn, err := engine.Create(context.Background(), cas.NewMemory(), "main", engine.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func current(t *testing.T, conn *engine.Conn) engine.DB {
	t.Helper()
	db, err := conn.DB(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// load imports text as a file of that name.
func load(conn *engine.Conn, name, text string, o Options) (Result, error) {
	ctx := context.Background()
	db, err := conn.DB(ctx)
	if err != nil {
		return Result{}, err
	}
	o.Name, o.Schema = name, db.Schema()
	s, err := Open(ctx, strings.NewReader(text), o)
	if err != nil {
		return Result{}, err
	}
	return Load(ctx, conn, db, s, engine.Meta{})
}

func mustLoad(t *testing.T, conn *engine.Conn, name, text string, o Options) Result {
	t.Helper()
	r, err := load(conn, name, text, o)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r
}

// imported is one file of a sample and how it is imported.
type imported struct {
	file string
	o    Options
}

var northwind = []imported{
	{"northwind/categories.csv", Options{Kind: "category"}},
	{"northwind/suppliers.csv", Options{Kind: "supplier", Mend: true}},
	{"northwind/products.csv", Options{Kind: "product", Refs: []string{"supplierID=supplier/supplierID", "categoryID=category"}, Types: []string{"unitPrice=bigdec"}}},
	{"northwind/customers.csv", Options{Kind: "customer"}},
	{"northwind/employees.csv", Options{Kind: "employee", Refs: []string{"reportsTo=employee"}}},
	{"northwind/orders.csv", Options{Kind: "order", Mend: true, Refs: []string{"customerID=customer", "employeeID=employee"}}},
	{"northwind/order-details.csv", Options{Refs: []string{"orderID=order", "productID=product"}}},
}

var music = []imported{
	{"music/shop.json", Options{Refs: []string{"artist=artist", "album=album", "boss=employee", "served-by=employee/id", "sale/customer=customer", "sale.lines/track=track"}, Types: []string{"price=bigdec"}}},
	{"music/plays.jsonl", Options{Kind: "play", Refs: []string{"track=track/id"}}},
}

var films = []imported{{"films/schema.edn", Options{}}, {"films/films.edn", Options{}}}

// loadFiles imports a sample and returns what was done for each file.
func loadFiles(t *testing.T, conn *engine.Conn, files []imported) (done []Result) {
	t.Helper()
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(data, f.file))
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, mustLoad(t, conn, f.file, string(text), f.o))
	}
	return done
}

// counts checks how many datoms attributes have.
func counts(t *testing.T, db engine.DB, want map[string]uint64) {
	t.Helper()
	for ident, n := range want {
		a, ok := db.Schema().ByIdent(ident)
		if !ok {
			t.Errorf("there is no attribute :%s", ident)
			continue
		}
		got, _, err := db.Count(context.Background(), engine.Pattern{A: engine.Some(a.ID)})
		if err != nil || got != n {
			t.Errorf(":%s has %d datoms, want %d (%v)", ident, got, n, err)
		}
	}
}

// values checks attributes of the entity that a lookup ref means, as EDN; "" for none.
func values(t *testing.T, db engine.DB, ident, key string, want map[string]string) {
	t.Helper()
	ctx := context.Background()
	id := entity(t, db, ident, key)
	for attr, v := range want {
		a, ok := db.Schema().ByIdent(attr)
		if !ok {
			t.Errorf("there is no attribute :%s", attr)
			continue
		}
		var got []string
		for d, err := range db.Match(ctx, engine.Pattern{E: engine.Some(id), A: engine.Some(a.ID)}) {
			if err != nil {
				t.Fatal(err)
			}
			if d.V.Kind() == engine.RefKind {
				home, _, err := db.HomeOf(ctx, d.V.Ref())
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, home.String())
			} else {
				got = append(got, engine.ToEDN(d.V).String())
			}
		}
		if strings.Join(got, " ") != v {
			t.Errorf("%s %s has :%s %s, want %s", ident, key, attr, strings.Join(got, " "), v)
		}
	}
}

func entity(t *testing.T, db engine.DB, ident, key string) engine.ID {
	t.Helper()
	a, ok := db.Schema().ByIdent(ident)
	if !ok {
		t.Fatalf("there is no attribute :%s", ident)
	}
	form, err := edn.Parse(key)
	if err != nil {
		t.Fatal(err)
	}
	v, err := engine.FromEDN(a.Type, form)
	if err != nil {
		t.Fatal(err)
	}
	id, ok, err := db.Entid(context.Background(), a.ID, v)
	if err != nil || !ok {
		t.Fatalf("[:%s %s]: %v, %v", ident, key, ok, err)
	}
	return id
}

func TestLoadNorthwind(t *testing.T) {
	conn := create(t)
	for i, r := range loadFiles(t, conn, northwind) {
		if r.Transactions != 1 || r.DB.T() != uint64(i+1) {
			t.Errorf("%s took %d transactions, up to %d", northwind[i].file, r.Transactions, r.DB.T())
		}
	}
	db := current(t, conn)
	counts(t, db, map[string]uint64{
		"category/categoryID": 8, "supplier/supplierID": 29, "product/productID": 77, "product/supplierID": 77, "customer/customerID": 91, "customer/region": 31,
		"employee/employeeID": 9, "employee/reportsTo": 8, "order/orderID": 830, "order/customerID": 830, "order/shippedDate": 809,
		"order-details/quantity": 2155, "order-details/orderID+productID": 2155,
	})
	values(t, db, "order/orderID", "10250", map[string]string{
		"order/customerID": "customer/HANAR", "order/shipAddress": `"Rua do Paço, 67"`, "order/freight": "65.83", "order/orderDate": `#inst "1996-07-08T00:00:00.000Z"`, "order/shipRegion": `"RJ"`,
	})
	values(t, db, "customer/customerID", `"ALFKI"`, map[string]string{"customer/city": `"Berlin"`, "customer/postalCode": `"12209"`, "customer/region": ""})
	values(t, db, "employee/employeeID", "1", map[string]string{"employee/reportsTo": "employee/2"})
	values(t, db, "employee/employeeID", "2", map[string]string{"employee/reportsTo": ""})
	values(t, db, "product/productID", "1", map[string]string{"product/unitPrice": "18.00M", "product/categoryID": "category/1"})
}

// Importing the same files again adds no transaction, in whatever batches.
func TestLoadTwice(t *testing.T) {
	for name, files := range map[string][]imported{"northwind": northwind, "music": music, "films": films} {
		conn := create(t)
		loadFiles(t, conn, files)
		before := current(t, conn)
		for i, r := range loadFiles(t, conn, files) {
			if r.Transactions != 0 || r.Unchanged == 0 {
				t.Errorf("%s, again: %d transactions, %d unchanged", files[i].file, r.Transactions, r.Unchanged)
			}
		}
		if after := current(t, conn); after.Commit() != before.Commit() {
			t.Errorf("%s: another commit after a second import", name)
		}
	}
}

func TestLoadMusic(t *testing.T) {
	conn := create(t)
	loadFiles(t, conn, music)
	db := current(t, conn)
	counts(t, db, map[string]uint64{"artist/id": 5, "album/id": 6, "track/id": 16, "track/genres": 25, "customer/email": 2, "sale.lines/path": 8, "play/id": 40, "play.device/volume": 40})
	values(t, db, "track/id", "9", map[string]string{"track/album": "album/4", "track/genres": `"latin"`, "track/price": "0.79M"})
	values(t, db, "customer/id", `"C-01"`, map[string]string{"customer/address": "customer.address/C-01", "customer/served-by": "employee/1"})
	values(t, db, "customer.address/path", `"C-01"`, map[string]string{"customer.address/city": `"Leipzig"`, "customer.address/zip": `"04109"`})
	values(t, db, "sale/id", "1003", map[string]string{"sale/at": `#inst "2024-03-01T18:45:00.000Z"`, "sale/customer": "customer/C-03", "sale/lines": "sale.lines/1003%2F1 sale.lines/1003%2F2", "sale/gift": "false"})
	values(t, db, "sale.lines/path", `"1003/2"`, map[string]string{"sale.lines/track": "track/6", "sale.lines/quantity": "1"})
}

func TestLoadFilms(t *testing.T) {
	conn := create(t)
	if done := loadFiles(t, conn, films); done[1].Transactions != 2 || done[1].Rows != 40 {
		t.Errorf("films: %+v", done[1])
	}
	db := current(t, conn)
	counts(t, db, map[string]uint64{"person/name": 20, "person/died": 5, "film/title": 20, "film/sequel": 4, "film/genre": 28, MarkIdent: 3})
	values(t, db, "film/title", `"Copper Sky"`, map[string]string{
		"film/sequel": "film/Copper Sky Returns", "film/cast": "person/Fabio Treharne person/Pavel Drummond", "film/year": "1973", "film/budget": "1900000.00M", "film/silent": "",
	})
}

// A second version of a file changes what has changed, and leaves alone what it does not tell.
func TestLoadChanges(t *testing.T) {
	conn := create(t)
	mustLoad(t, conn, "x.csv", "id,a,b\n1,x,5\n2,y,6\n", Options{})
	r := mustLoad(t, conn, "x.csv", "id,a,b,c\n1,z,5,true\n2,,6,\n3,n,,\n", Options{})
	if r.Transactions != 1 || r.Datoms != 2+1+2+3 { // a replaced, c, row 3, the attribute c
		t.Errorf("%+v", r)
	}
	db := current(t, conn)
	values(t, db, "x/id", "1", map[string]string{"x/a": `"z"`, "x/b": "5", "x/c": "true"})
	values(t, db, "x/id", "2", map[string]string{"x/a": `"y"`, "x/c": ""})
}

// Whatever the size of batches, the same facts come out.
func TestLoadBatches(t *testing.T) {
	text, err := os.ReadFile(data + "northwind/employees.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 20, 50, 1000} {
		conn := create(t)
		o := Options{Kind: "employee", Refs: []string{"reportsTo=employee/employeeID"}, Batch: size}
		r := mustLoad(t, conn, "employees.csv", string(text), o)
		if want := min(9, (9*20+size-1)/size); r.Transactions > want || size == 1 && r.Transactions != 9 {
			t.Errorf("batches of %d: %d transactions", size, r.Transactions)
		}
		db := current(t, conn)
		counts(t, db, map[string]uint64{"employee/employeeID": 9, "employee/reportsTo": 8, "employee/lastName": 9})
		values(t, db, "employee/employeeID", "1", map[string]string{"employee/reportsTo": "employee/2", "employee/lastName": `"Davolio"`})
		if r = mustLoad(t, conn, "employees.csv", string(text), o); r.Transactions != 0 {
			t.Errorf("batches of %d, again: %+v", size, r)
		}
	}
}

// What the database refuses is told with its place in the file, and nothing is written.
func TestLoadRefuses(t *testing.T) {
	conn := create(t)
	mustLoad(t, conn, "customer.csv", "id,age,tags\nA,7,x\n", Options{})
	mustLoad(t, conn, "log.csv", "what\nx\n", Options{})
	before := current(t, conn)
	for _, c := range []struct {
		name, text string
		o          Options
		want       string
	}{
		{"order.csv", "id,customer\n1,A\n2,B\n", Options{Refs: []string{"customer=customer/id"}}, `order.csv:3:3: nothing is found under [:customer/id "B"] (entity-id/missing)`},
		{"customer.csv", "id,age\nB,1\nC,old\n", Options{}, `customer.csv:3:3: column age: "old" is not of type long, which is the type according to the database`},
		{"customer.csv", "id,age\nB,1\n", Options{Types: []string{"age=string"}}, "customer.csv:1:4: column age is to be string (--type age=string), but :customer/age is long in the database"},
		{"customer.json", `[{"id": "A", "tags": ["x", "y"]}]`, Options{}, "customer.json:1:22: 2 values, but :customer/tags has cardinality one in the database"},
		{"customer.csv", "id,age\nB,1\n", Options{Keys: []string{"age"}}, "customer.csv: the key :customer/age is not a unique identity in the database"},
		{"customer.csv", "id,age\nB,1\n", Options{Refs: []string{"age=customer"}}, "customer.csv:1:4: --ref age=customer: :customer/age is long in the database, not a reference"},
		{"order.csv", "id,customer\n1,A\n", Options{Refs: []string{"customer=customer/age"}}, "order.csv:1:4: --ref customer=customer/age: :customer/age is not unique"},
		{"order.csv", "id,customer\n1,A\n", Options{Refs: []string{"customer=customers/id"}}, "order.csv: --ref customer=customers/id: nothing in the database or the file has the key :customers/id"},
		{"more.csv", "what\ny\n", Options{Kind: "log"}, "more.csv: rows without a key would replace those that :log/row counts already (The number of the row in log.csv)"},
		{"x.edn", "[{:customer/id \"A\"\n :customer/agee 5}]", Options{}, "x.edn:2:2: unknown attribute :customer/agee (transact/attribute)"},
	} {
		_, err := load(conn, c.name, c.text, c.o)
		if e := new(Error); !errors.As(err, &e) || err.Error() != c.want || e.Hint == "" {
			t.Errorf("%s %q:\n got %v\nwant %s, with a hint", c.name, c.text, err, c.want)
		}
	}
	if after := current(t, conn); after.Commit() != before.Commit() {
		t.Error("something was written")
	}
}

// A dry run says what would be done, over several files.
func TestLoadDry(t *testing.T) {
	ctx := context.Background()
	conn := create(t)
	db := current(t, conn)
	for _, f := range northwind[:3] {
		text, err := os.ReadFile(filepath.Join(data, f.file))
		if err != nil {
			t.Fatal(err)
		}
		f.o.Name, f.o.Schema = f.file, db.Schema()
		s, err := Open(ctx, bytes.NewReader(text), f.o)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Load(ctx, nil, db, s, engine.Meta{})
		if err != nil || r.Transactions != 1 {
			t.Fatalf("%s: %+v, %v", f.file, r, err)
		}
		db = r.DB
	}
	counts(t, db, map[string]uint64{"product/supplierID": 77})
	if current(t, conn).T() != 0 {
		t.Error("a dry run has written")
	}
}

// An import of tx data that stopped half way goes on where it stopped.
func TestLoadResumes(t *testing.T) {
	const text = `[{:db/ident :a :db/valueType :db.type/long :db/cardinality :db.cardinality/one}] [{:a 1}] [{:a 2}] [{:a 3}]`
	conn := create(t)
	ctx := context.Background()
	s, err := open("x.edn", text, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := &loader{conn: conn, schema: s.Schema(), result: Result{DB: current(t, conn)}}
	n := 0
	for b, err := range s.Batches(ctx) {
		if err != nil || n == 3 {
			break
		}
		if err := l.batch(ctx, b); err != nil { // commits the one before
			t.Fatal(err)
		}
		n++
	}
	if r := mustLoad(t, conn, "renamed.edn", text, Options{}); r.Transactions != 2 || r.Unchanged != 2 {
		t.Errorf("%+v", r)
	}
	counts(t, current(t, conn), map[string]uint64{"a": 3})
}

// The last batch stores all nodes, however small the import: whoever opens the database replays nothing.
func TestLoadLeavesNoTail(t *testing.T) {
	store := cas.NewMemory()
	conn, err := engine.Create(t.Context(), store, "main", engine.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	mustLoad(t, conn, "few.csv", "id,name\n1,Ada\n", Options{})
	c, err := engine.ReadCommit(t.Context(), store, current(t, conn).Commit())
	if err != nil || c.Tail != 0 {
		t.Errorf("a tail of %d, %v", c.Tail, err)
	}
}
