package datahike

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/engine/fressian"
	"github.com/google/uuid"
)

// Everything that Datahike says of each of the stores it wrote is read from the store: datoms, schema, branches, each file that it wrote, what was asked for,
// the roots of each commit, and each transaction.
func TestDumps(t *testing.T) {
	for _, name := range stores {
		t.Run(name, func(t *testing.T) {
			s, read := realStore(t, name)
			said := map[string]bool{"queries": true} // those are asked where the engine of queries is
			dump := func(file string) edn.Value {
				said[file] = true
				return read(file)
			}
			c := head(t, s, MainBranch)
			checkIndexes(t, c, dump)
			checkSchema(t, c, dump)
			checkBranches(t, s, dump)
			checkCommits(t, s, dump)
			same(t, "config", ToEDN(c.Config()), dump("config-stored"))
			checkKeys(t, s, dump("keys"))
			checkRequested(t, c, dump("config-requested"))
			checkRoots(t, s, dump("commits"))
			if name != "branches" && name != "nohist-read" { // which have no log
				checkLog(t, s, dump("tx-log"))
			}
			checkAllWasRead(t, name, said)
		})
	}
}

// checkAllWasRead sees to it that of what Datahike said nothing is left out.
func checkAllWasRead(t *testing.T, name string, said map[string]bool) {
	t.Helper()
	files, err := fs.ReadDir(testStores(t), name+".edn.d")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(said) {
		t.Errorf("%d files are there, %d were read", len(files), len(said))
	}
	for _, f := range files {
		if !said[strings.TrimSuffix(f.Name(), ".edn")] {
			t.Errorf("%s was not read", f.Name())
		}
	}
}

func same(t *testing.T, what string, got, want edn.Value) {
	t.Helper()
	if edn.Equal(got, want) {
		return
	}
	g, w := got.Items(), want.Items()
	for i := range min(len(g), len(w)) {
		if !edn.Equal(g[i], w[i]) {
			t.Errorf("%s: item %d is %.300s, want %.300s", what, i, g[i], w[i])
			return
		}
	}
	t.Errorf("%s: %d items, want %d", what, len(g), len(w))
}

func collected(t *testing.T, all iter.Seq2[Datom, error]) edn.Value {
	t.Helper()
	var items []edn.Value
	for d, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, d.EDN())
	}
	return edn.MakeVector(items...)
}

func checkIndexes(t *testing.T, c *Commit, dump func(string) edn.Value) {
	ctx := context.Background()
	for _, i := range []Index{EAVT, AEVT, AVET} {
		same(t, string(i), collected(t, c.Datoms(ctx, i)), dump("datoms-"+string(i)))
	}
	if !c.configured("keep-history?") {
		if n, err := c.Count(ctx, TemporalEAVT); n != 0 || err != nil {
			t.Errorf("%d datoms of history (%v), want none", n, err)
		}
		return
	}
	for _, i := range []Index{TemporalEAVT, TemporalAEVT, TemporalAVET} {
		same(t, string(i), collected(t, c.Datoms(ctx, i)), dump(string(i)+"-raw"))
	}
	same(t, "history", collected(t, c.History(ctx)), dump("datoms-history-eavt"))
	for _, i := range Indexes {
		n, err := c.Count(ctx, i)
		if want := len(collected(t, c.Datoms(ctx, i)).Items()); err != nil || n != int64(want) {
			t.Errorf("%s: counts %d (%v), has %d", i, n, err, want)
		}
	}
}

func checkSchema(t *testing.T, c *Commit, dump func(string) edn.Value) {
	schema, err := c.Schema(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "schema", ToEDN(schema.Schema), dump("schema"))
	same(t, "rschema", ToEDN(schema.RSchema), dump("rschema"))
	same(t, "ident-ref-map", ToEDN(schema.Idents), dump("ident-ref-map"))
}

func get(v edn.Value, key string) edn.Value {
	for i := 0; i+1 < len(v.Items()); i += 2 {
		if v.Items()[i].Is(":" + key) {
			return v.Items()[i+1]
		}
	}
	return edn.MakeNil()
}

