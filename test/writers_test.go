//go:build unix

package test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
)

// Many processes write to one database, and no server is between them.
const (
	competitors = 8
	// maxTries is more than any transaction here is run: only processes that got no turn within half a minute overtake others.
	maxTries = 4
)

// receipt is what a competitor says of a transaction that was acknowledged.
type receipt struct {
	key      string
	t        uint64
	commit   cid.Cid
	attempts int
	took     time.Duration
}

func (r receipt) String() string {
	return fmt.Sprintf("%s %d %s %d %d", r.key, r.t, r.commit, r.attempts, r.took)
}

func parseReceipt(line string) (r receipt, err error) {
	var id string
	if _, err = fmt.Sscanf(line, "%s %d %s %d %d", &r.key, &r.t, &id, &r.attempts, &r.took); err == nil {
		r.commit, err = cid.Decode(id)
	}
	return r, err
}

// compete says that it is ready, waits for the end of standard input, makes its transactions and says each that was acknowledged. Each
// changes what the others change too: what it retracts, and the id of its entity, depend on who came before.
func compete(dir, name string) error {
	ctx := context.Background()
	s, err := openAt(ctx, dir)
	if err != nil {
		return err
	}
	defer s.Close()
	many, err := strconv.Atoi(os.Getenv(envMany))
	if err != nil {
		return err
	}
	conn, err := engine.Connect(ctx, s, "main")
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	for i := range many {
		r := receipt{key: fmt.Sprintf("%s-%d", name, i)}
		forms, err := edn.ParseAll(fmt.Sprintf(`{:note/key %q :note/n %d} {:note/key "shared-0" :note/text %q}`, r.key, i, r.key))
		if err != nil {
			return err
		}
		start := time.Now()
		done, err := conn.Transact(ctx, forms, engine.Meta{By: name})
		if err != nil {
			return fmt.Errorf("%s: %w", r.key, err)
		}
		r.t, r.commit, r.attempts, r.took = done.Commit.T, done.Commit.ID, done.Attempts, time.Since(start)
		fmt.Println(r)
	}
	return nil
}

// TestManyWriters has eight processes race for one branch. Every acknowledged transaction is in the log exactly once, where its writer
// was told; there is nothing else; the log, run again from its beginning, gives the same root; and no writer starves.
func TestManyWriters(t *testing.T) {
	r := race(t, filepath.Join(t.TempDir(), "db"), eachCommits)
	if r.most > maxTries {
		t.Errorf("a transaction was run %d times", r.most)
	}
}

// even is how even the shares of writers have to be, by Jain's index.
const even = 0.9

// race has eight processes make some transactions each, or as many as DHFS_COMMITS says, and checks what became of them.
func race(t *testing.T, dir string, many int) fairness {
	t.Helper()
	if asked := os.Getenv("DHFS_COMMITS"); asked != "" {
		var err error
		if many, err = strconv.Atoi(asked); err != nil {
			t.Fatal(err)
		}
	}
	newNotes(t, dir)
	t.Setenv(envMany, strconv.Itoa(many))
	in, start, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var all []*process
	for w := range competitors {
		all = append(all, startProcess(t, "compete", dir, fmt.Sprintf("w%d", w), in))
	}
	for _, p := range all {
		<-p.ready
	}
	in.Close()
	began := time.Now()
	start.Close()
	receipts := make([][]receipt, competitors)
	for w, p := range all {
		for _, line := range p.end(t)[1:] {
			r, err := parseReceipt(line)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			receipts[w] = append(receipts[w], r)
		}
	}
	took := time.Since(began)
	checkReceipts(t, dir, receipts, many)
	checkReplay(t, dir)
	return checkFairness(t, receipts, many, took)
}

