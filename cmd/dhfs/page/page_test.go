package page

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
)

// built is a page with little in it.
func built(t *testing.T) fstest.MapFS {
	files := fstest.MapFS{}
	put := func(name, text string) {
		var out bytes.Buffer
		w := brotli.NewWriter(&out)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		files["packed/"+name+".br"] = &fstest.MapFile{Data: out.Bytes()}
	}
	for _, names := range folders {
		for _, name := range names {
			put(name, "this is "+name)
		}
	}
	put("index.html", `<script src="{{page}}page.js"></script><meta content="{{engine}}">`)
	put("sw.js", "work()")
	return files
}

func serving(t *testing.T, files fstest.MapFS) *httptest.Server {
	mux := http.NewServeMux()
	if err := handle(mux, files, Site{Version: "v1", Databases: []string{"shop", "stock"}}); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// get asks without the client's own compression.
func get(t *testing.T, url string, head ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	res, err := (&http.Transport{DisableCompression: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

const html = "text/html,application/xhtml+xml"

func TestFront(t *testing.T) {
	s := serving(t, built(t))
	if _, body := get(t, s.URL); body != "shop/\nstock/\n" {
		t.Errorf("a program is told %q", body)
	}
	res, body := get(t, s.URL, "Accept", html)
	if res.Header.Get("Content-Security-Policy") != policy || !strings.Contains(body, `src="./~/page/`) || !strings.Contains(body, `content="./~/engine/`) {
		t.Errorf("a browser is told %q, %v", body, res.Header)
	}
	if res, _ = get(t, s.URL, "Accept", html, "If-None-Match", res.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %s", res.Status)
	}
	if _, body = get(t, s.URL+"/~/site.json"); body != `{"version":"v1","databases":["shop","stock"],"writes":false}` {
		t.Errorf("site.json is %s", body)
	}
}

func TestFiles(t *testing.T) {
	s := serving(t, built(t))
	_, index := get(t, s.URL, "Accept", html)
	at := s.URL + regexp.MustCompile(`/~/engine/\w+/`).FindString(index) + "dhfs.wasm"
	for _, accept := range []string{"br", "gzip, deflate, br;q=0.5", "gzip", "br;q=0, gzip;q=0", ""} {
		res, body := get(t, at, "Accept-Encoding", accept)
		var r io.Reader = strings.NewReader(body)
		switch res.Header.Get("Content-Encoding") {
		case "br":
			r = brotli.NewReader(r)
		case "gzip":
			z, err := gzip.NewReader(r)
			if err != nil {
				t.Fatal(err)
			}
			r = z
		}
		got, err := io.ReadAll(r)
		if err != nil || string(got) != "this is dhfs.wasm" {
			t.Errorf("%q: %q, %v", accept, got, err)
		}
		if h := res.Header; h.Get("Content-Type") != "application/wasm" || !strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("Content-Security-Policy") != policy || h.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %v", accept, h)
		}
		if want := accept != "" && !strings.HasPrefix(accept, "br;q=0"); (res.Header.Get("Content-Encoding") != "") != want {
			t.Errorf("%q is answered with %q", accept, res.Header.Get("Content-Encoding"))
		}
	}
	if res, _ := get(t, strings.Replace(at, "engine", "page", 1)); res.StatusCode != http.StatusNotFound {
		t.Errorf("another folder: %s", res.Status)
	}
}

// A file that changes has another place, and so has the list of what a browser keeps; the other folder stays where it was.
func TestPlaces(t *testing.T) {
	files := built(t)
	list := func() string {
		_, body := get(t, serving(t, files).URL+"/sw.js")
		return body
	}
	place := func(folder, list string) string { return regexp.MustCompile(`/~/` + folder + `/\w+/`).FindString(list) }
	before := list()
	if !strings.HasSuffix(before, ";\nwork()") || !strings.Contains(before, `"./",`) || strings.Count(before, "/~/") != 8 {
		t.Errorf("the service worker is %s", before)
	}
	files["packed/page.js.br"] = files["packed/page.css.br"]
	after := list()
	if place("page", before) == place("page", after) || place("engine", before) != place("engine", after) {
		t.Errorf("before %s, after %s", before, after)
	}
}

func TestNotBuilt(t *testing.T) {
	s := serving(t, fstest.MapFS{"packed/README.md": &fstest.MapFile{}})
	if res, body := get(t, s.URL, "Accept", html); res.StatusCode != http.StatusOK || !strings.Contains(body, "make build") {
		t.Errorf("%s %s", res.Status, body)
	}
	if res, _ := get(t, s.URL+"/sw.js"); res.StatusCode != http.StatusNotFound {
		t.Errorf("sw.js: %s", res.Status)
	}
	half := built(t)
	delete(half, "packed/page.js.br")
	if err := handle(http.NewServeMux(), half, Site{}); err == nil {
		t.Error("half a page is served")
	}
}
