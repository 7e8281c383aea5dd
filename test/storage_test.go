package test

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// storageTxs is how many transactions of one datom are made, on as many entities of at least twice as many that have five attributes: DHFS_TXS, else few enough for
// the race detector.
func storageTxs(t testing.TB) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("DHFS_TXS"), "1000"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestStorageOfManyTransactions bounds what many small transactions take on the disk, each of them kept as a commit, by what the same datoms
// take that are imported at once, after each of them: a hundredth more for each hundred of them, so twice as much for 10,000. Nothing but Transact makes the storage small.
func TestStorageOfManyTransactions(t *testing.T) {
	txs := storageTxs(t)
	atOnce, _ := storageOf(t, txs, nil)
	var most int64
	at, made := 0, 0
	many, head := storageOf(t, txs, func(bytes int64) {
		if made++; bytes > most {
			most, at = bytes, made
		}
	})
	t.Logf("%d bytes at once, %d in %d transactions: %.2f times; at most %d, after %d: %.2f times",
		atOnce, many, txs, float64(many)/float64(atOnce), most, at, float64(most)/float64(atOnce))
	if most = max(most, many); 100*most > (100+int64(txs)/100)*atOnce {
		t.Errorf("%d transactions take up to %d bytes, at once it is %d", txs, most, atOnce)
	}
	if made != txs || head.T() != uint64(txs)+1 {
		t.Errorf("the head is t%d after %d transactions", head.T(), made)
	}
}

// TestBranchCostsOneRef has a branch of a database store no block, and no more bytes than its ref takes.
func TestBranchCostsOneRef(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	s, err := casfile.Create(t.Context(), dir, casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := engine.Create(t.Context(), s, "main", engine.Options{SchemaOnRead: true}, time.UnixMilli(1_700_000_000_000))
	if err != nil {
		t.Fatal(err)
	}
	var notes []edn.Value
	for i := range 1000 {
		notes = append(notes, edn.MakeMap(edn.MakeKeyword("p/id"), edn.MakeInt(int64(i)), edn.MakeKeyword("p/note"), edn.MakeString(fmt.Sprint("note ", i))))
	}
	r, err := c.TransactLast(t.Context(), notes, engine.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	head := r.After.Commit()
	count := func() (cas.Totals, int, int64) {
		totals, err := s.Totals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		refs, err := s.Refs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return totals, len(refs), bytesIn(t, dir)
	}
	before, refs, size := count()
	if err := engine.Branch.Create(t.Context(), s, "side", head); err != nil {
		t.Fatal(err)
	}
	after, more, larger := count()
	const record = 16 + 2 // the head of a record, the number of its refs, the lengths in one
	most := int64(record + len("heads/side") + 1 + head.ByteLen())
	if before.Blocks == 0 || after.Blocks != before.Blocks || after.Raw != before.Raw || more != refs+1 || larger-size > most {
		t.Errorf("a branch makes %+v, %d refs, %d bytes of %+v, %d refs, %d bytes; want the same blocks, one ref, %d bytes", after, more, larger, before, refs, size, most)
	}
	t.Logf("%d bytes", larger-size)
}

// storageOf is what a database takes with notes on some entities: in transactions of their own, after each of which look is told, or with the entities where look is nil.
func storageOf(t testing.TB, txs int, look func(bytes int64)) (bytes int64, head engine.DB) {
	t.Helper()
	dir := t.TempDir()
	var transact transacting
	if look != nil {
		transact = func(c *engine.Conn, forms []edn.Value) (engine.Report, error) {
			r, err := transactAndTidy(c, forms)
			look(bytesIn(t, dir))
			return r, err
		}
	}
	head = writeNotes(t, dir, txs, addNote, transact)
	return bytesIn(t, dir), head
}

// addNote gives an entity a note.
func addNote(i, txs int) string { return fmt.Sprintf(`[:db/add %d :p/note "note %d"]`, i*797%txs+1, i) }

// transacting makes a transaction.
type transacting func(c *engine.Conn, forms []edn.Value) (engine.Report, error)

// transactAndTidy waits for what goes on in the background after a transaction, too.
func transactAndTidy(c *engine.Conn, forms []edn.Value) (engine.Report, error) {
	r, err := c.Transact(context.Background(), forms, engine.Meta{})
	if err == nil {
		err = c.Tidied(context.Background())
	}
	return r, err
}

// writeNotes makes that database in a store in dir, in one transaction where transact is nil; change is what each other transaction does.
func writeNotes(t testing.TB, dir string, txs int, change func(i, txs int) string, transact transacting) (head engine.DB) {
	t.Helper()
	ctx := context.Background()
	s, err := casfile.Create(ctx, dir, casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := engine.Create(ctx, s, "main", engine.Options{SchemaOnRead: true}, time.UnixMilli(1_700_000_000_000))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for i := range max(10_000, 2*txs) {
		fmt.Fprintf(&text, `{:db/id %d :p/id %d :p/name "name %d" :p/city "city %d" :p/age %d :p/salary %d`, i+1, i, i*7%100, i*31%70, i*31%100, i*7919%100_000)
		if transact == nil && i < txs {
			fmt.Fprintf(&text, ` :p/note "note %d"`, i)
		}
		text.WriteString("}\n")
	}
	forms, err := edn.ParseAll(text.String())
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.TransactLast(ctx, forms, engine.Meta{})
	for i := 0; transact != nil && i < txs && err == nil; i++ {
		if forms, err = edn.ParseAll(change(i, txs)); err == nil {
			r, err = transact(c, forms)
		}
	}
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.After
}

// bytesIn is how large the files in a directory are.
func bytesIn(t testing.TB, dir string) (bytes int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}
