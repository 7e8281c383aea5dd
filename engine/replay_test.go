package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"pgregory.net/rapid"
)

// What every transaction did, done once more, gives the same roots, with the same authors, messages and times.
func TestReplayGivesTheSameRoot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newStory(t)
		w.mayPurge = rapid.Bool().Draw(t, "purges")
		w.meta = func() Meta {
			some := rapid.SampledFrom([]string{"", "ada", "é \"\n\\\x00", ":by"})
			return Meta{By: some.Draw(t, "by"), Msg: some.Draw(t, "msg")}
		}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			w.change()
		}
		w.checkReplay(w.conn.dbNow(t))
	})
}

// As of any t, the database is the one that the first t transactions make.
func TestAsOfIsWhatTheFirstTransactionsMake(t *testing.T) {
	runPurgedStories(t, 8, func(w *story) {
		head := w.conn.dbNow(w.t)
		for t := range head.T() + 1 {
			old, err := head.AsOf(w.ctx, t)
			if err != nil {
				w.t.Fatal(err)
			}
			w.checkReplay(old)
		}
	})
}

// checkReplay runs the log of db again in an empty database.
func (w *story) checkReplay(db DB) {
	copied, err := Create(w.ctx, cas.NewMemory(), "main", db.s.opts, w.clock)
	if err != nil {
		w.t.Fatal(err)
	}
	last := copied.dbNow(w.t)
	var all []Replayed
	for r, err := range db.Replay(w.ctx) {
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, r)
		done, err := copied.Transact(w.ctx, r.Forms, r.Meta)
		if err != nil {
			w.t.Fatalf("transaction %d, %v: %v", last.T()+1, r.Forms, err)
		}
		last = done.After
	}
	if w.halved(db.T()) {
		w.checkPattern("replay", last, collectAll(w, db.Match(w.ctx, Pattern{})), Pattern{})
	} else if last.Root() != db.Root() || last.T() != db.T() {
		w.t.Fatalf("the replay has root %s, want %s", last.Root(), db.Root())
	}
	if got, want := logOf(w, last), logOf(w, db); got != want {
		w.t.Fatalf("the log of the replay is\n%s\nwant\n%s", got, want)
	}
	w.checkMarks(db, all)
}

// logOf is the times of the transactions and what was said of them.
func logOf(w *story, db DB) string {
	var b strings.Builder
	for c, err := range Log(w.ctx, db.s.env, db.Commit()) {
		if err != nil {
			w.t.Fatal(err)
		}
		if c.T > 0 {
			fmt.Fprintf(&b, "%d %s %q %q\n", c.T, c.At, c.By, c.Msg)
		}
	}
	return b.String()
}

// checkMarks goes on from every mark.
func (w *story) checkMarks(db DB, all []Replayed) {
	for i, from := range all {
		n := i
		last := min(from.Mark.T+3, db.T())
		for r, err := range db.ReplayFrom(w.ctx, from.Mark, last) {
			if err != nil || fmt.Sprint(r.Forms, r.Meta, r.Mark.T) != fmt.Sprint(all[n].Forms, all[n].Meta, all[n].Mark.T) {
				w.t.Fatalf("from %d: %v, %v, want %v", from.Mark.T, err, r.Forms, all[n].Forms)
			}
			n++
		}
		if uint64(n) != last {
			w.t.Fatalf("from %d: ends after transaction %d, not %d", from.Mark.T, n, last)
		}
	}
}

// halved tells whether a purge of history up to some time has taken additions, and left what retracted them: no transactions make that.
func (w *story) halved(until uint64) bool {
	_, was := w.model(until)
	open := 0
	for _, d := range was {
		if d.Added {
			open++
		} else {
			open--
		}
	}
	return open != 0
}

// Tuples, enums, large values, what a transaction says of itself and purges: whatever the database shows comes again.
func TestReplayOfEverything(t *testing.T) {
	for _, o := range []Options{{}, {NoHistory: true}, {SchemaOnRead: true}} {
		w := startStory(t, o)
		w.must(testSchema)
		w.must(`[{:db/ident :a/b :db/valueType :db.type/tuple :db/tupleAttrs [:person/id :person/code] :db/cardinality :db.cardinality/one}
		         {:db/ident :a/c :db/valueType :db.type/tuple :db/tupleTypes [:db.type/ref :db.type/keyword] :db/cardinality :db.cardinality/one}
		         {:db/ident :a/why :db/valueType :db.type/string :db/cardinality :db.cardinality/one} {:db/ident :color/red}]`)
		w.must(`[{:db/id 50 :person/id "ada" :person/code 1 :person/tag ["x" "y"] :a/c [50 :k]} {:db/id "t" :person/id "ben" :person/boss 50 :person/friend [:color/red]}
		         {:db/id "datomic.tx" :a/why "because"}]`)
		w.must(fmt.Sprintf(`[[:db/add 50 :person/name %q] [:db/add 50 :person/code 2]]`, strings.Repeat("long ", 5000)))
		w.must(`[[:db/retract 50 :person/tag "x"] {:db/ident :a/why :db/doc "reasons"}]`)
		w.must(`[{:db/ident :a/late :db/valueType :db.type/tuple :db/tupleAttrs [:person/id :person/boss] :db/cardinality :db.cardinality/one}]`)
		w.must(`[[:db/add 50 :person/id "ada"]]`) // makes the tuple of parts that were there
		if o.SchemaOnRead {
			w.must(`[{:db/id 60 :free/one 1} {:db/id 61 :free/one "two"}]`)
		}
		w.checkReplay(w.conn.dbNow(t))
		if o.NoHistory {
			continue
		}
		w.must(`[[:db/purge 50 :person/tag "x"] [:db.purge/attribute 50 :person/name]]`)
		w.checkReplay(w.conn.dbNow(t))
		w.must(`[[:db.purge/entity [:person/id "ben"]]]`)
		w.must(`[{:person/id "cy" :person/code 9}]`)
		w.checkReplay(w.conn.dbNow(t))
	}
}

// More transactions than are looked for at a time.
func TestReplayOfManyTransactions(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	for i := range replaySpan + 5 {
		w.must(fmt.Sprintf(`[{:person/id "ada" :person/secret %d}]`, i))
	}
	db := w.conn.dbNow(t)
	next := uint64(1)
	var middle ReplayMark
	for r, err := range db.Replay(w.ctx) {
		if err != nil || r.Mark.T != next {
			t.Fatalf("transaction %d, want %d: %v", r.Mark.T, next, err)
		}
		if next++; r.Mark.T == 500 {
			middle = r.Mark
		}
	}
	if next != db.T()+1 {
		t.Errorf("%d transactions, want %d", next-1, db.T())
	}
	counting := castest.NewCounting(w.store)
	other, err := Open(w.ctx, counting, db.Commit())
	if err != nil {
		t.Fatal(err)
	}
	counting.Take()
	for r, err := range other.ReplayFrom(w.ctx, middle, 502) {
		if err != nil || r.Mark.T < 500 || r.Mark.T > 502 {
			t.Fatalf("%d: %v", r.Mark.T, err)
		}
	}
	if n := counting.Take().Gets; n > 40 {
		t.Errorf("%d blocks are read for three transactions of %d", n, db.T())
	}
}
