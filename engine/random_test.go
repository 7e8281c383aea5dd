package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"pgregory.net/rapid"
)

// testSchema has what names depend on: two identities in one namespace, one
// without a namespace, refs, many values, an attribute without history.
const testSchema = `[
 {:db/ident :person/id :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :person/name :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
 {:db/ident :person/tag :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
 {:db/ident :person/friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}
 {:db/ident :person/boss :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}
 {:db/ident :person/secret :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/noHistory true}
 {:db/ident :person/code :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :title :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}]`

// story is a database under transactions and all that is known of it.
type story struct {
	t     storyT
	rapid *rapid.T // of a random story
	ctx   context.Context
	store *cas.Memory
	conn  *Conn
	clock time.Time
	first *state
	meta  func() Meta // what is said of the next transaction; nil: nothing
	steps []step      // of every transaction
	roots []DB        // after every transaction, the creation first

	mayPurge bool
	purges   map[uint64][]purging // by transaction
}

// storyT is a *rapid.T or *testing.T.
type storyT interface {
	fataler
	Fatalf(string, ...any)
	Logf(string, ...any)
}

func newStory(t *rapid.T) *story {
	w := startStory(t, Options{NoHistory: rapid.IntRange(0, 3).Draw(t, "no history") == 0})
	w.rapid = t
	w.must(testSchema)
	return w
}

// startStory creates a database.
func startStory(t storyT, o Options) *story {
	w := &story{t: t, ctx: context.Background(), store: cas.NewMemory(), clock: time.UnixMilli(1_700_000_000_000), purges: map[uint64][]purging{}}
	c, err := Create(w.ctx, w.store, "main", o, w.clock)
	if err != nil {
		t.Fatal(err)
	}
	w.conn, w.first = c, c.head
	w.roots = []DB{{s: c.head}}
	return w
}

// must commits tx data that has to be taken.
func (w *story) must(text string) Report {
	w.t.Helper()
	r, err := w.commit(text, flushed)
	if err != nil {
		w.t.Fatalf("%s: %v", text, err)
	}
	return r
}

