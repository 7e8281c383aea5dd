package test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/engine/ingest"
)

// dataScriptWrites prints a database of DataScript as its serializable makes it, and what it holds.
const dataScriptWrites = `
import d from 'datascript'
const schema = {
  "person/name": {":db/unique": ":db.unique/identity"}, "person/aka": {":db/cardinality": ":db.cardinality/many"},
  "person/friend": {":db/valueType": ":db.type/ref", ":db/cardinality": ":db.cardinality/many"}, "person/home": {":db/valueType": ":db.type/ref", ":db/isComponent": true},
}
let db = d.empty_db(schema)
for (let i = 0; i < 20; i++) {
  const all = []
  for (let e = 1; e <= 50; e++)
    all.push({":db/id": i * 50 + e, "person/name": "name " + (i * 50 + e), "person/aka": ["a" + e, "b" + i], "age": e, "height": e % 2 ? e / 4 : e, "ok": e % 3 == 0,
      "person/friend": [1 + (e * 7) % 50, 1 + e % 5], "born": new Date(e * 86400000), "tags": ["x", e]})
  db = d.db_with(db, all)
}
db = d.db_with(db, [[":db/add", 7, "age", 99], [":db/retractEntity", 11], {":db/id": 5000, "street": "Ärger 🎬", "far": Infinity}, {":db/id": 7, "person/home": 5000}])
const out = {form: d.serializable(db), datoms: d.datoms(db, ":eavt").map(x => [x.e, x.a, x.v, x.tx])}
process.stdout.write(JSON.stringify(out.form) + "\n")
for (const [e, a, v] of out.datoms) process.stdout.write(e + " " + a + " " + (v instanceof Date ? v.toISOString() : Array.isArray(v) ? "[" + v.map(x => JSON.stringify(x)).join(" ") + "]" : String(v)) + "\n")
`

// A database that DataScript wrote has the same datoms here, with the same ids.
func TestDataScript(t *testing.T) {
	const dir = "bench/query"
	if _, err := os.Stat(filepath.Join(dir, "node_modules/datascript")); err != nil {
		install := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
		install.Dir = dir
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("npm: %v: try scripts/setup.sh node npm\n%s", err, out)
		}
	}
	node := exec.Command("node", "--input-type=module")
	node.Dir, node.Stdin = dir, strings.NewReader(dataScriptWrites)
	var errs bytes.Buffer
	node.Stderr = &errs
	out, err := node.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	form, rest, _ := bytes.Cut(out, []byte("\n"))
	want := strings.Split(strings.TrimSpace(string(rest)), "\n")

	ctx := t.Context()
	conn, err := engine.Create(ctx, cas.NewMemory(), "main", engine.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	db, err := conn.DB(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ingest.Open(ctx, bytes.NewReader(form), ingest.Options{Name: "people.json", Schema: db.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := ingest.Load(ctx, conn, db, s, engine.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for d, err := range r.DB.Match(ctx, engine.Pattern{}) {
		if err != nil {
			t.Fatal(err)
		}
		if a, ok := r.DB.Schema().ByID(d.A); ok && d.E < engine.AttributeID(0) {
			got = append(got, fmt.Sprintf("%d %s %s", d.E, a.Ident, asJavaScript(d.V)))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if len(want) < 9000 || len(got) != len(want) {
		t.Errorf("%d datoms, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("datom %d: %s, want %s", i, got[i], want[i])
		}
	}
	if r.DB.T() != 21 {
		t.Errorf("t %d, want 21", r.DB.T())
	}
}

// asJavaScript is a value as the script prints it.
func asJavaScript(v engine.Value) string {
	if form, err := edn.Parse(engine.Text(v)); err == nil && form.Kind() == edn.Vector {
		return form.String()
	}
	return engine.Text(v)
}
