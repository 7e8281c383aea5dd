package fs_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	iofs "io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/engine/ingest"
	"pgregory.net/rapid"
)

// said commits tx data with what an author says of it.
func (s *sample) said(m engine.Meta, data string) {
	s.t.Helper()
	forms, err := edn.Parse(data)
	if err != nil {
		s.t.Fatal(err)
	}
	report, err := s.conn.Transact(context.Background(), forms.Items(), m)
	if err != nil {
		s.t.Fatal(err)
	}
	s.ids = append(s.ids, report.Commit.ID.String())
}

// restored imports what the tree shows of the newest commit, history included.
func (s *sample) restored() *sample {
	s.t.Helper()
	files, err := iofs.Sub(s.tree(), "head")
	if err != nil {
		s.t.Fatal(err)
	}
	other := newSample(s.t)
	ctx := context.Background()
	db, err := other.conn.DB(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	source, err := ingest.OpenTree(ctx, ingest.Tree{Files: files, Schema: db.Schema(), Empty: true}, ingest.Options{Name: "backup"})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := ingest.Load(ctx, other.conn, db, source, engine.Meta{By: "who restores", Msg: "restore"}); err != nil {
		s.t.Fatal(err)
	}
	return other
}

// past is the root, and what the log says of each transaction but the names of commits.
func (s *sample) past() string {
	s.t.Helper()
	ctx := context.Background()
	db, err := s.conn.DB(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	out := db.Root().String()
	for c, err := range engine.Log(ctx, s.store, db.Commit()) {
		if err != nil {
			s.t.Fatal(err)
		}
		if c.T > 0 {
			out += fmt.Sprintf("\n%d %s %q %q +%d -%d", c.T, c.At.Format(time.RFC3339Nano), c.By, c.Msg, c.Added, c.Retracted)
		}
	}
	return out
}

// TestHistoryRestores imports a tree with its history: authors, messages, times and the root come back, whatever they are.
func TestHistoryRestores(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := peopleSample(t)
		words := rapid.OneOf(rapid.SampledFrom([]string{"", "", "ada", "\"}]", "\\", "a\nb\x00", "naïve 🙂", ":by"}), rapid.String())
		for i := range rapid.IntRange(0, 4).Draw(r, "transactions") {
			s.said(engine.Meta{By: words.Draw(r, "by"), Msg: words.Draw(r, "msg")}, fmt.Sprintf(`[{:order/id 1 :order/total %dM}]`, i))
		}
		other := s.restored()
		if got, want := other.past(), s.past(); got != want {
			r.Fatalf("restored:\n%s\nwant:\n%s", got, want)
		}
		if a, b := s.file("head/.history.edn"), other.file("head/.history.edn"); a != b {
			r.Fatalf("the history of the copy is\n%s\nwant\n%s", b, a)
		}
	})
}

func (s *sample) file(name string) string {
	s.t.Helper()
	data, err := s.tree().ReadFile(name)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

// TestHistoryText is how it is written: a map only where there is something to say.
func TestHistoryText(t *testing.T) {
	s := newSample(t)
	s.said(engine.Meta{}, `[{:db/ident :a/n :db/valueType :db.type/long :db/cardinality :db.cardinality/one} {:db/id "datomic.tx" :db/txInstant #inst "2026-11-01"}]`)
	s.said(engine.Meta{By: "ada"}, `[[:db/add 1 :a/n 1] {:db/id "datomic.tx" :db/txInstant #inst "2026-11-02"}]`)
	s.said(engine.Meta{By: "ben", Msg: "two\nlines"}, `[[:db/add 1 :a/n 2] {:db/id "datomic.tx" :db/txInstant #inst "2026-11-03"}]`)
	const want = `[{:db/ident :a/n, :db/valueType :db.type/long, :db/cardinality :db.cardinality/one}
 [:db/add "datomic.tx" :db/txInstant #inst "2026-11-01T00:00:00.000Z"]]
{:tx-data
 [[:db/add 1 :a/n 1]
  [:db/add "datomic.tx" :db/txInstant #inst "2026-11-02T00:00:00.000Z"]] :by "ada"}
{:tx-data
 [[:db/retract 1 :a/n 1]
  [:db/add 1 :a/n 2]
  [:db/add "datomic.tx" :db/txInstant #inst "2026-11-03T00:00:00.000Z"]] :by "ben" :msg "two\nlines"}
`
	if got := s.file("head/.history.edn"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestHistoryInParts reads parts of a history that is larger than what is kept of it, in any order.
func TestHistoryInParts(t *testing.T) {
	s := newSample(t)
	s.tx(sampleSchema)
	const each = 500_000
	for i := range 40 {
		s.tx(fmt.Sprintf(`[{:person/email "p%d" :person/bio %q}]`, i, strings.Repeat(fmt.Sprintf("%09d ", i), each/10)))
	}
	tree := s.tree()
	const name = "head/.history.edn"
	whole, err := tree.ReadFile(name)
	if err != nil || len(whole) < 40*each {
		t.Fatalf("%d bytes: %v", len(whole), err)
	}
	if n := bytes.Count(whole, []byte("\n{:tx-data")); n != 40 {
		t.Errorf("%d transactions", n)
	}
	info, err := tree.Stat(name)
	if err != nil || info.Size() != int64(len(whole)) {
		t.Errorf("size %d, want %d: %v", info.Size(), len(whole), err)
	}
	f, err := tree.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if streamed, err := io.ReadAll(f); err != nil || !bytes.Equal(streamed, whole) {
		t.Errorf("%d bytes, %v, are not what ReadFile gives", len(streamed), err)
	}
	at := f.(io.ReaderAt)
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		from, n := random.IntN(len(whole)+10), random.IntN(2*each)
		part := make([]byte, n)
		got, err := at.ReadAt(part, int64(from))
		want := whole[min(from, len(whole)):min(from+n, len(whole))]
		if !bytes.Equal(part[:got], want) || (err == io.EOF) != (got < n) || err != nil && err != io.EOF {
			t.Errorf("%d bytes from %d: %d, %v", n, from, got, err)
		}
	}
}
