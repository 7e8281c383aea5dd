package cashttp_test

import (
	"net/http/httptest"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/cas/castest"
)

// serve serves a store on loopback until the test ends.
func serve(t testing.TB, s cas.RefStore, o cashttp.HandlerOptions) string {
	t.Helper()
	server := httptest.NewServer(cashttp.NewHandler(s, o))
	t.Cleanup(server.Close)
	return server.URL
}

func dial(t testing.TB, url string, o cashttp.Options) *cashttp.Client {
	t.Helper()
	c, err := cashttp.Open(url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestStore runs the conformance suite through a client, a server and the network between.
func TestStore(t *testing.T) {
	urls := map[cas.RefStore]string{}
	client := func(t testing.TB, url string) cas.RefStore {
		c := dial(t, url, cashttp.Options{Token: "sesame"})
		urls[c] = url
		return c
	}
	open := func(t testing.TB) cas.RefStore {
		return client(t, serve(t, cas.NewMemory(), cashttp.HandlerOptions{Token: "sesame"}))
	}
	again := func(t testing.TB, s cas.RefStore) cas.RefStore { return client(t, urls[s]) }
	castest.Run(t, open, castest.Reopen(again), castest.Beside(again))
}

// TestDir runs it on a directory for static servers.
func TestDir(t *testing.T) {
	castest.Run(t, func(t testing.TB) cas.RefStore {
		d, err := cashttp.OpenDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return d
	})
}