// checkReceipts compares what the writers were told with the log.
func checkReceipts(t *testing.T, dir string, receipts [][]receipt, many int) {
	t.Helper()
	s, db := openNotes(t, dir)
	logged := logOf(t, s, db)
	if want := uint64(1 + competitors*many); db.T() != want {
		t.Errorf("the head is t%d, want t%d", db.T(), want)
	}
	for w, all := range receipts {
		if len(all) != many {
			t.Errorf("writer %d has %d transactions", w, len(all))
		}
		for _, r := range all {
			if c := logged[r.key]; c.T != r.t || c.ID != r.commit {
				t.Fatalf("%s was acknowledged as t%d, commit %s; the log has it as t%d, commit %s", r.key, r.t, r.commit, c.T, c.ID)
			}
		}
	}
}

// checkFairness looks at the first half of the log, when all writers were at work.
func checkFairness(t *testing.T, receipts [][]receipt, many int, took time.Duration) fairness {
	t.Helper()
	var shares []float64
	var most, total int
	var times []time.Duration
	for _, all := range receipts {
		early := 0
		for _, r := range all {
			if r.t <= uint64(competitors*many/2) {
				early++
			}
			most, total, times = max(most, r.attempts), total+r.attempts, append(times, r.took)
		}
		shares = append(shares, float64(early))
	}
	slices.Sort(times)
	t.Logf("%d transactions of %d processes in %v: shares of the first half %v, Jain's index %.3f; %.3f attempts each, at most %d; half of them took %v at most, all but a hundredth %v, the longest %v",
		competitors*many, competitors, took.Round(time.Millisecond), shares, jain(shares), float64(total)/competitors/float64(many), most,
		times[len(times)/2], times[len(times)*99/100], times[len(times)-1])
	if many >= 50 && jain(shares) < even { // of fewer, the first half is too short to tell
		t.Errorf("some writers starve: of the first half they have %v", shares)
	}
	return fairness{most}
}

// fairness is how writers fared.
type fairness struct {
	most int // attempts that a transaction took
}

// jain is Jain's index of fairness: 1 when all have the same, 1/n when one has everything.
func jain(shares []float64) float64 {
	var sum, squares float64
	for _, x := range shares {
		sum, squares = sum+x, squares+x*x
	}
	return sum * sum / (float64(len(shares)) * squares)
}

// openNotes opens the store and the head of main, for the time of the test.
func openNotes(t *testing.T, dir string) (cas.RefStore, engine.DB) {
	t.Helper()
	s, err := openAt(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	conn, err := engine.Connect(t.Context(), s, "main")
	if err != nil {
		t.Fatal(err)
	}
	db, err := conn.DB(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, db
}

// logOf is by which commit each note came. It checks that t has no gaps, and that each came once and stayed.
func logOf(t *testing.T, s cas.Getter, db engine.DB) map[string]engine.Commit {
	t.Helper()
	key, ok := db.Schema().ByIdent("note/key")
	if !ok {
		t.Fatal("the schema is gone")
	}
	by := map[string]engine.Commit{}
	next := db.T()
	for c, err := range engine.Log(t.Context(), s, db.Commit()) {
		if err != nil {
			t.Fatal(err)
		}
		if c.T != next {
			t.Fatalf("t%d where t%d should be", c.T, next)
		}
		next--
		tx, err := engine.ReadTx(t.Context(), s, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tx.Datoms {
			if d.A != key.ID {
				continue
			}
			if other, twice := by[d.V.Text()]; twice || !d.Added {
				t.Fatalf("%s (added: %v) is in t%d and in t%d", d.V.Text(), d.Added, c.T, other.T)
			}
			by[d.V.Text()] = c
		}
	}
	return by
}

// checkReplay runs the log again, one transaction after the other, in an empty database.
func checkReplay(t *testing.T, dir string) {
	t.Helper()
	_, db := openNotes(t, dir)
	again, err := engine.Create(t.Context(), cas.NewMemory(), "main", engine.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var last engine.Report
	for r, err := range db.Replay(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if last, err = again.TransactMore(t.Context(), r.Forms, r.Meta); err != nil {
			t.Fatal(err)
		}
	}
	if last.After.T() != db.T() || last.After.Root() != db.Root() {
		t.Errorf("the log leads to t%d with the root %s, and the head is t%d with the root %s", last.After.T(), last.After.Root(), db.T(), db.Root())
	}
}
