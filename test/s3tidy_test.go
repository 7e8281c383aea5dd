//go:build unix

package test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cass3"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
)

// Snapshots of old commits in a bucket are thinned out: what they took is free again, each commit is what it was, and the head is found in as few requests.
func TestTidyS3(t *testing.T) {
	t.Setenv("DHFS_PEOPLE", "3000")
	url, people := s3Crowd(t)
	w := &s3Wire{all: map[string]int{}}
	open := func() *cass3.Store {
		s := got[*cass3.Store](t)(cass3.Open(t.Context(), url, cass3.Options{Transport: w, Alone: true}))
		t.Cleanup(func() { s.Close() })
		return s
	}
	writer := open()
	imported := got[cas.Totals](t)(writer.Totals(t.Context())).Disk
	c := got[*engine.Conn](t)(engine.Connect(t.Context(), writer, "main"))
	var made []engine.DB
	for i := range 80 {
		forms := got[[]edn.Value](t)(edn.ParseAll(fmt.Sprintf(`{:person/id "p%06d" :person/age %d}`, i*31, 100+i)))
		made = append(made, got[engine.Report](t)(c.Transact(t.Context(), forms, engine.Meta{})).After)
	}
	before := got[cas.Totals](t)(writer.Totals(t.Context())).Disk

	w.take()
	tidied := open()
	done := got[cas.Collected](t)(engine.Tidy(t.Context(), tidied))
	if n := rowsOfFence(t, w.log); n > 20 {
		t.Errorf("writers wait for %d requests one after the other", n)
	}
	n := w.take()
	t.Logf("%+v: %d GETs, %d in a row, %d bytes; %d PUTs", done, n.gets, n.serial, n.read, n.puts)
	if n.serial > 150 {
		t.Errorf("%d requests one after the other", n.serial)
	}
	after := got[cas.Totals](t)(tidied.Totals(t.Context())).Disk
	t.Logf("%d bytes imported, %d with 80 commits, %d tidied", imported, before, after)
	if done.Blocks < 500 || done.Bytes < (before-after)*99/100 || after > imported*3/2+100<<10 {
		t.Errorf("%+v, %d bytes before and %d after", done, before, after)
	}
	reader := open()
	for i := 0; i < len(made); i += 7 {
		db := got[engine.DB](t)(engine.Open(t.Context(), reader, made[i].Commit()))
		if db.Root() != made[i].Root() {
			t.Errorf("commit %d leads to another root", i)
		}
	}
	// A value that is open stays so, in the process that wrote and in any other.
	if err := entityByKey(t.Context(), made[3], people/2); err != nil {
		t.Error(err)
	}
	s := open()
	w.take()
	head := got[engine.DB](t)(engine.Open(t.Context(), s, got[cid.Cid](t)(s.Ref(t.Context(), "heads/main"))))
	if err := entityByKey(t.Context(), head, people/2); err != nil || head.Root() != made[len(made)-1].Root() {
		t.Fatal(err)
	}
	if n := w.take(); n.serial > 5 || n.read > 64<<10 {
		t.Errorf("an entity by its key afterwards: %s", n)
	}
	got[engine.Report](t)(c.Transact(t.Context(), got[[]edn.Value](t)(edn.ParseAll(`{:person/id "p000001" :person/age 5}`)), engine.Meta{}))
	if again := got[cas.Collected](t)(engine.Tidy(t.Context(), open())); again.Blocks > 60 {
		t.Errorf("one commit later %d blocks go", again.Blocks)
	}
}

// rowsOfFence is how many requests in a row a collector makes from when it has said that it moves the refs, until others may begin again.
func rowsOfFence(t *testing.T, log []string) int {
	t.Helper()
	var rows []int
	for _, line := range log {
		row, what, _ := strings.Cut(line, ": ")
		if strings.HasPrefix(what, "PUT ") && strings.HasSuffix(strings.TrimSpace(what), "/dhfs") {
			rows = append(rows, got[int](t)(strconv.Atoi(row)))
		}
	}
	if len(rows) < 3 { // moves the refs, has moved them, is done
		t.Fatalf("dhfs was put %d times", len(rows))
	}
	return rows[len(rows)-2] - rows[len(rows)-3]
}