func checkBranches(t *testing.T, s *Store, dump func(string) edn.Value) {
	ctx := context.Background()
	names, err := s.Branches(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var keys []edn.Value
	for _, n := range names {
		keys = append(keys, edn.MakeKeyword(n))
	}
	same(t, "branches", edn.MakeSet(keys...), dump("branches"))
	for _, want := range dump("branch-dbs").Items() {
		c := head(t, s, get(want, "branch").Text())
		same(t, "commit", edn.MakeUUID(c.ID), get(want, "commit-id"))
		same(t, "max-tx", edn.MakeInt(c.MaxTx), get(want, "max-tx"))
		same(t, "max-eid", edn.MakeInt(c.MaxEid), get(want, "max-eid"))
		same(t, "datoms of "+c.Branch, collected(t, c.Datoms(ctx, EAVT)), get(want, "datoms"))
		parents := make([]edn.Value, len(c.Parents))
		for i, p := range c.Parents {
			parents[i] = edn.MakeUUID(p)
		}
		if w := get(want, "parents"); !w.IsNil() || len(parents) > 0 {
			same(t, "parents", edn.MakeSet(parents...), w)
		}
	}
}

// checkCommits compares the records, and that there is none but those.
func checkCommits(t *testing.T, s *Store, dump func(string) edn.Value) {
	ctx := context.Background()
	for _, want := range dump("commits").Items() {
		var c *Commit
		var err error
		if key := get(want, "key"); key.Kind() == edn.UUID {
			c, err = s.Commit(ctx, uuid.UUID([]byte(key.Text())))
		} else {
			c, err = s.Head(ctx, key.Text())
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"config", "hash", "max-eid", "max-tx", "merkle-roots", "meta", "op-count", "schema-meta-key"} {
			same(t, c.ID.String()+" "+key, ToEDN(c.Record.Get(fressian.Keyword(key))), get(want, key))
		}
	}
	if _, err := s.Commit(ctx, uuid.UUID{}); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("a commit that is not there: %v", err)
	}
}

// checkKeys compares what each file says of its value.
func checkKeys(t *testing.T, s *Store, want edn.Value) {
	files, err := fs.ReadDir(s.files.(directory).FS, ".")
	if err != nil {
		t.Fatal(err)
	}
	var got []edn.Value
	for _, f := range files {
		data, err := s.read(context.Background(), f.Name())
		if err != nil {
			t.Fatal(err)
		}
		about, err := decodePart(data[2], data[headerSize:headerSize+binary.BigEndian.Uint32(data[4:8])], headerSize)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, ToEDN(about))
	}
	same(t, "keys", edn.MakeSet(got...), edn.MakeSet(want.Items()...))
}

// checkRequested compares the settings that were asked for with those that are stored; the name is not stored.
func checkRequested(t *testing.T, c *Commit, want edn.Value) {
	stored := ToEDN(c.Config())
	for i := 0; i+1 < len(want.Items()); i += 2 {
		if key := want.Items()[i].Text(); key != "name" {
			same(t, key, get(stored, key), want.Items()[i+1])
		}
	}
}

// checkRoots compares where the trees of each commit begin.
func checkRoots(t *testing.T, s *Store, commits edn.Value) {
	checked := 0
	for _, said := range commits.Items() {
		key := get(said, "key")
		if key.Kind() != edn.UUID {
			continue
		}
		c, err := s.Commit(context.Background(), uuid.UUID([]byte(key.Text())))
		if err != nil {
			t.Fatal(err)
		}
		roots := get(said, "roots").Items()
		for i := 0; i+1 < len(roots); i += 2 {
			tree, _ := c.Record.Get(fressian.Keyword(roots[i].Text())).(fressian.Tagged)
			if len(tree.Items) != 1 {
				t.Fatalf("%s: no %s", key, roots[i])
			}
			for j := 0; j+1 < len(roots[i+1].Items()); j += 2 {
				what := roots[i+1].Items()[j]
				same(t, roots[i].Text()+" "+what.Text(), get(ToEDN(tree.Items[0]), what.Text()), roots[i+1].Items()[j+1])
				checked++
			}
			address := uuid.UUID([]byte(get(roots[i+1], "address").Text()))
			if index, ok := strings.CutSuffix(roots[i].Text(), "-key"); ok && address != c.trees[Index(index)].address {
				t.Errorf("%s is read from elsewhere", roots[i])
			}
		}
	}
	if checked == 0 {
		t.Error("no roots")
	}
}

// checkLog compares what transactions did with what their reports said. A report tells of a value that was replaced by itself twice.
func checkLog(t *testing.T, s *Store, reports edn.Value) {
	ctx := context.Background()
	did := map[int64]edn.Value{}
	h, err := plan(ctx, s, func(uuid.UUID) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range h.order {
		var older *Commit
		after := int64(FirstTx)
		if p := h.commits[st.own]; p != nil {
			older, after = p.Commit, p.MaxTx
		}
		list, err := Transactions(ctx, older, st.Commit, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, tx := range list {
			var datoms []edn.Value
			for _, d := range tx.Datoms {
				datoms = append(datoms, d.EDN())
			}
			did[tx.Tx] = edn.MakeSet(datoms...)
		}
	}
	for _, r := range reports.Items() {
		tx := get(r, "max-tx").Int()
		same(t, fmt.Sprint("transaction ", tx), did[tx], edn.MakeSet(get(r, "tx-data").Items()...))
	}
	if len(reports.Items()) < 7 {
		t.Errorf("%d reports", len(reports.Items()))
	}
}
