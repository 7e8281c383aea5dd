package engine

import (
	"errors"
	"testing"

	"github.com/ipfs/go-cid"
)

// TestPick does again, on a branch that went another way, what commits did elsewhere; ids that the branch has given otherwise are given anew.
func TestPick(t *testing.T) {
	w := startStory(t, Options{})
	w.must(`[{:db/ident :person/id :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
	         {:db/ident :person/name :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
	         {:db/ident :person/friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}]`)
	w.must(`[{:person/id "ada" :person/name "Ada"}]`)
	start := w.conn.dbNow(t).Commit()
	side := w.fork("side")
	bad := w.must(`[{:person/id "bad" :person/name "Bad"}]`).Commit.ID
	w.must(`[{:person/id "cy" :person/friend [[:person/id "ada"]]} {:person/id "ada" :person/name "Ada C."}]`)
	head := w.conn.dbNow(t).Commit()
	side.must(`[{:person/id "one"} {:person/id "two"}]`)
	before := side.conn.dbNow(t)
	side.tick()
	out, err := side.conn.Pick(w.ctx, bad, head, nil, Meta{By: "tester"})
	if err != nil {
		t.Fatal(err)
	}
	checkGain(t, before, out.After, "ada person/name Ada C.; cy person/friend ada; cy person/id cy", "ada person/name Ada")
	if len(out.Renumbers) != 1 || len(out.Commit.Parents) != 1 || out.Commit.By != "tester" {
		t.Errorf("renumbered %v, commit %+v, want one entity and one parent", out.Renumbers, out.Commit)
	}

	// What builds on something that the branch does not have is a conflict, and nothing is written.
	w.must(`[{:person/id "bad" :person/name "Worse"}]`)
	at := side.conn.dbNow(t).Commit()
	var undecided *ConflictError
	if _, err := side.conn.Pick(w.ctx, head, w.conn.dbNow(t).Commit(), nil, Meta{}); !errors.As(err, &undecided) || len(undecided.Conflicts) != 1 {
		t.Errorf("%v, want a conflict", err)
	}
	if side.conn.dbNow(t).Commit() != at {
		t.Error("something was written")
	}
	for _, missing := range [][2]cid.Cid{{cid.Undef, head}, {start, cid.Undef}} {
		if _, err := side.conn.Pick(w.ctx, missing[0], missing[1], nil, Meta{}); err == nil {
			t.Error("a commit that is none was picked")
		}
	}
}
