package cass3

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

var prefixes atomic.Int64

func init() {
	os.Setenv("AWS_ACCESS_KEY_ID", "dhfs-test") // as test/servers has them
	os.Setenv("AWS_SECRET_ACCESS_KEY", "dhfs-test-secret")
}

// create makes an empty store.
func create(t testing.TB, url string, o Options) *Store {
	t.Helper()
	s, err := Create(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// again opens a store as another process would: without what this one knows of it.
func again(t testing.TB, url string, o Options) *Store {
	t.Helper()
	o.Alone = true
	s, err := Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// fake starts a server in this process, with an empty bucket "test"; through changes what comes to it, where it is not nil.
func fake(t testing.TB, through func(http.Handler) http.Handler) (endpoint string) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("test"); err != nil {
		t.Fatal(err)
	}
	h := gofakes3.New(backend).Server()
	if through != nil {
		h = through(h)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func fakeURL(endpoint string) string {
	return fmt.Sprintf("s3://test/store-%d?endpoint=%s", prefixes.Add(1), endpoint)
}

// wire is a transport that counts requests, and fails where a test wants it to.
type wire struct {
	mu    sync.Mutex
	n     map[string]int // by what they ask for
	bytes int64          // of answers
	log   []string

	// before and after are called with each request: before it is sent, and when there is an answer. An error is what the client gets.
	before, after func(r *http.Request) error
}

func newWire() *wire { return &wire{n: map[string]int{}} }

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	what := r.Method
	if r.URL.Query().Has("list-type") {
		what = "LIST"
	}
	w.mu.Lock()
	w.n[what]++
	w.log = append(w.log, fmt.Sprintf("%s %s %s", what, r.URL.Path, r.Header.Get("Range")))
	before, after := w.before, w.after
	w.mu.Unlock()
	if before != nil {
		if err := before(r); err != nil {
			return nil, err
		}
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if after != nil {
		if err := after(r); err != nil {
			answer.Body.Close()
			return nil, err
		}
	}
	answer.Body = &countedBody{answer.Body, w}
	return answer, nil
}

type countedBody struct {
	io.ReadCloser
	w *wire
}

func (c *countedBody) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.bytes += int64(n)
	return n, err
}

// counted is what was asked since the last take.
type counted struct {
	get, put, list int
	bytes          int64
	log            []string
}

func (c counted) String() string {
	return fmt.Sprintf("%d GETs, %d PUTs, %d LISTs, %d bytes read:\n%s", c.get, c.put, c.list, c.bytes, strings.Join(c.log, "\n"))
}

func (w *wire) take() counted {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := counted{w.n["GET"], w.n["PUT"], w.n["LIST"], w.bytes, w.log}
	w.n, w.bytes, w.log = map[string]int{}, 0, nil
	return c
}

// set changes what happens to requests.
func (w *wire) set(before, after func(*http.Request) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before, w.after = before, after
}

var errCut = errors.New("the test has cut the connection")

// once makes of what recognises a request a function that fails for the first n of those.
func once(n int, is func(*http.Request) bool) func(*http.Request) error {
	var mu sync.Mutex
	return func(r *http.Request) error {
		mu.Lock()
		defer mu.Unlock()
		if n > 0 && is(r) {
			n--
			return errCut
		}
		return nil
	}
}

func isRefPut(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/refs/")
}

func isPackPut(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/packs/")
}
