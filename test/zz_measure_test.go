package test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

func cpu() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func size(dir string) (n int64) {
	filepath.Walk(dir, func(_ string, i os.FileInfo, err error) error {
		if err == nil && !i.IsDir() {
			n += i.Size()
		}
		return nil
	})
	return
}

func TestMeasure(t *testing.T) {
	ctx := context.Background()
	const ents, txs = 20_000, 10_000
	run := func(dir string, txs int, inline bool) {
		s, err := casfile.Create(ctx, dir, casfile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := engine.Create(ctx, s, "main", engine.Options{SchemaOnRead: true}, time.UnixMilli(1_700_000_000_000))
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for i := range ents {
			fmt.Fprintf(&text, `{:db/id %d :p/id %d :p/name "name %d" :p/city "city %d" :p/age %d :p/salary %d`, i+1, i, i*7%100, i*31%70, i*31%100, i*7919%100_000)
			if inline && i < 10000 {
				fmt.Fprintf(&text, ` :p/note "note %d"`, i)
			}
			text.WriteString("}\n")
		}
		forms, err := edn.ParseAll(text.String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err = c.TransactLast(ctx, forms, engine.Meta{}); err != nil {
			t.Fatal(err)
		}
		t.Logf("import %d", size(dir))
		begin, c0 := time.Now(), cpu()
		var most int64
		for i := 0; i < txs; i++ {
			forms, _ = edn.ParseAll(fmt.Sprintf(`[:db/add %d :p/note "note %d"]`, i*797%10000+1, i))
			if _, err = c.Transact(ctx, forms, engine.Meta{}); err != nil {
				t.Fatal(err)
			}
			if i%8 == 7 {
				most = max(most, size(dir))
			}
			if i%1000 == 999 {
				t.Logf("%d: now %d, most %d, %v, cpu %v", i+1, size(dir), most, time.Since(begin), cpu()-c0)
				most = 0
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		filepath.Walk(dir, func(p string, i os.FileInfo, err error) error {
			t.Logf("%s %d", p, i.Size())
			return nil
		})
	}
	base := os.Getenv("DHFS_MEASURE")
	os.RemoveAll(base)
	run(base+"/once", 0, true)
	run(base+"/many", txs, false)
}
