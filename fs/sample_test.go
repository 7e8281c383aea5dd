package fs_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/fs"
)

// start is the time of the first transaction of samples; each next one is a minute later.
var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// sample is a database in memory whose commits are the same in every run.
type sample struct {
	t     testing.TB
	store cas.RefStore
	conn  *engine.Conn
	ids   []string // of the commits, oldest first

	mu   sync.Mutex
	next time.Time // of the next transaction
}

// now is the clock of the sample's tree: it stands still between transactions.
func (s *sample) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next
}

// tick is the time of a transaction; the next one is a minute later.
func (s *sample) tick() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.next
	s.next = at.Add(time.Minute)
	return at
}

const sampleSchema = `[
 {:db/ident :person/email  :db/valueType :db.type/string  :db/cardinality :db.cardinality/one :db/unique :db.unique/identity :db/doc "where to write to"}
 {:db/ident :person/name   :db/valueType :db.type/string  :db/cardinality :db.cardinality/one}
 {:db/ident :person/age    :db/valueType :db.type/long    :db/cardinality :db.cardinality/one}
 {:db/ident :person/nick   :db/valueType :db.type/string  :db/cardinality :db.cardinality/many}
 {:db/ident :person/friend :db/valueType :db.type/ref     :db/cardinality :db.cardinality/many}
 {:db/ident :person/boss   :db/valueType :db.type/ref     :db/cardinality :db.cardinality/one}
 {:db/ident :person/bio    :db/valueType :db.type/string  :db/cardinality :db.cardinality/one}
 {:db/ident :person/photo  :db/valueType :db.type/bytes   :db/cardinality :db.cardinality/one}
 {:db/ident :order/id      :db/valueType :db.type/long    :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :order/buyer   :db/valueType :db.type/ref     :db/cardinality :db.cardinality/one}
 {:db/ident :order/total   :db/valueType :db.type/bigdec  :db/cardinality :db.cardinality/one}
 {:db/ident :order/placed  :db/valueType :db.type/instant :db/cardinality :db.cardinality/one}
 {:db/ident :order/state   :db/valueType :db.type/keyword :db/cardinality :db.cardinality/one}
 {:db/ident :note/text     :db/valueType :db.type/string  :db/cardinality :db.cardinality/one}
 {:db/ident :note/about    :db/valueType :db.type/ref     :db/cardinality :db.cardinality/one}]`

const sampleData = `[
 {:db/id "ada" :person/email "ada@example.org" :person/name "Ada" :person/age 36 :person/nick ["countess" "a\\b\nc"] :person/boss "ben"}
 {:db/id "ben" :person/email "ben@example.org" :person/name "Ben" :person/age 40 :person/friend ["ada" "cy"]}
 {:db/id "cy"  :person/email "cy/../..@example.org" :person/name "Cy" :person/photo #bytes "00ff0a"}
 {:order/id 1 :order/buyer "ada" :order/total 12.50M :order/placed #inst "2026-10-31T08:00:00.000Z" :order/state :order.state/open}
 {:order/id 2 :order/buyer "ben" :order/total 7M :order/state :order.state/paid}
 {:note/text "remember the milk" :note/about "cy"}]`

// newSample makes an empty database.
func newSample(t testing.TB) *sample {
	t.Helper()
	return newSampleWith(t, engine.Options{})
}

func newSampleWith(t testing.TB, options engine.Options) *sample {
	t.Helper()
	s := &sample{t: t, store: cas.NewMemory(), next: start}
	conn, err := engine.Create(context.Background(), s.store, "main", options, start.Add(-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	s.conn = conn
	return s
}

// peopleSample is the database that most tests use: three transactions.
func peopleSample(t testing.TB) *sample {
	s := newSample(t)
	s.tx(sampleSchema)
	s.tx(sampleData)
	s.tx(`[{:person/email "ada@example.org" :person/age 37 :person/bio "` + strings.Repeat("long story ", 200) + `"}
	       [:db/retract [:person/email "ben@example.org"] :person/friend [:person/email "cy/../..@example.org"]]]`)
	return s
}

// tx transacts EDN tx data, a minute after the last.
func (s *sample) tx(data string) engine.Report {
	s.t.Helper()
	report, err := s.tryTx(data)
	if err != nil {
		s.t.Fatal(err)
	}
	return report
}

// tryTx is tx with data that may be refused.
func (s *sample) tryTx(data string) (engine.Report, error) {
	s.t.Helper()
	forms, err := edn.Parse(data)
	if err != nil {
		s.t.Fatal(err)
	}
	stamp, err := edn.Parse(fmt.Sprintf(`{:db/id "datomic.tx" :db/txInstant #inst %q}`, s.tick().Format(time.RFC3339)))
	if err != nil {
		s.t.Fatal(err)
	}
	report, err := s.conn.Transact(context.Background(), append([]edn.Value{stamp}, forms.Items()...),
		engine.Meta{By: "test", Msg: fmt.Sprintf("step %d", len(s.ids)+1)})
	if err == nil {
		s.ids = append(s.ids, report.Commit.ID.String())
	}
	return report, err
}

// tree shows the sample.
func (s *sample) tree() *fs.Tree {
	return fs.New([]fs.Database{{Name: "people", Store: s.store}}, fs.Options{Now: s.now})
}

// manySample has n people in one transaction, and a change of one in a second.
func manySample(t testing.TB, n int) *sample {
	s := newSample(t)
	s.tx(sampleSchema)
	var data strings.Builder
	data.WriteByte('[')
	for i := range n {
		fmt.Fprintf(&data, `{:person/email "p%05d@example.org" :person/name "Person %d" :person/age %d :person/nick ["a%d" "b"]}`, i, i, 20+i%50, i)
	}
	data.WriteByte(']')
	s.tx(data.String())
	s.tx(fmt.Sprintf(`[{:person/email "p%05d@example.org" :person/age 99}]`, n/2))
	return s
}
