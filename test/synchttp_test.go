package test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
)

// wire is a server that counts what passes.
type wire struct {
	url             string
	requests, bytes atomic.Int64
}

const wireToken = "sesame"

func serveWire(t testing.TB, s cas.RefStore) *wire {
	t.Helper()
	h := wireHandler(s)
	w := &wire{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.requests.Add(1)
		h.ServeHTTP(rw, r)
	}))
	server.Listener = countedListener{server.Listener, w}
	server.Start()
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func wireHandler(s cas.RefStore) http.Handler {
	return cashttp.NewHandler(s, cashttp.HandlerOptions{
		Token: wireToken,
		Since: func(ctx context.Context, s cas.RefStore, heads, haves []cid.Cid) ([]cas.Block, error) {
			return engine.Since(ctx, s, heads, haves)
		},
		Replay: func(ctx context.Context, s cas.RefStore, blocks []cas.Block, heads []cid.Cid) error {
			return engine.Receive(ctx, s, nil, blocks, heads, nil)
		},
	})
}

type countedListener struct {
	net.Listener
	w *wire
}

func (l countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countedConn{c, l.w}, nil
}

type countedConn struct {
	net.Conn
	w *wire
}

func (c countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.w.bytes.Add(int64(n))
	return n, err
}

func (c countedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.w.bytes.Add(int64(n))
	return n, err
}

