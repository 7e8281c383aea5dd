package engine

import (
	"fmt"
	"testing"

	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// changeTen changes ten entities of a large database, others for each of the four parts, in so many transactions.
func changeTen(t *testing.T, c *Conn, txs, part int, due policy) cid.Cid {
	t.Helper()
	for tx := range txs {
		text := ""
		for i := tx; i < 10; i += txs {
			text += fmt.Sprintf(`[:db/add %d :person/age %d]`, 1+(4*i+part)*many(t)/40, 1000+i)
		}
		if _, err := c.transact(t.Context(), forms(t, "["+text+"]"), Meta{}, due); err != nil {
			t.Fatal(err)
		}
	}
	return c.dbNow(t).Commit()
}

// differByTen compares two values between which ten entities were changed.
func differByTen(t *testing.T, a, b DB) {
	t.Helper()
	n := 0
	for d, err := range Diff(t.Context(), a, b) {
		if err != nil {
			t.Fatal(err)
		}
		if _, isTx := TxOf(d.E); !isTx {
			n++
		}
	}
	if n != 20 {
		t.Errorf("%d datoms differ, want 20", n)
	}
}

// Ten entities are changed in a large database (a million datoms with DHFS_PEOPLE=200000), in one transaction or in ten, stored as
// nodes or not yet, and with or without ten others changed before that are not stored either: what differs is found by reading few blocks, opening both included. OpenToCompare
// leaves the transactions as they are; Open does them again, and so reads what they read in each tree, which is counted by itself.
func TestDiffOfTenDatoms(t *testing.T) {
	s, r := manyPeople(t)
	for i, test := range []struct {
		name        string
		before, txs int
		due         policy
	}{
		{"one transaction, stored", 0, 1, always},
		{"one transaction, in the tail", 0, 1, never},
		{"ten transactions, in the tail", 0, 10, never},
		{"one transaction, both in the tail", 1, 1, never},
		{"ten transactions, both in the tail", 1, 10, never},
	} {
		t.Run(test.name, func(t *testing.T) {
			branch := fmt.Sprintf("ten%d", i)
			setRef(t, s, heads+branch, r.After.Commit())
			c, err := Connect(t.Context(), s, branch)
			if err != nil {
				t.Fatal(err)
			}
			before := changeTen(t, c, test.before, 1, test.due)
			after := changeTen(t, c, test.txs, 2, test.due)

			counting := castest.NewCounting(s)
			a, b, err := OpenToCompare(t.Context(), counting, before, after)
			if err != nil {
				t.Fatal(err)
			}
			opened := counting.Take().Gets
			differByTen(t, a, b)
			if _, err := Changes(t.Context(), a, b); err != nil {
				t.Fatal(err)
			}
			read := counting.Take().Gets
			t.Logf("%d blocks to open both, %d to compare them", opened, read)
			if opened+read > 60 {
				t.Errorf("%d and %d blocks are read to open both and compare them, want 60 at most", opened, read)
			}

			// Where many blocks are asked for at once, it is how often that counts.
			batches := castest.Batching(s)
			if a, b, err = OpenToCompare(t.Context(), batches, before, after); err != nil {
				t.Fatal(err)
			}
			asked := batches.Rounds()
			differByTen(t, a, b)
			found := batches.Rounds()
			t.Logf("asked %d times to open both, %d to compare them", asked, found)
			if test.name != "one transaction, stored" && asked+found > 16 {
				t.Errorf("a store is asked %d and %d times to open both and compare them, want 16 at most", asked, found)
			}

			if test.before > 0 {
				return
			}
			if a, err = Open(t.Context(), counting, before); err != nil {
				t.Fatal(err)
			}
			if b, err = Open(t.Context(), counting, after); err != nil {
				t.Fatal(err)
			}
			opened = counting.Take().Gets
			differByTen(t, a, b)
			read = counting.Take().Gets
			t.Logf("%d blocks to open both and look where their transactions lead, %d to compare them", opened, read)
			if opened > 120 || read > 60 || i == 0 && opened+read > 60 {
				t.Errorf("%d blocks are read to open both, want 120 at most, and %d to compare them, want 60 at most, in all where all is stored", opened, read)
			}
		})
	}
}
