package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
	"pgregory.net/rapid"
)

const diffSchema = `[
 {:db/ident :p/id :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :p/text :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
 {:db/ident :p/tag :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
 {:db/ident :p/part :db/valueType :db.type/ref :db/cardinality :db.cardinality/many :db/isComponent true}
 {:db/ident :p/boss :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}]`

// diffForm is a random form of tx data.
func diffForm(t *rapid.T) string {
	one := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	id := func() string { return one("id", "a", "b", "c", "d") }
	ref := func() string {
		return one("ref", fmt.Sprintf("[:p/id %q]", id()), "1", "2", "5", `"new"`)
	}
	text := func() string { // short, or too large for a leaf
		return strings.Repeat(one("text", "x", "y"), rapid.SampledFrom([]int{1, 2000}).Draw(t, "size"))
	}
	switch rapid.IntRange(0, 9).Draw(t, "form") {
	case 0, 1:
		return fmt.Sprintf("{:p/id %q :p/text %q}", id(), text())
	case 2:
		return fmt.Sprintf("{:p/id %q :p/tag [%q %q]}", id(), text(), id())
	case 3:
		return fmt.Sprintf("{:p/id %q :p/part [{:p/text %q} {:p/text %q}] :p/boss %s}", id(), id(), text(), ref())
	case 4:
		return fmt.Sprintf("[:db/retractEntity %s]", ref())
	case 5:
		return fmt.Sprintf("[:db/retract %s :p/text]", ref())
	case 6:
		return fmt.Sprintf("[:db/add %s :p/id %q]", ref(), one("key", "a", "b", "e"))
	case 7:
		return fmt.Sprintf("[:db/add %s :p/boss %s]", ref(), ref())
	case 8:
		return fmt.Sprintf("[:db.purge/entity %s]", ref())
	}
	return one("schema",
		`{:db/id :p/tag :db/ident :p/label}`, `{:db/id :p/label :db/ident :p/tag}`,
		`{:db/id :p/text :db/cardinality :db.cardinality/many}`, `{:db/id :p/text :db/noHistory true}`,
		`{:db/ident :p/more :db/valueType :db.type/long :db/cardinality :db.cardinality/one}`,
	)
}

// diffStory makes random transactions on a branch, nodes stored after some, and tells the commits.
func diffStory(t *rapid.T, c *engine.Conn) (commits []cid.Cid) {
	ctx := context.Background()
	for range rapid.IntRange(0, 8).Draw(t, "transactions") {
		text := ""
		for range rapid.IntRange(0, 3).Draw(t, "forms") {
			text += diffForm(t)
		}
		forms, err := edn.ParseAll(text)
		if err != nil {
			t.Fatal(err)
		}
		transact := c.Transact
		if rapid.IntRange(0, 6).Draw(t, "store") == 0 {
			transact = c.TransactLast
		}
		r, err := transact(ctx, forms, engine.Meta{})
		var refused *engine.TxError
		if err != nil && !errors.As(err, &refused) {
			t.Fatalf("%s: %v", text, err)
		}
		if err == nil {
			commits = append(commits, r.Commit.ID)
		}
	}
	return commits
}

type closing struct{ cas.RefStore }

func (closing) Close() error { return nil }

// TestDiffOfTails: whatever diff prints of two commits of which the transactions are compared is what it prints of them with all trees made.
func TestDiffOfTails(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		s := closing{cas.NewMemory()}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		main, err := engine.Create(ctx, s, "main", engine.Options{}, now())
		must(err)
		schema, err := edn.ParseAll(diffSchema)
		must(err)
		r, err := main.Transact(ctx, schema[0].Items(), engine.Meta{})
		must(err)
		commits := append([]cid.Cid{r.Before.Commit(), r.Commit.ID}, diffStory(t, main)...)
		must(s.SetRef(ctx, "heads/side", cid.Undef, commits[len(commits)-1]))
		side, err := engine.Connect(ctx, s, "side")
		must(err)
		commits = append(append(commits, diffStory(t, side)...), diffStory(t, main)...)

		for range 3 {
			var ids [2]cid.Cid
			var made [2]engine.DB
			for i := range ids {
				ids[i] = rapid.SampledFrom(commits).Draw(t, "commit")
				made[i], err = engine.Check(ctx, s, ids[i])
				must(err)
			}
			before, after, err := openBothIn(ctx, s, place{rev: ids[0].String()}, place{rev: ids[1].String()})
			must(err)
			for _, format := range []string{"", "stat", "tx", "edn", "json"} {
				print := func(before, after engine.DB) string {
					var out bytes.Buffer
					a := &app{stdio: stdio{out: &out}, format: format}
					if format == "stat" {
						a.format = ""
					}
					err := a.printDiff(ctx, before, after, format == "stat")
					return fmt.Sprintf("%s%v", out.String(), err)
				}
				if got, want := print(before, after), print(made[0], made[1]); got != want {
					t.Fatalf("as %q, the difference is\n%.2000s\ninstead of\n%.2000s", format, got, want)
				}
			}
		}
	})
}

// TestDiffLooksAtEqualRoots: a commit that tells the root of the one before it, where its transaction does not lead, is no commit that nothing differs in.
func TestDiffLooksAtEqualRoots(t *testing.T) {
	ctx := t.Context()
	s := closing{cas.NewMemory()}
	c, err := engine.Create(ctx, s, "main", engine.Options{}, now())
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Transact(ctx, nil, engine.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	was, is := r.Before.Root().Bytes(), r.Commit.Root.Bytes()
	b, err := s.Get(ctx, r.Commit.ID)
	if err != nil {
		t.Fatal(err)
	}
	lie := cas.NewBlock(cas.DagCBOR, bytes.Replace(b.Data(), is, was, 1))
	if err := s.Put(ctx, []cas.Block{lie}); err != nil {
		t.Fatal(err)
	}
	_, _, err = openBothIn(ctx, s, place{rev: r.Before.Commit().String()}, place{rev: lie.CID().String()})
	var corrupt *cas.CorruptError
	if !errors.As(err, &corrupt) || corrupt.CID != lie.CID() {
		t.Errorf("opened: %v", err)
	}
}
