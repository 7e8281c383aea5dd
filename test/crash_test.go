//go:build unix

package test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
)

// writeForEver commits one transaction after another and says each on standard output once it is acknowledged.
func writeForEver(dir, name string) error {
	ctx := context.Background()
	s, err := openAt(ctx, dir)
	if err != nil {
		return err
	}
	conn, err := engine.Connect(ctx, s, "main")
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		key := fmt.Sprintf("%s-%d", name, i)
		forms, err := edn.ParseAll(fmt.Sprintf(`{:note/key %q :note/n %d :note/text %q}`, key, i, strings.Repeat(key, 40)))
		if err != nil {
			return err
		}
		if _, err := conn.Transact(ctx, forms, engine.Meta{By: name}); err != nil {
			return err
		}
		fmt.Println(key)
	}
}

// TestKill9 kills processes that write to one store at random moments, again and again. Whatever
// they were told is committed is there afterwards, and the store is whole.
func TestKill9(t *testing.T) {
	killWriters(t, filepath.Join(t.TempDir(), "db"), 12)
}

func killWriters(t *testing.T, dir string, rounds int) {
	t.Helper()
	newNotes(t, dir)
	acknowledged := map[string]bool{}
	const writers = 3
	for round := range rounds {
		var kids []*process
		for w := range writers {
			kids = append(kids, startProcess(t, "write", dir, fmt.Sprintf("r%dw%d", round, w), nil))
		}
		for _, k := range kids {
			time.Sleep(time.Duration(20+rand.N(120)) * time.Millisecond)
			for _, key := range k.kill(t) {
				acknowledged[key] = true
			}
		}
		checkNotes(t, dir, acknowledged)
	}
	checkReplay(t, dir)
	if len(acknowledged) < rounds {
		t.Fatalf("only %d transactions in %d rounds: the writers were killed before they did anything", len(acknowledged), rounds)
	}
	t.Logf("%d acknowledged transactions, %d kills, none lost", len(acknowledged), rounds*writers)
}

const notesSchema = `
	{:db/ident :note/key :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
	{:db/ident :note/n :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
	{:db/ident :note/text :db/valueType :db.type/string :db/cardinality :db.cardinality/one}`

func newNotes(t *testing.T, dir string) {
	t.Helper()
	ctx := t.Context()
	s, err := createAt(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn, err := engine.Create(ctx, s, "main", engine.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	forms, err := edn.ParseAll(notesSchema)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Transact(ctx, forms, engine.Meta{}); err != nil {
		t.Fatal(err)
	}
}

// checkNotes opens the store anew, hashes all of it and looks for every acknowledged transaction.
func checkNotes(t *testing.T, dir string, want map[string]bool) {
	t.Helper()
	ctx := t.Context()
	s, err := openAt(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	logged := logOf(t, s, checkHead(t, s, "after the kills", want))
	for key := range want {
		if _, ok := logged[key]; !ok {
			t.Fatalf("%s was acknowledged and is not in the log", key)
		}
	}
}

// checkHead hashes all that the branch main reaches, but for what gc has dropped, and looks for every acknowledged transaction.
func checkHead(t *testing.T, s cas.RefStore, when string, want map[string]bool) engine.DB {
	t.Helper()
	ctx := t.Context()
	absent, err := cas.ReadAbsent(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := engine.Connect(ctx, s, "main")
	if err != nil {
		t.Fatal(err)
	}
	db, err := conn.DB(ctx)
	if err != nil {
		t.Fatal(err)
	}
	found, err := cas.Verify(ctx, s, []cid.Cid{db.Commit()}, absent.Missing(ctx, s), nil)
	if err != nil || len(found.Faults) > 0 {
		t.Fatalf("%s: verify: %v %v", when, err, found.Faults)
	}
	have := notes(t, db)
	for key := range want {
		if !have[key] {
			t.Fatalf("%s: %s was acknowledged and is gone", when, key)
		}
	}
	return db
}

func notes(t *testing.T, db engine.DB) map[string]bool {
	t.Helper()
	attr, ok := db.Schema().ByIdent("note/key")
	if !ok {
		t.Fatal("the schema is gone")
	}
	have := map[string]bool{}
	for d, err := range db.Match(t.Context(), engine.Pattern{A: engine.Some(attr.ID)}) {
		if err != nil {
			t.Fatal(err)
		}
		name, n, _ := strings.Cut(d.V.Text(), "-")
		if _, err := strconv.Atoi(n); err != nil || name == "" {
			t.Fatalf("a value that nobody wrote: %q", d.V.Text())
		}
		have[d.V.Text()] = true
	}
	return have
}