func dialWire(t testing.TB, w *wire, o cashttp.Options) *cashttp.Client {
	t.Helper()
	o.Token = wireToken
	c, err := cashttp.Open(w.url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

const wireSchema = `[
 {:db/ident :person/id :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :person/first :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
 {:db/ident :person/last :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
 {:db/ident :person/age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
 {:db/ident :person/salary :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]`

// wirePeople is a database of n people, five datoms each.
func wirePeople(t testing.TB, n int) (*cas.Memory, *engine.Conn) {
	t.Helper()
	s := cas.NewMemory()
	conn, err := engine.Create(t.Context(), s, "main", engine.Options{}, time.UnixMilli(1_700_000_000_000))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := edn.ParseAll(wireSchema)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Transact(t.Context(), schema[0].Items(), engine.Meta{}); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	people := make([]edn.Value, n)
	for i := range people {
		people[i] = edn.MakeMap(
			edn.MakeKeyword("person/id"), edn.MakeString(fmt.Sprintf("p%06d", i)),
			edn.MakeKeyword("person/first"), edn.MakeString(fmt.Sprintf("first%d", r.IntN(100))),
			edn.MakeKeyword("person/last"), edn.MakeString(fmt.Sprintf("last%d", r.IntN(1000))),
			edn.MakeKeyword("person/age"), edn.MakeInt(int64(18+r.IntN(70))),
			edn.MakeKeyword("person/salary"), edn.MakeInt(int64(20000+r.IntN(80000))))
	}
	if _, err := conn.TransactLast(t.Context(), people, engine.Meta{}); err != nil {
		t.Fatal(err)
	}
	return s, conn
}

// raise changes the salaries of many people of n, so many in each transaction.
func raise(t testing.TB, conn *engine.Conn, n, many, each int) {
	t.Helper()
	r := rand.New(rand.NewPCG(2, uint64(each)))
	scattered := r.Perm(n)
	for from := 0; from < many; from += each {
		var forms []edn.Value
		for i := range each {
			who := scattered[from+i]
			forms = append(forms, edn.MakeMap(
				edn.MakeKeyword("person/id"), edn.MakeString(fmt.Sprintf("p%06d", who)),
				edn.MakeKeyword("person/salary"), edn.MakeInt(int64(100_000+r.IntN(100_000)))))
		}
		if _, err := conn.Transact(t.Context(), forms, engine.Meta{}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWireOfSync changes 500 salaries, in one transaction to 500 of them, and syncs over HTTP in both directions. With DHFS_PEOPLE=200000 the database has
// a million datoms.
func TestWireOfSync(t *testing.T) {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("DHFS_PEOPLE"), "1000"))
	if err != nil {
		t.Fatal(err)
	}
	far, conn := wirePeople(t, n)
	near, mirror, nodes := cas.NewMemory(), cas.NewMemory(), cas.NewMemory()
	for _, s := range []*cas.Memory{near, mirror, nodes} {
		if _, err := engine.Sync(t.Context(), s, far, engine.SyncOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, each := range []int{500, 10, 1} {
		raise(t, conn, n, 500, each)
		pull := serveWire(t, far)
		done, err := engine.Sync(t.Context(), near, dialWire(t, pull, cashttp.Options{}), engine.SyncOptions{})
		if err != nil || done.Transactions != 500/each {
			t.Fatalf("%+v, %v", done, err)
		}
		t.Logf("500 updates in %d transactions on %d datoms: %d bytes in %d requests", 500/each, 5*n, pull.bytes.Load(), pull.requests.Load())
		if pull.bytes.Load() > 50_000 || pull.requests.Load() != 2 {
			t.Errorf("pulling took %d bytes in %d requests, want at most 50,000 in 2", pull.bytes.Load(), pull.requests.Load())
		}
		copied := serveWire(t, far)
		if _, err := cas.Copy(t.Context(), nodes, dialWire(t, copied, cashttp.Options{}), must(far.Ref(t.Context(), "heads/main")), nil); err != nil {
			t.Fatal(err)
		}
		t.Logf("as nodes: %d bytes in %d requests", copied.bytes.Load(), copied.requests.Load())
		push := serveWire(t, mirror)
		if _, err := engine.Sync(t.Context(), dialWire(t, push, cashttp.Options{}), far, engine.SyncOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Logf("pushed: %d bytes in %d requests", push.bytes.Load(), push.requests.Load())
		if push.bytes.Load() > 60_000 || push.requests.Load() > 4 {
			t.Errorf("pushing took %d bytes in %d requests", push.bytes.Load(), push.requests.Load())
		}
		want := must(far.Ref(t.Context(), "heads/main"))
		for _, s := range []*cas.Memory{near, mirror} {
			wholeRefs(t, s)
			if got, err := s.Ref(t.Context(), "heads/main"); err != nil || got != want {
				t.Errorf("main is at %s, %v, want %s", got, err, want)
			}
		}
	}
}

// wholeRefs checks that every ref of a store leads to a database of which nothing is missing.
func wholeRefs(t testing.TB, s *cas.Memory) {
	t.Helper()
	refs, err := s.Refs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range refs {
		found, err := cas.Verify(t.Context(), s, []cid.Cid{r.CID}, nil, nil)
		if err != nil || len(found.Faults) > 0 {
			t.Fatalf("%s: %v, %v", r.Name, err, found.Faults)
		}
		if _, err := engine.Open(t.Context(), s, r.CID); err != nil {
			t.Fatalf("%s: %v", r.Name, err)
		}
	}
}

var errWire = errors.New("the test has cut the wire")

// cutWire fails from the nth request on, before or after the server has seen that.
type cutWire struct {
	n     int64
	after bool
	calls atomic.Int64
}

func (c *cutWire) RoundTrip(r *http.Request) (*http.Response, error) {
	n := c.calls.Add(1)
	if n > c.n || n == c.n && !c.after {
		return nil, errWire
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if n == c.n && err == nil {
		res.Body.Close()
		return nil, errWire
	}
	return res, err
}

// Cut at any request, in either direction, a sync leaves a whole target, and the next one completes it.
func TestSyncOverACutWire(t *testing.T) {
	src, conn := wirePeople(t, 300)
	first := cas.NewMemory()
	if _, err := engine.Sync(t.Context(), first, src, engine.SyncOptions{}); err != nil {
		t.Fatal(err)
	}
	raise(t, conn, 300, 30, 10)
	for _, start := range []*cas.Memory{nil, first} {
		for _, push := range []bool{false, true} {
			for n := int64(1); ; n++ {
				met := false
				for _, after := range []bool{false, true} {
					dst := cas.NewMemory()
					if start != nil {
						if _, err := engine.Sync(t.Context(), dst, start, engine.SyncOptions{}); err != nil {
							t.Fatal(err)
						}
					}
					cut := &cutWire{n: n, after: after}
					sync := func(o cashttp.Options) error {
						var to, from cas.RefStore = dst, src
						if push {
							to = dialWire(t, serveWire(t, dst), o)
						} else {
							from = dialWire(t, serveWire(t, src), o)
						}
						_, err := engine.Sync(t.Context(), to, from, engine.SyncOptions{})
						return err
					}
					err := sync(cashttp.Options{Transport: cut, Pause: time.Millisecond})
					met = met || cut.calls.Load() >= n
					if err != nil && !errors.Is(err, cas.ErrUnavailable) || err == nil && cut.calls.Load() > n {
						t.Fatalf("cut at request %d: %v", n, err)
					}
					wholeRefs(t, dst)
					if err := sync(cashttp.Options{}); err != nil {
						t.Fatal(err)
					}
					wholeRefs(t, dst)
					want, _ := src.Ref(t.Context(), "heads/main")
					if got, err := dst.Ref(t.Context(), "heads/main"); err != nil || got != want {
						t.Fatalf("after request %d main is at %s, %v", n, got, err)
					}
				}
				if !met {
					break
				}
			}
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
