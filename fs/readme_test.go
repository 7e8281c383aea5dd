package fs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/ingest"
)

// imports are the files of sample databases and how they are imported.
var imports = map[string][]struct {
	file    string
	options ingest.Options
}{
	"films": {{"films/schema.edn", ingest.Options{}}, {"films/films.edn", ingest.Options{}}},
	"music": {
		{"music/shop.json", ingest.Options{Refs: []string{"artist=artist", "album=album", "boss=employee", "served-by=employee/id", "sale/customer=customer", "sale.lines/track=track"}}},
		{"music/plays.jsonl", ingest.Options{Kind: "play", Refs: []string{"track=track/id"}}},
	},
	"northwind": {
		{"northwind/categories.csv", ingest.Options{Kind: "category"}},
		{"northwind/suppliers.csv", ingest.Options{Kind: "supplier", Mend: true}},
		{"northwind/products.csv", ingest.Options{Kind: "product", Refs: []string{"supplierID=supplier/supplierID", "categoryID=category"}}},
		{"northwind/customers.csv", ingest.Options{Kind: "customer"}},
		{"northwind/employees.csv", ingest.Options{Kind: "employee", Refs: []string{"reportsTo=employee"}}},
		{"northwind/orders.csv", ingest.Options{Kind: "order", Mend: true, Refs: []string{"customerID=customer", "employeeID=employee"}}},
		{"northwind/order-details.csv", ingest.Options{Refs: []string{"orderID=order", "productID=product"}}},
	},
}

// importedSample is one of the sample databases of the repository.
func importedSample(t testing.TB, name string) *sample {
	s, ctx := newSample(t), context.Background()
	db, err := s.conn.DB(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range imports[name] {
		file, err := os.Open(filepath.Join("../test/data", f.file))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		o := f.options
		o.Name, o.Schema = f.file, db.Schema()
		source, err := ingest.Open(ctx, file, o)
		if err != nil {
			t.Fatal(err)
		}
		done, err := ingest.Load(ctx, s.conn, db, source, engine.Meta{})
		if err != nil {
			t.Fatal(err)
		}
		db = done.DB
	}
	return s
}

// readmeOf is README.md and the shell lines of its queries.
func readmeOf(t *testing.T, s *sample) (text string, lines []string) {
	t.Helper()
	data, err := s.tree().ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 4096 {
		t.Errorf("README.md has %d bytes:\n%s", len(data), data)
	}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "echo ") || strings.HasPrefix(line, "printf ") {
			lines = append(lines, line)
		}
	}
	return string(data), lines
}

func TestReadmeIsShort(t *testing.T) {
	for _, long := range []int{20, 90, 180} {
		s := newSample(t)
		var schema, data strings.Builder
		name := strings.Repeat("n", long)
		for kind := range 20 {
			for attr := range 25 {
				unique := ""
				if attr == 0 {
					unique = ":db/unique :db.unique/identity"
				}
				fmt.Fprintf(&schema, "{:db/ident :%s%d/%s%d :db/valueType :db.type/long :db/cardinality :db.cardinality/one %s}\n", name, kind, name, attr, unique)
			}
			fmt.Fprintf(&data, "{:%s%d/%s0 1 :%[1]s%[2]d/%[3]s1 2}\n", name, kind, name)
		}
		for step, data := range []string{"", schema.String(), data.String()} {
			if data != "" {
				s.tx("[" + data + "]")
			}
			text, lines := readmeOf(t, s)
			if want := 8 * (step / 2); len(lines) != want {
				t.Errorf("names of %d bytes, step %d: %d queries, want %d\n%s", long, step, len(lines), want, text)
			}
			if step == 2 && !strings.Contains(text, "more: ls head/entities") {
				t.Errorf("names of %d bytes: the list of kinds is not cut:\n%s", long, text)
			}
		}
	}
}

func TestReadmeOfNothing(t *testing.T) {
	text, lines := readmeOf(t, newSample(t))
	if len(lines) > 0 || !strings.Contains(text, "There are none yet") {
		t.Errorf("README.md of an empty database:\n%s", text)
	}
}
