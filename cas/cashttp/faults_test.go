package cashttp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// between is a server whose requests pass through f.
func between(t testing.TB, h http.Handler, f func(w http.ResponseWriter, r *http.Request, next http.Handler)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f(w, r, h) }))
	t.Cleanup(server.Close)
	return server.URL
}

func graph(t testing.TB, n int) (*cas.Memory, []cas.Block) {
	t.Helper()
	s, blocks := cas.NewMemory(), castest.Graph(1, n)
	if err := s.Put(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	return s, blocks
}

func names(blocks []cas.Block) (ids []cid.Cid) {
	for _, b := range blocks {
		ids = append(ids, b.CID())
	}
	return ids
}

// since hands out all blocks, as a handler's Since.
func since(blocks []cas.Block) func(context.Context, cas.RefStore, []cid.Cid, []cid.Cid) ([]cas.Block, error) {
	return func(context.Context, cas.RefStore, []cid.Cid, []cid.Cid) ([]cas.Block, error) { return blocks, nil }
}

// changed changes a byte of what a server answers to paths that begin so.
func changed(prefix string, at int) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		r.Header.Del("Accept-Encoding")
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		body := rec.Body.Bytes()
		if strings.HasPrefix(r.URL.Path, prefix) {
			body[(at+len(body))%len(body)] ^= 1
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(body)
	}
}

func TestTamperedAnswers(t *testing.T) {
	s, blocks := graph(t, 20)
	h := cashttp.NewHandler(s, cashttp.HandlerOptions{Since: since(blocks)})
	var corrupt *cas.CorruptError
	c := dial(t, between(t, h, changed("/blocks/", 0)), cashttp.Options{})
	if _, err := c.Get(t.Context(), blocks[3].CID()); !errors.As(err, &corrupt) || corrupt.CID != blocks[3].CID() {
		t.Errorf("a block: %v", err)
	}
	c = dial(t, between(t, h, changed("/many", -2)), cashttp.Options{})
	got, bad := 0, 0
	err := c.GetMany(t.Context(), names(blocks), func(_ int, _ cas.Block, err error) {
		if got++; errors.As(err, &corrupt) {
			bad++
		}
	})
	if err != nil || got != 20 || bad != 1 {
		t.Errorf("many: %d of %d are corrupt, %v", bad, got, err)
	}
	for _, at := range []int{-1, -40} { // the digest, and a block
		c = dial(t, between(t, h, changed("/since", at)), cashttp.Options{})
		if _, err := c.Since(t.Context(), names(blocks), names(blocks)); !errors.As(err, &corrupt) {
			t.Errorf("since, byte %d: %v", at, err)
		}
	}
	c = dial(t, serve(t, s, cashttp.HandlerOptions{Since: since(blocks)}), cashttp.Options{})
	whole, err := c.Since(t.Context(), names(blocks), names(blocks))
	if err != nil || len(whole) != 20 || whole[7].CID() != blocks[7].CID() {
		t.Errorf("untouched: %d blocks, %v", len(whole), err)
	}
}

// cutting ends the connection in the middle of the first n answers.
func cutting(n int64) func(http.ResponseWriter, *http.Request, http.Handler) {
	var done atomic.Int64
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "refs.json") || done.Add(1) > n {
			next.ServeHTTP(w, r)
			return
		}
		r.Header.Del("Accept-Encoding")
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		w.Header().Set("Content-Length", "1000000")
		_, _ = w.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
		panic(http.ErrAbortHandler)
	}
}

func TestCutAnswers(t *testing.T) {
	s, blocks := graph(t, 300)
	h := cashttp.NewHandler(s, cashttp.HandlerOptions{})
	for n, ok := range map[int64]bool{2: true, 100: false} {
		c := dial(t, between(t, h, cutting(n)), cashttp.Options{Pause: time.Millisecond})
		calls := make([]int, len(blocks))
		err := c.GetMany(t.Context(), names(blocks), func(i int, b cas.Block, err error) {
			if calls[i]++; err != nil || b.CID() != blocks[i].CID() {
				t.Errorf("block %d: %v", i, err)
			}
		})
		if ok != (err == nil) || err != nil && !errors.Is(err, cas.ErrUnavailable) {
			t.Errorf("%d cut: %v", n, err)
		}
		for i, k := range calls {
			if k > 1 || ok && k != 1 {
				t.Errorf("%d cut: block %d was given %d times", n, i, k)
			}
		}
	}
	c := dial(t, between(t, h, cutting(100)), cashttp.Options{Pause: time.Millisecond})
	var last error
	for _, last = range c.All(t.Context()) {
	}
	if !errors.Is(last, cas.ErrUnavailable) {
		t.Errorf("a list that was cut: %v", last)
	}
}

