package cashttp

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"github.com/klauspost/compress/gzhttp"
)

// HandlerOptions say what a handler offers.
type HandlerOptions struct {
	// Token is what writers have to show; without one nobody writes.
	Token string
	// Origin is the origin of pages elsewhere whose scripts may read, as https://example.org, or * for all; "" is none.
	Origin string
	// Since and Replay are what cas.Differ and cas.Replayer promise, of the store that is given to them; nil where that is not offered.
	Since  func(ctx context.Context, s cas.RefStore, heads, haves []cid.Cid) ([]cas.Block, error)
	Replay func(ctx context.Context, s cas.RefStore, blocks []cas.Block, heads []cid.Cid) error
	// Transact runs a transaction and makes its report; nil where that is not offered. What it refuses is a *RefusedError.
	Transact func(ctx context.Context, s cas.RefStore, q Submission) (Submitted, error)
	// Observer is told what happens; nil: nobody.
	Observer Observer
	// MaxBody is how much a request may bring, before and after it is decompressed: 256 MiB when it is 0.
	MaxBody int64
	// Timeout is how long a client may take for each part of a request or an answer: 30 s when it is 0.
	Timeout time.Duration
}

// handler serves one store.
type handler struct {
	store    cas.RefStore
	o        HandlerOptions
	can      []string
	sessions sessions
	events   events
	lines    lines
	routes   map[string]bool // patterns
	large    chan struct{}   // held by who holds a large answer, or a large transaction
}

// maxLarge is how many answers and transactions there may be at once that are held as a whole, each of up to 64 MiB.
const maxLarge = 8

// NewHandler serves a store at the root of a URL; http.StripPrefix puts it elsewhere.
func NewHandler(s cas.RefStore, o HandlerOptions) http.Handler {
	if o.MaxBody == 0 {
		o.MaxBody = 256 << 20
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Observer == nil {
		o.Observer = unobserved{}
	}
	h := &handler{routes: map[string]bool{}, store: s, o: o, can: []string{canMany, canEvents}, sessions: sessions{store: s}, large: make(chan struct{}, maxLarge)}
	if o.Since != nil {
		h.can = append(h.can, canSince)
	}
	if o.Token != "" {
		h.can = append(h.can, canWrite, canTurn)
		if o.Replay != nil {
			h.can = append(h.can, canReplay)
		}
		if o.Transact != nil {
			h.can = append(h.can, canTx)
		}
	}
	mux := http.NewServeMux()
	packed, err := gzhttp.NewWrapper(gzhttp.ContentTypeFilter(func(string) bool { return true }), gzhttp.MinSize(512))
	if err != nil {
		panic(err) // the options are right
	}
	handle := func(pattern string, f http.Handler) {
		h.routes[pattern] = true
		mux.Handle(pattern, f)
	}
	compressed := func(f func(http.ResponseWriter, *http.Request) error) http.Handler { return packed(answering(f)) }
	handle("GET /"+refsFile, compressed(h.getRefs))
	handle("GET /"+allFile, compressed(h.getAll))
	handle("GET /"+totalsFile, compressed(h.getTotals))
	handle("GET /"+blocksDir+"{dir}/{cid}", compressed(h.getBlock))
	handle("POST /"+manyPath, compressed(h.postMany))
	handle("POST /"+havePath, answering(h.postHave))
	handle("POST /"+sincePath, compressed(h.postSince))
	handle("GET /"+eventsPath, answering(h.getEvents))
	handle("POST /"+putPath, answering(h.writer(h.postPut)))
	handle("POST /"+commitPath, answering(h.writer(h.postCommit)))
	handle("POST /"+replayPath, answering(h.writer(h.postReplay)))
	handle("POST /"+turnPath, answering(h.writer(h.postTurn)))
	handle("POST /"+txPath, compressed(h.writer(h.postTx)))
	return h.around(mux)
}

// around is what all requests have in common.
func (h *handler) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("X-Content-Type-Options", "nosniff")
		if h.o.Origin != "" {
			head.Set("Access-Control-Allow-Origin", h.o.Origin)
			head.Add("Vary", "Origin")
			head.Set("Access-Control-Expose-Headers", "ETag, "+sessionHeader+", "+lineHeader)
			if r.Method == http.MethodOptions {
				head.Set("Access-Control-Allow-Methods", "GET, HEAD, POST")
				head.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Encoding, If-None-Match, "+sessionHeader)
				head.Set("Access-Control-Max-Age", "86400")
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		if id := h.sessions.current(); id != "" { // before anything is read
			head.Set(sessionHeader, id)
		}
		p := &patient{ResponseWriter: w, rc: http.NewResponseController(w), limit: h.o.Timeout}
		if r.ContentLength != 0 {
			p.body = &patientBody{ReadCloser: http.MaxBytesReader(w, r.Body, h.o.MaxBody), p: p}
			r.Body = p.body
		}
		defer h.observe(p, r, time.Now())
		next.ServeHTTP(p, r)
	})
}

// answering turns errors into answers.
func answering(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			fail(w, err)
		}
	})
}

func fail(w http.ResponseWriter, err error) {
	abortClosed(err)
	var large *http.MaxBytesError
	if errors.As(err, &large) || errors.Is(err, errTooLarge) {
		err = badRequest{http.StatusRequestEntityTooLarge, errors.New("the request is larger than the server takes")}
	}
	f, status := failureOf(err)
	head := w.Header()
	head.Set("Content-Type", "application/json")
	head.Set("Cache-Control", "no-store")
	head.Del("ETag")
	if status == http.StatusServiceUnavailable {
		head.Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(f)
}

// writer is for requests that write.
func (h *handler) writer(f func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || h.o.Token == "" || subtle.ConstantTimeCompare([]byte(token), []byte(h.o.Token)) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="dhfs"`)
			f, _ := failureOf(errNoToken)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 64<<10))
			return json.NewEncoder(w).Encode(f)
		}
		return f(w, r)
	}
}

// patient gives a client some time for each write and read, not for all of them together.
type patient struct {
	http.ResponseWriter
	rc     *http.ResponseController
	limit  time.Duration
	body   *patientBody // nil: the request has none
	status int          // 0: none was given
	sent   int64
}

// WriteHeader ends the connection where the rest of a request that was refused would be read in vain.
func (p *patient) WriteHeader(status int) {
	if p.status == 0 && status >= http.StatusOK {
		p.status = status
	}
	if status >= http.StatusBadRequest && p.body != nil && !p.body.whole {
		p.Header().Set("Connection", "close")
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *patient) Write(b []byte) (int, error) {
	_ = p.rc.SetWriteDeadline(time.Now().Add(p.limit)) // servers that cannot have limits of their own
	n, err := p.ResponseWriter.Write(b)
	p.sent += int64(n)
	return n, err
}

func (p *patient) Flush() { _ = p.rc.Flush() }

// Unwrap is for http.ResponseController.
func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }

type patientBody struct {
	io.ReadCloser
	p        *patient
	whole    bool // all of it was read
	received int64
}

func (b *patientBody) Read(buf []byte) (int, error) {
	_ = b.p.rc.SetReadDeadline(time.Now().Add(b.p.limit))
	n, err := b.ReadCloser.Read(buf)
	b.received += int64(n)
	if errors.Is(err, io.EOF) {
		b.whole = true
		_ = b.p.rc.SetReadDeadline(time.Time{}) // while the answer is made, nothing is to come
	}
	return n, err
}
