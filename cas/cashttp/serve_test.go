package cashttp_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// The token goes with what writes and with nothing else, and to no other host.
func TestWhereTheTokenGoes(t *testing.T) {
	var seen []string
	url := between(t, cashttp.NewHandler(cas.NewMemory(), cashttp.HandlerOptions{Token: "sesame"}), func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		seen = append(seen, r.URL.Path+" "+r.Header.Get("Authorization"))
		next.ServeHTTP(w, r)
	})
	c := dial(t, strings.Replace(url, "//", "//me:secret@", 1), cashttp.Options{Token: "sesame"})
	if err := c.Put(t.Context(), []cas.Block{castest.Raw(1)}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(seen, ", "); got != "/refs.json Basic bWU6c2VjcmV0, /put Bearer sesame" {
		t.Errorf("requests: %s", got)
	}
	for url, want := range map[string]string{
		"https://me:secret@example.org/db?key=1": "https://example.org/db",
		"https://me:sec%ret@example.org":         "https://…",
	} {
		if got := cashttp.Shown(url); got != want {
			t.Errorf("%s is shown as %s", url, got)
		}
		if _, err := cashttp.Open(url, cashttp.Options{}); err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "sec%ret") {
			t.Errorf("%s: %v", url, err)
		}
	}
	other := between(t, nil, func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		t.Errorf("%s with %q came to another host", r.URL, r.Header.Get("Authorization"))
	})
	moved := between(t, nil, func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		if strings.HasSuffix(r.URL.Path, "refs.json") {
			_, _ = io.WriteString(w, `{"dhfs":1,"can":["write"],"refs":[]}`)
			return
		}
		http.Redirect(w, r, strings.Replace(other, "127.0.0.1", "localhost", 1), http.StatusTemporaryRedirect)
	})
	if err := dial(t, moved, cashttp.Options{Token: "sesame"}).Put(t.Context(), []cas.Block{castest.Raw(1)}); err == nil {
		t.Error("a write went elsewhere")
	}
}

func TestHeaders(t *testing.T) {
	s, blocks := graph(t, 3)
	large := cas.NewBlock(cas.Raw, make([]byte, 10_000))
	if err := s.Put(t.Context(), []cas.Block{large}); err != nil {
		t.Fatal(err)
	}
	url := serve(t, s, cashttp.HandlerOptions{Origin: "https://example.org"})
	ask := func(method, path string, head ...string) *http.Response {
		t.Helper()
		req, _ := http.NewRequestWithContext(t.Context(), method, url+path, nil)
		for i := 0; i < len(head); i += 2 {
			req.Header.Set(head[i], head[i+1])
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	path := func(id cid.Cid) string { s := id.String(); return "/blocks/" + s[len(s)-2:] + "/" + s }
	block := ask("GET", path(blocks[1].CID()))
	if cc := block.Header.Get("Cache-Control"); cc != "max-age=31536000, immutable" || block.Header.Get("ETag") != `"`+blocks[1].CID().String()+`"` {
		t.Errorf("a block: %v", block.Header)
	}
	if res := ask("GET", path(blocks[1].CID()), "If-None-Match", block.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("a block that is known: %s", res.Status)
	}
	refs := ask("GET", "/refs.json")
	if refs.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("refs: %v", refs.Header)
	}
	if res := ask("GET", "/refs.json", "If-None-Match", refs.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("refs that are known: %s", res.Status)
	}
	for _, coding := range []string{"gzip", "zstd"} {
		if res := ask("GET", path(large.CID()), "Accept-Encoding", coding); res.Header.Get("Content-Encoding") != coding {
			t.Errorf("%s: %v", coding, res.Header)
		}
	}
	if res := ask("GET", path(castest.Raw(99).CID())); res.StatusCode != http.StatusNotFound || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a block that is not there: %s %v", res.Status, res.Header)
	}
	if res := ask("OPTIONS", "/many", "Origin", "https://example.org"); res.StatusCode != http.StatusNoContent || res.Header.Get("Access-Control-Allow-Origin") != "https://example.org" {
		t.Errorf("CORS: %s %v", res.Status, res.Header)
	}
	if res := ask("POST", "/put"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a put without a token where there is none: %s", res.Status)
	}
	if res := ask("GET", "/blocks/xx/"+large.CID().String()); res.StatusCode != http.StatusNotFound {
		t.Errorf("a block in another directory: %s", res.Status)
	}
}