func TestSilentServer(t *testing.T) {
	release := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	url := between(t, h, func(w http.ResponseWriter, r *http.Request, next http.Handler) { next.ServeHTTP(w, r) })
	defer close(release)
	c := dial(t, url, cashttp.Options{Timeout: 50 * time.Millisecond})
	if _, err := c.Refs(t.Context()); !errors.Is(err, cas.ErrUnavailable) {
		t.Errorf("a silent server: %v", err)
	}
	c = dial(t, url, cashttp.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Refs(ctx); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, cas.ErrUnavailable) {
		t.Errorf("the caller's deadline: %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c := dial(t, "http://user:hunter2@"+l.Addr().String()+"/db", cashttp.Options{Token: "sesame"})
	_, err = c.Refs(t.Context())
	if !errors.Is(err, cas.ErrUnavailable) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "sesame") {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestStatus(t *testing.T) {
	for status, want := range map[int]error{
		401: fs.ErrPermission, 403: fs.ErrPermission, 404: cas.ErrNotFound, 410: cas.ErrNotFound,
		429: cas.ErrUnavailable, 502: cas.ErrUnavailable, 503: cas.ErrUnavailable, 504: cas.ErrUnavailable,
	} {
		url := between(t, nil, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html>something else</html>")
		})
		if _, err := dial(t, url, cashttp.Options{Pause: time.Millisecond}).Refs(t.Context()); !errors.Is(err, want) {
			t.Errorf("status %d: %v, want %v", status, err, want)
		}
	}
	url := between(t, nil, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		_, _ = io.WriteString(w, "<html>a page</html>")
	})
	if _, err := dial(t, url, cashttp.Options{Pause: time.Millisecond}).Refs(t.Context()); err == nil || errors.Is(err, cas.ErrNotFound) {
		t.Errorf("a page instead of refs: %v", err)
	}
}

// A commit whose answer is lost was made; one that never came was not.
func TestAmbiguousCommit(t *testing.T) {
	s := cas.NewMemory()
	h := cashttp.NewHandler(s, cashttp.HandlerOptions{Token: "sesame"})
	for name, before := range map[string]bool{"before": true, "after": false} {
		url := between(t, h, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			if !strings.HasSuffix(r.URL.Path, "/commit") {
				next.ServeHTTP(w, r)
				return
			}
			if !before {
				next.ServeHTTP(httptest.NewRecorder(), r)
			}
			panic(http.ErrAbortHandler)
		})
		c := dial(t, url, cashttp.Options{Token: "sesame"})
		b := castest.Node(1)
		err := c.Commit(t.Context(), []cas.Block{b}, "heads/"+name, cid.Undef, b.CID())
		if before != errors.Is(err, cas.ErrUnavailable) || !before && err != nil {
			t.Errorf("lost %s the commit: %v", name, err)
		}
		if at, _ := s.Ref(t.Context(), "heads/"+name); at.Defined() == before {
			t.Errorf("lost %s the commit: the ref is at %s", name, at)
		}
	}
}

func TestClosureOnUpload(t *testing.T) {
	s := cas.NewMemory()
	c := dial(t, serve(t, s, cashttp.HandlerOptions{Token: "sesame"}), cashttp.Options{Token: "sesame"})
	child := castest.Raw(1)
	parent := castest.Node(2, child.CID())
	if err := c.Put(t.Context(), []cas.Block{parent}); err == nil || !strings.Contains(err.Error(), child.CID().String()) {
		t.Errorf("a parent without its child: %v", err)
	}
	if err := c.Commit(t.Context(), []cas.Block{parent, child}, "heads/main", cid.Undef, parent.CID()); err == nil {
		t.Error("a parent before its child was taken")
	}
	if err := cas.WriteAbsent(t.Context(), s, cas.Absent{child.CID(): {}}); err != nil {
		t.Fatal(err)
	}
	if err := c.Put(t.Context(), []cas.Block{parent}); err != nil {
		t.Errorf("a child that is missing on purpose: %v", err)
	}
}

func TestLimits(t *testing.T) {
	s := cas.NewMemory()
	url := serve(t, s, cashttp.HandlerOptions{Token: "sesame", MaxBody: 1 << 20})
	c := dial(t, url, cashttp.Options{Token: "sesame"})
	for name, data := range map[string][]byte{"large": incompressible(3 << 20), "large once decompressed": make([]byte, 3<<20)} {
		if err := c.Put(t.Context(), []cas.Block{cas.NewBlock(cas.Raw, data)}); err == nil || !strings.Contains(err.Error(), "larger than") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for path, body := range map[string]string{
		"many": "\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "have": "\x05abc", "since": "{", "put": "\x55\x00\xff\xff\xff\xff\x0fx",
		"commit": "{}\n\x00", "replay": "[]\n", "put?": "\x71\x05\x01\x01\x01\x01\x01",
	} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/"+path, bytes.NewReader([]byte(body)))
		req.Header.Set("Authorization", "Bearer sesame")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode < 400 || res.StatusCode >= 500 {
			t.Errorf("%s with %q: %s", path, body, res.Status)
		}
	}
	for range s.All(t.Context()) {
		t.Error("something was stored")
	}
}

func incompressible(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

// awayStore is a store of a server that gives no blocks any more.
type awayStore struct {
	cas.RefStore
	err error
}

func (s awayStore) Get(context.Context, cid.Cid) (cas.Block, error) {
	return cas.Block{}, fmt.Errorf("the store: %w", s.err)
}

// TestServerThatEnds: a server whose store is closed, or cannot be reached, is one that cannot be reached, for one block and for many.
func TestServerThatEnds(t *testing.T) {
	s, blocks := graph(t, 3)
	for _, why := range []error{fs.ErrClosed, cas.ErrUnavailable} {
		c := dial(t, serve(t, awayStore{s, why}, cashttp.HandlerOptions{}), cashttp.Options{Pause: time.Millisecond})
		if _, err := c.Get(t.Context(), blocks[0].CID()); !errors.Is(err, cas.ErrUnavailable) {
			t.Errorf("%v: one block: %v", why, err)
		}
		told := 0
		err := c.GetMany(t.Context(), names(blocks), func(_ int, _ cas.Block, err error) {
			if told++; !errors.Is(err, cas.ErrUnavailable) {
				t.Errorf("%v: one of many: %v", why, err)
			}
		})
		if told != len(blocks) && !errors.Is(err, cas.ErrUnavailable) {
			t.Errorf("%v: many: %v, and %d were told", why, err, told)
		}
	}
}
