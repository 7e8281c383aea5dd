// Package page is what dhfs serve shows to people: a page that runs the engine in the browser, over a replica in IndexedDB.
//
// The folder built has what is bundled from src, and is kept in git; the folder packed has the same and the engine, compressed, and
// is made by scripts/page-build.sh. Without it the package compiles too, and serves a page that says so.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
)

//go:embed packed
var packed embed.FS

// root is where everything of the page is but the page itself and its service worker. No database can have this name.
const root = "/~/"

// policy lets nothing come from elsewhere, and no script or style be written into the page.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Site is what the page tells of the server.
type Site struct {
	Version   string   `json:"version"`
	Databases []string `json:"databases"`
	Writes    bool     `json:"writes"` // it takes changes, from who has its token
}

// folders are what has names of its own in the browser, so that it is fetched again only when it changes: the page, and the engine that its worker loads.
var folders = map[string][]string{
	"page":   {"page.js", "editor.js", "chart.js", "page.css", "icon.svg"},
	"engine": {"worker.js", "wasm_exec.js", "dhfs.wasm"},
}

// Handle serves the page at the root of mux. Programs that ask for / are answered with the names of the databases, one a line.
func Handle(mux *http.ServeMux, site Site) error { return handle(mux, packed, site) }

func handle(mux *http.ServeMux, from fs.FS, site Site) error {
	p, err := load(from, site)
	if err != nil {
		return err
	}
	mux.HandleFunc("GET /{$}", p.front)
	mux.HandleFunc("GET "+root+"site.json", p.site)
	if p.index == nil {
		return nil
	}
	mux.HandleFunc("GET /sw.js", p.serviceWorker)
	mux.HandleFunc("GET "+root+"{folder}/{hash}/{name}", p.file)
	return nil
}

// loaded is a page that can be served. It does not change.
type loaded struct {
	about  []byte // Site as JSON
	names  []string
	index  []byte // nil: not built
	worker []byte
	files  map[string]file // by path below root
}

func load(from fs.FS, site Site) (*loaded, error) {
	about, err := json.Marshal(site)
	if err != nil {
		return nil, err
	}
	p := &loaded{about: about, names: site.Databases, files: map[string]file{}}
	if _, err := fs.Stat(from, "packed/dhfs.wasm.br"); err != nil {
		return p, nil
	}
	var pairs []string
	for _, folder := range []string{"engine", "page"} {
		at, err := p.add(from, folder)
		if err != nil {
			return nil, fmt.Errorf("page: %w", err)
		}
		pairs = append(pairs, "{{"+folder+"}}", at)
	}
	index, err := readPacked(from, "index.html")
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	worker, err := readPacked(from, "sw.js")
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	p.index = []byte(strings.NewReplacer(pairs...).Replace(string(index)))
	p.worker = p.listing(worker)
	return p, nil
}

// add takes the files of a folder, and tells where the browser finds them: a path that has the hash of them all in it.
func (p *loaded) add(from fs.FS, folder string) (string, error) {
	all := sha256.New()
	added := map[string]file{}
	for _, name := range folders[folder] {
		data, err := fs.ReadFile(from, "packed/"+name+".br")
		if err != nil {
			return "", err
		}
		fmt.Fprintf(all, "%s %d\n", name, len(data))
		all.Write(data)
		added[name] = file{name: name, packed: data}
	}
	at := folder + "/" + hex.EncodeToString(all.Sum(nil))[:16] + "/"
	for name, f := range added {
		p.files[at+name] = f
	}
	return "." + root + at, nil
}

// listing puts what is to be kept for later in front of the service worker.
func (p *loaded) listing(worker []byte) []byte {
	keep := []string{"./"}
	for name := range p.files {
		keep = append(keep, "."+root+name)
	}
	slices.Sort(keep)
	list, _ := json.Marshal(keep) // strings always can
	return slices.Concat([]byte("const kept = "), list, []byte(";\n"), worker)
}

func (p *loaded) front(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Cache-Control", "no-cache")
	switch {
	case !strings.Contains(r.Header.Get("Accept"), "text/html"):
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, strings.Join(p.names, "/\n")+"/\n")
	case p.index == nil:
		head(w, "text/html; charset=utf-8")
		_, _ = io.WriteString(w, notBuilt)
	default:
		head(w, "text/html; charset=utf-8")
		tag(w, p.index)
		http.ServeContent(w, r, "", noTime, bytes.NewReader(p.index))
	}
}

func (p *loaded) site(w http.ResponseWriter, _ *http.Request) {
	head(w, "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(p.about)
}

func (p *loaded) serviceWorker(w http.ResponseWriter, r *http.Request) {
	head(w, "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	tag(w, p.worker)
	http.ServeContent(w, r, "", noTime, bytes.NewReader(p.worker))
}

func (p *loaded) file(w http.ResponseWriter, r *http.Request) {
	f, ok := p.files[strings.TrimPrefix(r.URL.Path, root)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	head(w, types[path.Ext(f.name)])
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	f.serve(w, r)
}

var types = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".wasm": "application/wasm",
}

func head(w http.ResponseWriter, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>dhfs</title>
<h1>This dhfs was built without its page</h1>
<p><code>make build</code> builds it with the page in it. The databases are served all the same.</p>
`
