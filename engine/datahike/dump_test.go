package datahike

import (
	"context"
	"iter"
	"testing"

	"errors"
	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/engine/fressian"
	"github.com/google/uuid"
)

// Everything that Datahike says of each of the stores it wrote is read from the store.
func TestDumps(t *testing.T) {
	for _, name := range stores {
		t.Run(name, func(t *testing.T) {
			s, dump := realStore(t, name)
			c := head(t, s, MainBranch)
			checkIndexes(t, c, dump)
			checkSchema(t, c, dump)
			checkBranches(t, s, dump)
			checkCommits(t, s, dump)
			same(t, "config", ToEDN(c.Config()), dump("config-stored"))
		})
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