func (c *Conn) dbNow(t fataler) DB {
	t.Helper()
	db, err := c.DB(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func (w *story) tick() {
	w.clock = w.clock.Add(time.Second)
	w.conn.now = func() time.Time { return w.clock }
}

// try commits random tx data, which may be refused.
func (w *story) try(text string) {
	due := rapid.SampledFrom([]policy{flushed, always, never}).Draw(w.rapid, "flush")
	_, err := w.commit(text, due)
	var refused *TxError
	if err != nil && !errors.As(err, &refused) {
		w.t.Fatalf("%s: %v", text, err)
	}
}

func (w *story) commit(text string, due policy) (Report, error) {
	w.tick()
	var m Meta
	if w.meta != nil {
		m = w.meta()
	}
	r, err := w.conn.transact(w.ctx, forms(w.t, text), m, due)
	if err != nil {
		return r, err
	}
	w.steps = append(w.steps, step{r.Commit.T, r.Commit.At, r.Datoms})
	w.roots = append(w.roots, r.After)
	return r, nil
}

func always(novelty, int) bool { return true }
func never(novelty, int) bool  { return false }

// change makes one random transaction.
func (w *story) change() {
	n := rapid.IntRange(1, 4).Draw(w.rapid, "forms")
	var b strings.Builder
	var purges []purging
	if w.mayPurge && rapid.IntRange(0, 2).Draw(w.rapid, "purge") == 0 {
		text, p := w.modelPurge()
		purges = append(purges, p)
		b.WriteString(text)
	}
	for range n {
		b.WriteString(w.form())
	}
	before := len(w.steps)
	w.try("[" + b.String() + "]")
	if len(w.steps) > before {
		w.purges[w.steps[before].t] = purges
	}
}

func (w *story) form() string {
	t := w.rapid
	ref := w.ref("e")
	switch rapid.IntRange(0, 12).Draw(t, "what") {
	case 0, 1, 2:
		return fmt.Sprintf("{:person/id %q :person/name %q :person/tag [%q %q]}", w.word("id"), w.text("name"), w.text("tag"), w.word("tag"))
	case 3:
		return fmt.Sprintf("{:person/id %q :person/friend [%s] :person/secret %d}", w.word("id"), w.ref("friend"), rapid.IntRange(0, 3).Draw(t, "secret"))
	case 4:
		return fmt.Sprintf("[:db/add %s :person/id %q]", ref, w.word("key"))
	case 5:
		return fmt.Sprintf("[:db/retract %s :person/id]", ref)
	case 6:
		return fmt.Sprintf("[:db/retractEntity %s]", ref)
	case 7:
		return fmt.Sprintf("[:db/add %s :person/boss %s]", ref, w.ref("boss"))
	case 8:
		return fmt.Sprintf("{:person/code %d :person/name %q}", rapid.IntRange(1, 3).Draw(t, "code"), w.word("name"))
	case 9:
		return fmt.Sprintf("{:title %q :person/friend %s}", w.word("title"), w.ref("friend"))
	case 10:
		return fmt.Sprintf("[:db/retract %s :person/tag %q]", ref, w.text("tag"))
	case 11:
		return fmt.Sprintf("{:db/ident :color/%s}", rapid.SampledFrom([]string{"red", "green"}).Draw(t, "color"))
	}
	return rapid.SampledFrom(schemaChanges).Draw(t, "schema")
}

var schemaChanges = []string{
	`{:db/id :person/tag :db/ident :person/label}`, `{:db/id :person/label :db/ident :person/tag}`,
	`{:db/id :person/id :db/ident :human/id}`, `{:db/id :human/id :db/ident :person/id}`,
	`{:db/id :person/name :db/cardinality :db.cardinality/many}`,
	`[:db/retract :person/code :db/unique]`, `{:db/id :person/code :db/unique :db.unique/identity}`,
	`{:db/id :person/id :db/unique :db.unique/value}`, `{:db/id :person/id :db/unique :db.unique/identity}`,
	`{:db/id :person/name :db/noHistory true}`, `{:db/id :person/name :db/noHistory false}`,
	`{:db/ident :other/id :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}`,
}

func (w *story) word(label string) string {
	return rapid.SampledFrom([]string{"ada", "ben", "cy/d", "x=1", "."}).Draw(w.rapid, label)
}

// text is a word or something that is too large for a leaf.
func (w *story) text(label string) string {
	if rapid.IntRange(0, 3).Draw(w.rapid, label+" size") > 0 {
		return w.word(label)
	}
	return strings.Repeat(w.word(label), maxInline)
}

// ref names an entity that may exist.
func (w *story) ref(label string) string {
	switch rapid.IntRange(0, 2).Draw(w.rapid, label+" by") {
	case 0:
		return fmt.Sprintf("[:person/id %q]", w.word(label))
	case 1:
		return fmt.Sprint(rapid.IntRange(1, 8).Draw(w.rapid, label))
	}
	return fmt.Sprintf("%q", rapid.SampledFrom([]string{"new", "another"}).Draw(w.rapid, label))
}

// runStories makes random transactions on a random world.
func runStories(t *testing.T, steps int, check func(w *story)) { tellStories(t, steps, false, check) }

// runPurgedStories are like runStories, with purges among the transactions.
func runPurgedStories(t *testing.T, steps int, check func(w *story)) {
	tellStories(t, steps, true, check)
}

func tellStories(t *testing.T, steps int, mayPurge bool, check func(w *story)) {
	rapid.Check(t, func(t *rapid.T) {
		w := newStory(t)
		w.mayPurge = mayPurge
		for range rapid.IntRange(1, steps).Draw(t, "steps") {
			w.change()
		}
		check(w)
	})
}
