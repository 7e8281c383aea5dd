package ingest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
)

// loaded is a new database with a file in it.
func loaded(t *testing.T, name, text string, o engine.Options) engine.DB {
	t.Helper()
	ctx := t.Context()
	conn, err := engine.Create(ctx, cas.NewMemory(), "main", o, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	db, err := conn.DB(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, strings.NewReader(text), Options{Name: name, Schema: db.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Load(ctx, conn, db, s, engine.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	return r.DB
}

// held is what a database holds, attributes by their names.
func held(t *testing.T, db engine.DB) (all []string) {
	t.Helper()
	for d, err := range db.Match(t.Context(), engine.Pattern{}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, isTx := engine.TxOf(d.E); isTx || d.E >= engine.AttributeID(0) && d.E < engine.TxID(0) {
			continue
		}
		a, _ := db.Schema().ByID(d.A)
		all = append(all, fmt.Sprintf("%d :%s %s %d", d.E, a.Ident, engine.ToEDN(d.V), d.T))
	}
	return all
}

const datomicTx = 13194139533312

// A log of Datomic has numbers for attributes, types and cardinalities. It is read with the making of the database at its beginning, and without.
func TestNumericLog(t *testing.T) {
	const bootstrap = `{:t 0 :data [[13194139533312 50 #inst "1970-01-01" 13194139533312 true] [0 10 :db.part/db 13194139533312 true] [10 10 :db/ident 13194139533312 true]
  [10 40 21 13194139533312 true] [10 41 35 13194139533312 true] [23 10 :db.type/string 13194139533312 true] [35 10 :db.cardinality/one 13194139533312 true]
  [40 10 :db/valueType 13194139533312 true] [0 13 10 13194139533312 true] [40 62 "The type" 13194139533312 true]]}`
	const log = `{:t 1000 :data [[13194139534312 50 #inst "2024-01-01" 13194139534312 true]
  [72 10 :p/name 13194139534312 true] [72 40 23 13194139534312 true] [72 41 35 13194139534312 true] [72 42 38 13194139534312 true] [0 13 72 13194139534312 true]
  [73 10 :p/friend 13194139534312 true] [73 40 20 13194139534312 true] [73 41 36 13194139534312 true] [73 62 "Who" 13194139534312 true]]}
 {:t 1003 :data [[13194139534315 50 #inst "2024-01-02" 13194139534315 true] [17592186045418 72 "Ada" 13194139534315 true] [17592186045419 72 "Bo" 13194139534315 true]
  [17592186045418 73 17592186045419 13194139534315 true]]}
 {:t 1004 :data [[13194139534316 50 #inst "2024-01-03" 13194139534316 true] [17592186045419 72 "Bo" 13194139534316 false] [17592186045419 72 "Bob" 13194139534316 true]]}`
	want := []string{
		`17592186045418 :p/name "Ada" 2`, `17592186045418 :p/friend 17592186045419 2`, `17592186045419 :p/name "Bob" 3`,
	}
	for name, text := range map[string]string{"with the beginning": bootstrap + log, "without": log} {
		db := loaded(t, "log.edn", text, engine.Options{})
		if got := held(t, db); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		a, ok := db.Schema().ByIdent("p/friend")
		if !ok || !a.Many || a.Type != engine.RefKind || a.Doc != "Who" {
			t.Errorf("%s: %+v", name, a)
		}
		if a, _ := db.Schema().ByIdent("p/name"); a.Unique != engine.UniqueIdentity {
			t.Errorf("%s: %+v", name, a)
		}
		if db.T() != 3 || db.At().Format("2006-01-02") != "2024-01-03" {
			t.Errorf("%s: t %d at %s", name, db.T(), db.At())
		}
	}
	for text, want := range map[string]string{
		`[[5 999 1 13194139534312 true]]`:                                     "log.edn:1:3: the attribute is 999, and nothing tells which one that is",
		`[[5 10 :x/y 13194139534312 true] [5 40 777 13194139534312 true]]`:    "log.edn:1:35: the value of :db/valueType is 777, and nothing tells what that is",
		`[[5 10 :x/y 13194139534312 true] [5 10 :x/y 13194139534312 true] 7]`: "log.edn:1:66: this is no datom",
	} {
		_, err := Open(t.Context(), strings.NewReader(text), Options{Name: "log.edn"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// Attributes of Datomic that dhfs does not have are told of, where they are said of a user's entities.
func TestUnknownSystemAttributes(t *testing.T) {
	const log = `[[72 :db/ident :p/name 13194139534312 true] [72 :db/valueType :db.type/string 13194139534312 true] [72 :db/cardinality :db.cardinality/one 13194139534312 true]
  [72 :db/fulltext true 13194139534312 true] [73 :db/excise 72 13194139534313 true] [0 :db.install/attribute 72 13194139534312 true] [5 :p/name "Ada" 13194139534313 true]]`
	s, err := Open(t.Context(), strings.NewReader(log), Options{Name: "log.edn"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"2 datoms left out whose attributes are the system's and not known here: :db/excise, :db/fulltext"}
	if r := s.Report(); !slices.Equal(r.Notes, want) || r.Forms != 7 {
		t.Errorf("%q of %d, want %q", r.Notes, r.Forms, want)
	}
}

// manyDatoms is a file of n datoms, a tenth as many transactions, in the order of transactions or in none.
func manyDatoms(n int, mixed bool) string {
	lines := []string{fmt.Sprintf("[1000 :db/ident :p/n %[1]d true]\n[1000 :db/valueType :db.type/long %[1]d true]\n[1000 :db/cardinality :db.cardinality/one %[1]d true]", datomicTx+1)}
	for i := range n {
		tx := datomicTx + 1 + i/10
		lines = append(lines, fmt.Sprintf("[%d :p/n %d %d true]", i+1_000_000, i, tx))
	}
	if mixed {
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
	return strings.Join(lines, "\n")
}

// Datoms that come in no order are sorted, in temporary files when they are many.
func TestDatomsInAnyOrder(t *testing.T) {
	want := loaded(t, "a.edn", manyDatoms(2000, false), engine.Options{})
	defer func(n int) { maxRun = n }(maxRun)
	for _, maxRun = range []int{100, 1999, 2001, 100_000} {
		got := loaded(t, "a.edn", manyDatoms(2000, true), engine.Options{})
		if got.T() != want.T() || !slices.Equal(held(t, want), held(t, got)) {
			t.Errorf("runs of %d: t %d, want %d", maxRun, got.T(), want.T())
		}
	}
}

// What is held of a file of datoms does not grow with it, but for the numbers of its transactions.
func TestDatomsAreStreamed(t *testing.T) {
	const n = 200_000
	defer func(n int) { maxRun = n }(maxRun)
	maxRun = 5000
	for _, mixed := range []bool{false, true} {
		text := manyDatoms(n, mixed)
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s, err := Open(context.Background(), strings.NewReader(text), Options{Name: "a.edn"})
		if err != nil {
			t.Fatal(err)
		}
		rows, most := 0, uint64(0)
		for b, err := range s.Batches(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			if rows += b.Rows; rows == n/2 {
				runtime.GC()
				runtime.ReadMemStats(&after)
				most = after.HeapAlloc
			}
		}
		if rows != n+3 {
			t.Errorf("mixed %t: %d datoms, want %d", mixed, rows, n+3)
		}
		// As values they take 30 MB and more.
		if held := int64(most) - int64(before.HeapAlloc); held > 12<<20 {
			t.Errorf("mixed %t: %d KB held", mixed, held>>10)
		}
		runtime.KeepAlive(text)
	}
}

// The numbers of transactions that only count are no entities.
func TestEntitiesWithNumbersOfTransactions(t *testing.T) {
	db := loaded(t, "a.edn", `[100 :db/ident :p/n 1 true] [100 :db/valueType :db.type/long 1 true] [100 :db/cardinality :db.cardinality/one 1 true]
[1 :p/n 7 2 true] [2 :p/n 8 2 true] [13194139533314 :p/n 9 2 true]`, engine.Options{})
	if got, want := held(t, db), []string{"1 :p/n 7 2", "2 :p/n 8 2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for d, err := range db.Match(t.Context(), engine.Pattern{E: engine.Some(engine.TxID(2))}) {
		if a, _ := db.Schema().ByID(d.A); err != nil || a.Ident == "p/n" && d.V != engine.Long(9) {
			t.Errorf("%+v, %v", d, err)
		}
	}
}
