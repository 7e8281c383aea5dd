package test

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

const (
	storageEntities = 10_000 // of five attributes
	storageTxs      = 1_500  // of one datom, on as many entities
)

// TestStorageOfManyTransactions bounds what many small transactions take on the disk, each of them kept as a commit, by what the same datoms
// take that are imported at once. Nothing but Transact makes the storage small.
func TestStorageOfManyTransactions(t *testing.T) {
	atOnce, _ := storageOf(t, 0)
	many, head := storageOf(t, storageTxs)
	t.Logf("%d bytes at once, %d in %d transactions: %.2f times", atOnce, many, storageTxs, float64(many)/float64(atOnce))
	if 10*many > 26*atOnce {
		t.Errorf("%d transactions take %d bytes, at once it is %d", storageTxs, many, atOnce)
	}
	if head.T() != storageTxs+1 {
		t.Errorf("the head is t%d", head.T())
	}
}

// storageOf is what a database takes with notes on some entities: in transactions of their own, or with the entities where there are none.
func storageOf(t *testing.T, txs int) (bytes int64, head engine.DB) {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	s, err := casfile.Create(ctx, dir, casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := engine.Create(ctx, s, "main", engine.Options{SchemaOnRead: true}, time.UnixMilli(1_700_000_000_000))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for i := range storageEntities {
		fmt.Fprintf(&text, `{:db/id %d :p/id %d :p/name "name %d" :p/city "city %d" :p/age %d :p/salary %d`, i+1, i, i*7%100, i*31%70, i*31%100, i*7919%100_000)
		if txs == 0 && i < storageTxs {
			fmt.Fprintf(&text, ` :p/note "note %d"`, i)
		}
		text.WriteString("}\n")
	}
	forms, err := edn.ParseAll(text.String())
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.TransactLast(ctx, forms, engine.Meta{})
	for i := 0; i < txs && err == nil; i++ {
		if forms, err = edn.ParseAll(fmt.Sprintf(`[:db/add %d :p/note "note %d"]`, i*797%storageTxs+1, i)); err == nil {
			r, err = c.Transact(ctx, forms, engine.Meta{})
		}
	}
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		bytes += info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes, r.After
}
