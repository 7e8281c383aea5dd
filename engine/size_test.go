package engine

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/klauspost/compress/zstd"
)

const peopleSchema = `[
 {:db/ident :person/id :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :person/first :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
 {:db/ident :person/last :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
 {:db/ident :person/age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
 {:db/ident :person/salary :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]`

// crowd makes tx data of n people from the given number on, five datoms each.
func crowd(from, n int) []edn.Value {
	firsts := []string{"Ada", "Ben", "Chen", "Dora", "Emil", "Fatma", "Goran", "Hana", "Ivo", "Jana", "Kofi", "Lena", "Mei", "Nils", "Olga", "Pedro"}
	lasts := []string{"Adler", "Brown", "Cohen", "Diaz", "Eriksson", "Fischer", "Garcia", "Haas", "Ito", "Jones", "Kowalski", "Larsen", "Moreau", "Novak", "Okafor", "Petrov"}
	r := rand.New(rand.NewPCG(1, uint64(from)))
	forms := make([]edn.Value, n)
	for i := range forms {
		forms[i] = edn.MakeMap(
			edn.MakeKeyword("person/id"), edn.MakeString(fmt.Sprintf("p%06d", from+i)),
			edn.MakeKeyword("person/first"), edn.MakeString(firsts[r.IntN(len(firsts))]),
			edn.MakeKeyword("person/last"), edn.MakeString(lasts[r.IntN(len(lasts))]),
			edn.MakeKeyword("person/age"), edn.MakeInt(int64(18+r.IntN(70))),
			edn.MakeKeyword("person/salary"), edn.MakeInt(int64(20000+r.IntN(80000))))
	}
	return forms
}

// importPeople makes a database of n people in transactions of batch people each.
func importPeople(t testing.TB, s cas.RefStore, n, batch int) (*Conn, Report) {
	t.Helper()
	ctx := context.Background()
	c, err := Create(ctx, s, "main", Options{}, time.UnixMilli(1_700_000_000_000))
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Transact(ctx, forms(t, peopleSchema), Meta{})
	for from := 0; from < n && err == nil; from += batch {
		r, err = c.Transact(ctx, crowd(from, min(batch, n-from)), Meta{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return c, r
}

// many is how many people the large tests have: DHFS_PEOPLE, else enough for trees of three levels.
func many(t testing.TB) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("DHFS_PEOPLE"), "30000"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// manyPeople is a database that large tests read, made in one transaction.
func manyPeople(t testing.TB) (*cas.Memory, Report) {
	t.Helper()
	once.Do(func() {
		shared = cas.NewMemory()
		_, made = importPeople(t, shared, many(t), many(t))
	})
	return shared, made
}

var (
	once   sync.Once
	shared *cas.Memory
	made   Report
)

// What a datom takes on disk, with zstd for every block by itself as the file store has it.
func TestBytesADatom(t *testing.T) {
	store, r := manyPeople(t)
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	raw, packed, blocks := map[string]int{}, map[string]int{}, map[string]int{}
	for id, err := range store.All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := store.Get(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		what := blockKind(b.Data())
		blocks[what]++
		raw[what] += len(b.Data())
		packed[what] += len(w.EncodeAll(b.Data(), nil))
	}
	datoms, total := float64(len(r.Datoms)), 0.0
	for what := range raw {
		t.Logf("%-16s %5d blocks of %6d bytes, %6.2f bytes a datom, %6.2f under zstd",
			what, blocks[what], raw[what]/blocks[what], float64(raw[what])/datoms, float64(packed[what])/datoms)
		total += float64(packed[what]) / datoms
	}
	t.Logf("total %.2f bytes a datom under zstd", total)
	if total > 30 {
		t.Errorf("a datom takes %.2f bytes, over 30", total)
	}
}

func blockKind(data []byte) string {
	if data[0] >= 0xa0 {
		return "snapshot, commit"
	}
	kinds := []string{"", "EAVT", "AEVT", "AVET", "EAVT was", "AEVT was", "AVET was", "names", "tx", "tx part"}
	kind := kinds[data[1]]
	if data[1] < 8 && data[2] > 0 {
		return kind + " branch"
	}
	return kind
}

// BenchmarkImport transacts 500,000 datoms, 100,000 at a time.
func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		importPeople(b, cas.NewMemory(), 100_000, 20_000)
	}
	b.ReportMetric(float64(b.N)*500_000/b.Elapsed().Seconds(), "datoms/s")
}
