//go:build linux

// Package teams asks databases of several teams at once, each where its team keeps it.
package teams

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/cas/cass3"
	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/fs"
	"github.com/dhfs/dhfs/queries"
	"github.com/dhfs/dhfs/test/servers"
)

func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }

// keys let in whoever asks the S3 server.
func keys(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", servers.S3AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", servers.S3SecretKey)
}

func bucket(t *testing.T, name string) string {
	t.Helper()
	url, err := servers.S3(t).NewBucket(name, "db")
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// TestDemo plays the README's second screen: what it prints is what the files of the teams say.
func TestDemo(t *testing.T) {
	for _, f := range fs.CheckMounting() {
		if f.State == fs.Problem {
			t.Skip(f.Says)
		}
	}
	keys(t)
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "dhfs"), "../../cmd/dhfs").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command("../../scripts/demo-teams.sh")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "PEOPLE="+servers.Postgres(t).Database(t), "CATALOG="+bucket(t, "catalog"), "STOCK="+bucket(t, "stock"))
	data, err := cmd.CombinedOutput()
	out := string(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const before = "product\tunits\tamount\tbuyer\nAlice Mutton\t0\t39\tLaura Callahan\nChef Anton's Gumbo Mix\t0\t21.35\tJanet Leverling\nGorgonzola Telino\t0\t12.5\tMichael Suyama\n"
	const after = "product\tunits\tamount\tbuyer\nAlice Mutton\t0\t39\tLaura Callahan\nChef Anton's Gumbo Mix\t0\t21.35\tJanet Leverling\nPerth Pasties\t"
	for want, times := range map[string]int{
		before: 1,
		"product\tbefore\tnow\nGorgonzola Telino\t12.5\t14.75\nLouisiana Hot Spiced Okra\t17\t19\n": 1,
		after:                         2, // on the command line and in the mount
		"\nthe same, byte for byte\n": 1,
		"P031/name:Gorgonzola\n":      1,
		"catalog\npeople\nprices\nquery\nstock\n": 1,
	} {
		if n := strings.Count(out, want); n != times {
			t.Errorf("%q is there %d times, want %d:\n%s", want, n, times, out)
		}
	}
}

// products is how many there are in each of the databases that are asked for one.
const products = 5_000

// fill makes a database of facts about all products.
func fill(t *testing.T, s cas.RefStore, schema, fact string) {
	t.Helper()
	ctx := context.Background()
	c, err := engine.Create(ctx, s, "main", engine.Options{}, time.UnixMilli(1_700_000_000_000))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{schema, facts(fact)} {
		forms, err := edn.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.TransactLast(ctx, forms.Items(), engine.Meta{}); err != nil {
			t.Fatal(err)
		}
	}
}

func facts(fact string) string {
	var out strings.Builder
	out.WriteByte('[')
	for i := range products {
		fmt.Fprintf(&out, fact, i, i)
	}
	out.WriteByte(']')
	return out.String()
}

const (
	key   = "{:db/ident %s :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}"
	value = "{:db/ident %s :db/valueType :db.type/string :db/cardinality :db.cardinality/one}"
)

// TestReadsOnlyWhatItNeeds asks four databases on four backends about one product, in one query. From each it reads the commit, the snapshot
// and, for two attributes, a node a level.
func TestReadsOnlyWhatItNeeds(t *testing.T) {
	keys(t)
	ctx := context.Background()
	catalog, err := cass3.Create(ctx, bucket(t, "many-catalog"), cass3.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer catalog.Close()
	stock, err := cass3.Create(ctx, bucket(t, "many-stock"), cass3.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer stock.Close()
	people, err := cassql.Create(ctx, servers.Postgres(t).Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer people.Close()
	prices, err := casfile.Create(ctx, t.TempDir(), casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer prices.Close()
	var inputs []queries.Input
	var counts []*castest.Counting
	for _, d := range []struct {
		store cas.RefStore
		id, v string
		fact  string
	}{
		{catalog, ":product/id", ":product/buyer", `{:product/id "P%05d" :product/buyer "E%05d"}`},
		{stock, ":stock/product", ":stock/place", `{:stock/product "P%05d" :stock/place "shelf %d"}`},
		{prices, ":price/product", ":price/amount", `{:price/product "P%05d" :price/amount "%d EUR"}`},
		{people, ":person/id", ":person/name", `{:person/id "E%05d" :person/name "person %d"}`},
	} {
		fill(t, d.store, "["+fmt.Sprintf(key, d.id)+fmt.Sprintf(value, d.v)+"]", d.fact)
		c := castest.NewCounting(d.store)
		id, err := c.Ref(ctx, "heads/main")
		if err != nil {
			t.Fatal(err)
		}
		db, err := engine.Open(ctx, c, id)
		if err != nil {
			t.Fatal(err)
		}
		inputs, counts = append(inputs, queries.DB(db)), append(counts, c)
	}
	q, err := queries.Parse(`[:find ?place ?amount ?name :in $ $stock $prices $people
		:where [?p :product/id "P01234"] [?p :product/id ?id] [?p :product/buyer ?who] [$people ?e :person/id ?who] [$people ?e :person/name ?name]
		       [$stock ?s :stock/product ?id] [$stock ?s :stock/place ?place] [$prices ?x :price/product ?id] [$prices ?x :price/amount ?amount]]`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := queries.Run(ctx, q, inputs, queries.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Len() != 1 || r.Cell(0, 0).Text() != "shelf 1234" || r.Cell(0, 1).Text() != "1234 EUR" || r.Cell(0, 2).Text() != "person 1234" {
		t.Fatalf("%d rows: %v", r.Len(), r.Value())
	}
	for i, c := range counts {
		if n := c.Take(); n.Gets > 8 || n.BytesRead > 64<<10 {
			t.Errorf("database %d: %s", i, n)
		}
	}
}
