package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// TestTidyInAProcessOfItsOwn has commands end with their transaction while another process makes the store smaller.
func TestTidyInAProcessOfItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	s, err := casfile.Create(t.Context(), dir, casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := engine.Create(t.Context(), s, "main", engine.Options{SchemaOnRead: true}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	c.TidyElsewhere(func() { asked++ })
	transact := func(text string) {
		forms, err := edn.ParseAll(text)
		if err == nil {
			_, err = c.Transact(t.Context(), forms, engine.Meta{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var all strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&all, `{:db/id %d :p/id %d :p/name "name %d" :p/city "city %d"}`, i+1, i, i*7%1000, i*31%70)
	}
	transact(all.String())
	for i := 0; asked < 3; i++ {
		transact(fmt.Sprintf(`[:db/add %d :p/note "note %d"]`, i*797%2000+1, i))
	}
	if _, err := s.Ref(t.Context(), cas.AbsentRef); err == nil {
		t.Fatal("who has it done elsewhere did it")
	}
	for i := range 70 { // one of 64 stores nodes
		var out, errs bytes.Buffer
		if code := run(t.Context(), []string{"tx", dir, fmt.Sprintf(`[[:db/add %d :p/note "last %d"]]`, i+1, i)}, stdio{strings.NewReader(""), &out, &errs}); code != 0 {
			t.Fatalf("exit code %d: %s", code, errs.String())
		}
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if _, err := s.Ref(t.Context(), cas.AbsentRef); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("no process has made the store smaller")
		}
	}
	for ; ; time.Sleep(10 * time.Millisecond) { // until it has ended, which writes into the directory
		if done, ok, _ := s.Sole(t.Context(), "tidy"); ok {
			done()
			break
		}
	}
	db, err := c.DB(t.Context())
	if err == nil {
		_, err = engine.Check(t.Context(), s, db.Commit())
	}
	if err != nil {
		t.Error(err)
	}
}
