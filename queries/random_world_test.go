package queries_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
)

// world is a random database that goes on changing.
type world struct {
	attrs  []attr
	onRead bool
	size   int // entities have the ids 1 to size
	conn   *engine.Conn
	db     engine.DB
	txs    []string // what has been transacted
}

// world makes a database with size entities.
func (w writer) world(t testing.TB, size int) *world {
	t.Helper()
	d := &world{attrs: w.schema(), onRead: w.chance(10), size: size}
	var err error
	d.conn, err = engine.Create(t.Context(), cas.NewMemory(), "main", engine.Options{SchemaOnRead: d.onRead, NoHistory: w.chance(5)}, time.Unix(1700000000, 0))
	if err != nil {
		t.Fatal(err)
	}
	var schema []string
	for _, a := range d.attrs {
		if d.declares(a) {
			schema = append(schema, a.declaration())
		}
	}
	if !d.transact(t, schema) {
		t.Fatalf("the schema is refused: %v", schema)
	}
	d.transact(t, []string{fmt.Sprintf("[:db/add 1 :b/u %s]", d.unique(1)), fmt.Sprintf("[:db/add 2 :b/u %s]", d.unique(2))})
	if size > few {
		d.transactEach(t, w.crowd(d))
	}
	for range 3 + w.IntN(5) {
		d.transactEach(t, w.changes(d, d.attrs))
	}
	return d
}

// declares tells whether an attribute is in the schema: all are, unless the schema is on read.
func (d *world) declares(a attr) bool {
	return !d.onRead || a.kind == "ref" || a.kind == "tuple" || a.unique != "" || a.ident == ":b/n"
}

// few is how many entities databases have in which all happens to the same entities.
const few = 6

// unique is the value by which an entity is looked up.
func (d *world) unique(e int) string {
	switch d.attr(":b/u").kind {
	case "long":
		return fmt.Sprint(e)
	case "keyword":
		return fmt.Sprintf(":u/u%d", e)
	}
	return fmt.Sprintf(`"u%d"`, e)
}

func (d *world) attr(ident string) attr {
	for _, a := range d.attrs {
		if a.ident == ident {
			return a
		}
	}
	panic(ident)
}

// crowd makes facts of all entities of a large database, as skewed as those of real ones.
func (w writer) crowd(d *world) []string {
	var facts []string
	for e := 1; e <= d.size; e++ {
		for _, a := range d.attrs {
			n := w.IntN(2)
			if a.many {
				n = w.IntN(4)
			}
			if a.unique != "" || a.composite() {
				n = 0
			}
			for range n {
				facts = append(facts, fmt.Sprintf("[:db/add %d %s %s]", e, a.ident, w.value(d, a)))
			}
			if !a.many && len(facts) > 0 && n > 1 {
				facts = facts[:len(facts)-n+1]
			}
		}
	}
	return facts
}

// changes makes facts that add and retract, of the attributes given.
func (w writer) changes(d *world, attrs []attr) []string {
	var facts []string
	done := map[string]bool{} // one fact a place: a transaction must not contradict itself
	for range 6 + w.IntN(18) {
		a, e := pickOf(w, attrs), w.entity(d)
		if done[e+a.ident] || a.composite() {
			continue
		}
		done[e+a.ident] = true
		facts = append(facts, fmt.Sprintf("[%s %s %s %s]", w.pick(":db/add", ":db/add", ":db/add", ":db/retract"), e, a.ident, w.value(d, a)))
	}
	return facts
}

// entity is the id of an entity: of a large database more often a low one.
func (w writer) entity(d *world) string {
	if d.size <= few {
		return fmt.Sprint(1 + w.IntN(d.size))
	}
	u := w.Float64()
	return fmt.Sprint(1 + int(float64(d.size)*u*u))
}

// value is one that an attribute may have.
func (w writer) value(d *world, a attr) string {
	switch {
	case a.ident == ":b/u":
		return d.unique(1 + w.IntN(d.size))
	case a.kind == "ref":
		return w.entity(d)
	case a.kind == "long" && d.size > few && w.chance(70):
		return fmt.Sprint(w.IntN(d.size))
	case a.kind == "string" && d.size > few && w.chance(70):
		return fmt.Sprintf(`"s%d"`, w.IntN(d.size))
	}
	if !d.declares(a) && w.chance(30) {
		return w.pick(kinds[w.pick("long", "double", "string", "keyword")]...)
	}
	return w.pick(kinds[a.kind]...)
}

// transactEach transacts facts in one transaction, or if that is refused, each half of them in the same way.
func (d *world) transactEach(t testing.TB, facts []string) {
	t.Helper()
	if d.transact(t, facts) || len(facts) < 2 {
		return
	}
	d.transactEach(t, facts[:len(facts)/2])
	d.transactEach(t, facts[len(facts)/2:])
}

// transact tells whether facts were taken. The times are made up too, so that the same seed gives the same database.
func (d *world) transact(t testing.TB, facts []string) bool {
	t.Helper()
	at := time.Unix(1700000000+60*int64(len(d.txs)+1), 0).UTC().Format(time.RFC3339)
	text := fmt.Sprintf("[%s {:db/id \"datomic.tx\" :db/txInstant #inst %q}]", strings.Join(facts, " "), at)
	if _, err := d.conn.Transact(t.Context(), forms(t, text), engine.Meta{}); err != nil {
		return false
	}
	d.txs = append(d.txs, text)
	var err error
	d.db, err = d.conn.DB(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// view is a way to look at a database.
type view struct {
	kind string
	at   uint64
}

func (w writer) view(d *world) view {
	kind := w.pick("now", "now", "now", "now", "as-of", "as-of", "since", "history", "history", "history since")
	return view{kind, 2 + w.Uint64N(d.db.T())}
}

func (v view) String() string {
	if v.kind == "now" || v.kind == "history" {
		return v.kind
	}
	return fmt.Sprintf("%s %d", v.kind, v.at)
}

// of is the database as the view shows it.
func (v view) of(d *world) (engine.DB, error) {
	switch v.kind {
	case "as-of":
		return d.db.AsOf(context.Background(), v.at)
	case "since":
		return d.db.Since(v.at), nil
	case "history":
		return d.db.History(), nil
	case "history since":
		return d.db.History().Since(v.at), nil
	}
	return d.db, nil
}
