//go:build unix

package test

import (
	"cmp"
	"context"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cass3"
	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// pushSteps are changes of people, how many in how many transactions, and how many bytes may pass when they are pushed to a SQL database or a bucket.
var pushSteps = []struct {
	what       string
	many, each int
	sql, s3    int64
}{
	{"500 in one", 500, 500, 10_000, 45_000},
	{"500 in 50", 500, 10, 45_000, 115_000},
	{"500 in 500", 500, 1, 600_000, 650_000},
	{"3 in 3", 3, 1, 6_000, 105_000},
}

// TestWireOfPush pushes changes to a bucket and to SQL databases, counts the bytes that pass, and how many GETs a reader of the bucket waits for one after the other then.
// With DHFS_PEOPLE=200000 it is what a reader of the bucket finds of a million datoms.
func TestWireOfPush(t *testing.T) {
	const few = 5_000
	people, inRow := got[int](t)(strconv.Atoi(cmp.Or(os.Getenv("DHFS_PEOPLE"), strconv.Itoa(few)))), 3
	if people > few {
		inRow = 5
	}
	src, conn := wirePeople(t, people)
	type target struct {
		name  string
		most  func(step int) int64
		dial  func() cas.RefStore
		bytes func() int64 // since the last time
	}
	w := &s3Wire{all: map[string]int{}}
	bucket := s3Place(t)
	got[*cass3.Store](t)(cass3.Create(t.Context(), bucket, cass3.Options{})).Close()
	openS3 := func() *cass3.Store {
		s := got[*cass3.Store](t)(cass3.Open(t.Context(), bucket, cass3.Options{Transport: w, Alone: true}))
		t.Cleanup(func() { s.Close() })
		return s
	}
	targets := []target{{"S3", func(i int) int64 { return pushSteps[i].s3 }, func() cas.RefStore { return openS3() }, func() int64 { n := w.take(); return n.read + n.wrote }}}
	for name, place := range sqlStores {
		if name == "SQLite" || people > few {
			continue // the first has no wire
		}
		at := place(t)
		got[*cassql.Store](t)(cassql.Create(t.Context(), at)).Close()
		through, passed := throughSocket(t, at)
		targets = append(targets, target{name, func(i int) int64 { return pushSteps[i].sql }, func() cas.RefStore {
			s := got[*cassql.Store](t)(cassql.Open(t.Context(), through))
			t.Cleanup(func() { s.Close() })
			return s
		}, func() int64 { return passed.Swap(0) }})
	}
	for _, to := range targets {
		got[engine.Synced](t)(engine.Sync(t.Context(), to.dial(), src, engine.SyncOptions{}))
		t.Logf("%s: a clone: %d bytes", to.name, to.bytes())
	}
	for i, step := range pushSteps {
		raise(t, conn, people, step.many, step.each)
		head := must(src.Ref(t.Context(), "heads/main"))
		for _, to := range targets {
			dst := to.dial()
			to.bytes()
			done := got[engine.Synced](t)(engine.Sync(t.Context(), dst, src, engine.SyncOptions{}))
			n := to.bytes()
			t.Logf("%s, %s: %+v, %d bytes", to.name, step.what, done.Sent, n)
			if n > to.most(i) && people == few || done.Transactions != step.many/step.each {
				t.Errorf("%s, %s: %d bytes and %d transactions, want at most %d", to.name, step.what, n, done.Transactions, to.most(i))
			}
			if to.name == "S3" {
				continue
			}
			if db, err := engine.Check(t.Context(), to.dial(), head); err != nil || db.Commit() != head {
				t.Errorf("%s, %s: %v", to.name, step.what, err)
			}
		}
		// Who reads from the bucket waits for as few GETs as where each commit was made there: the ref brings all of the tail along.
		s := openS3()
		w.take()
		db := got[engine.DB](t)(engine.Open(t.Context(), engine.Cached(s, 64<<20), got[cid.Cid](t)(s.Ref(t.Context(), "heads/main"))))
		if err := entityByKey(t.Context(), db, people/2); err != nil || db.Commit() != head {
			t.Fatal(err)
		}
		n := w.take()
		t.Logf("after %s, an entity by its key: %d GETs, %d in a row, %d bytes", step.what, n.gets, n.serial, n.read)
		if n.serial > inRow || n.read > 64<<10 {
			t.Errorf("after %s, an entity by its key takes more than %d GETs in a row or 64 KiB: %s", step.what, inRow, n)
		}
		if _, err := engine.Check(t.Context(), s, head); err != nil {
			t.Error(err)
		}
		w.take()
	}
	s := openS3()
	found, err := cas.Verify(t.Context(), s, []cid.Cid{must(s.Ref(t.Context(), "heads/main"))}, must(cas.ReadAbsent(t.Context(), s)).Missing(t.Context(), s), nil)
	if err != nil || len(found.Faults) > 0 {
		t.Errorf("%v, %v", found.Faults, err)
	}
}

// throughSocket is the URL of a SQL database by way of a socket that counts the bytes which pass.
func throughSocket(t *testing.T, at string) (string, *atomic.Int64) {
	t.Helper()
	u := got[*url.URL](t)(url.Parse(at))
	q := u.Query()
	key, file := "host", ".s.PGSQL.5432"
	if q.Has("socket") {
		key, file = "socket", ""
	}
	dir := got[string](t)(os.MkdirTemp("", "wire")) // the names of sockets have to be short
	t.Cleanup(func() { os.RemoveAll(dir) })
	behind, front := filepath.Join(q.Get(key), file), filepath.Join(dir, "s.sock")
	if file != "" {
		front = filepath.Join(dir, file)
	}
	l := got[net.Listener](t)((&net.ListenConfig{}).Listen(t.Context(), "unix", front))
	t.Cleanup(func() { l.Close() })
	passed := &atomic.Int64{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			server, err := (&net.Dialer{}).DialContext(context.Background(), "unix", behind)
			if err != nil {
				c.Close()
				return
			}
			go pass(server, c, passed)
			go pass(c, server, passed)
		}
	}()
	if file != "" {
		return strings.Replace(at, url.QueryEscape(q.Get(key)), url.QueryEscape(dir), 1), passed
	}
	return strings.Replace(at, q.Get(key), front, 1), passed
}

// pass copies what comes until either side ends.
func pass(to io.WriteCloser, from io.Reader, n *atomic.Int64) {
	_, _ = io.Copy(countedWriter{to, n}, from)
	to.Close()
}

type countedWriter struct {
	io.Writer
	n *atomic.Int64
}

func (w countedWriter) Write(b []byte) (int, error) {
	w.n.Add(int64(len(b)))
	return w.Writer.Write(b)
}