// Garbage that is removed at the server between a writer's beginning and its commit makes that a conflict; beginning anew helps.
func TestSessions(t *testing.T) {
	s := cas.NewMemory()
	url := serve(t, s, cashttp.HandlerOptions{Token: "sesame"})
	c := dial(t, url, cashttp.Options{Token: "sesame"})
	write := func(w cas.RefStore, name string, n uint64) error {
		b := castest.Node(n)
		return cas.Commit(t.Context(), w, []cas.Block{b}, name, cid.Undef, b.CID())
	}
	for round := range uint64(3) {
		w := cas.Begin(c)
		if _, err := w.Has(t.Context(), castest.Raw(1).CID()); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(t.Context(), []cas.Block{castest.Raw(1)}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Collect(t.Context(), true, func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
			return func(id cid.Cid) bool { return id != castest.Raw(1).CID() }, nil
		}); err != nil {
			t.Fatal(err)
		}
		name := "heads/" + string(rune('a'+round))
		if err := write(w, name, round); !errors.Is(err, cas.ErrConflict) {
			t.Errorf("round %d: overtaken by a gc: %v", round, err)
		}
		if err := w.Put(t.Context(), []cas.Block{castest.Raw(2)}); !errors.Is(err, cas.ErrConflict) {
			t.Errorf("round %d: a put: %v", round, err)
		}
		if err := write(cas.Begin(c), name, round); err != nil {
			t.Errorf("round %d: begun anew: %v", round, err)
		}
	}
	old := cas.Begin(c)
	if _, err := old.Refs(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := cashttp.NewHandler(s, cashttp.HandlerOptions{Token: "sesame"})
	c2 := dial(t, between(t, again, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Header.Get("Dhfs-Session") != "" {
			r.Header.Set("Dhfs-Session", "of another server")
		}
		next.ServeHTTP(w, r)
	}), cashttp.Options{Token: "sesame"})
	if err := write(cas.Begin(c2), "heads/z", 9); !errors.Is(err, cas.ErrConflict) {
		t.Errorf("a session that the server does not know: %v", err)
	}
}

func TestNotify(t *testing.T) {
	s := cas.NewMemory()
	url := serve(t, s, cashttp.HandlerOptions{Token: "sesame"})
	c := dial(t, url, cashttp.Options{Token: "sesame"})
	ctx, cancel := context.WithCancel(t.Context())
	moved := make(chan struct{}, 1)
	if err := c.Notify(ctx, moved); err != nil {
		t.Fatal(err)
	}
	wait := func(what string) {
		t.Helper()
		select {
		case <-moved:
		case <-time.After(20 * time.Second):
			t.Fatalf("nothing was told of %s", what)
		}
	}
	wait("the beginning")
	b := castest.Node(1)
	if err := c.Commit(t.Context(), []cas.Block{b}, "heads/main", cid.Undef, b.CID()); err != nil {
		t.Fatal(err)
	}
	wait("a commit")
	if err := s.SetRef(t.Context(), "heads/other", cid.Undef, b.CID()); err != nil {
		t.Fatal(err)
	}
	wait("a ref that was moved beside the server")
	cancel()
}

// A directory behind Python's server of static files is read as any other store.
func TestStatic(t *testing.T) {
	dir := t.TempDir() + "/public"
	d, err := cashttp.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	blocks := castest.Graph(1, 200)
	if err := d.Put(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.SetRef(t.Context(), "heads/main", cid.Undef, blocks[199].CID()), d.WriteAll(t.Context())); err != nil {
		t.Fatal(err)
	}
	c := dial(t, python(t, dir), cashttp.Options{Token: "sesame"})
	if id, err := c.Ref(t.Context(), "heads/main"); err != nil || id != blocks[199].CID() {
		t.Errorf("ref: %s, %v", id, err)
	}
	if _, err := c.Ref(t.Context(), "heads/other"); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("no ref: %v", err)
	}
	ids := append(names(blocks), castest.Raw(5000).CID(), cid.Undef)
	found := 0
	if err := c.GetMany(t.Context(), ids, func(i int, b cas.Block, err error) {
		switch {
		case i < 200 && err == nil && b.CID() == ids[i]:
			found++
		case i == 200 && !errors.Is(err, cas.ErrNotFound), i < 200, i == 201 && err == nil:
			t.Errorf("block %d: %v", i, err)
		}
	}); err != nil || found != 200 {
		t.Errorf("%d blocks, %v", found, err)
	}
	known, err := c.HasMany(t.Context(), ids)
	if err != nil || !known[7] || known[200] || known[201] {
		t.Errorf("has: %v, %v", known[7], err)
	}
	listed := map[cid.Cid]bool{}
	for id, err := range c.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		listed[id] = true
	}
	if len(listed) != 200 {
		t.Errorf("%d blocks are listed", len(listed))
	}
	for _, err := range []error{c.Put(t.Context(), blocks[:1]), c.SetRef(t.Context(), "heads/main", ids[199], ids[0])} {
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("a write: %v", err)
		}
	}
	if _, err := c.Since(t.Context(), ids[:1], ids[:1]); !errors.Is(err, cas.ErrUnsupported) {
		t.Errorf("since: %v", err)
	}
	if err := c.Notify(t.Context(), nil); !errors.Is(err, cas.ErrUnsupported) {
		t.Errorf("events: %v", err)
	}
	copied, err := cas.Copy(t.Context(), cas.NewMemory(), c, blocks[199].CID(), nil)
	if err != nil || copied.Blocks != 200 {
		t.Errorf("copied %+v, %v", copied, err)
	}
}

// python serves a directory until the test ends.
func python(t *testing.T, dir string) string {
	t.Helper()
	cmd := exec.Command("python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("scripts/setup.sh python3 installs it: %v", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := regexp.MustCompile(`\((http://\S+)\)`).FindStringSubmatch(lines.Text()); m != nil {
			return m[1]
		}
	}
	t.Fatal("python3 serves nothing")
	return ""
}
