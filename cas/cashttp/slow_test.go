package cashttp_test

import (
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/cas/castest"
)

// A client that sends half of a request, or does not read the answer, is cut off.
func TestSlowClients(t *testing.T) {
	s, blocks := graph(t, 10)
	big := cas.NewBlock(cas.Raw, incompressible(32<<20))
	if err := s.Put(t.Context(), []cas.Block{big}); err != nil {
		t.Fatal(err)
	}
	url := serve(t, s, cashttp.HandlerOptions{Token: "sesame", Timeout: 100 * time.Millisecond})
	host := strings.TrimPrefix(url, "http://")
	id := big.CID().String()
	for name, text := range map[string]string{
		"half a request": "POST /many HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc",
		"half a name":    "POST /many HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n\x24abc",
		"half a put":     "POST /put HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sesame\r\nContent-Length: 1000\r\n\r\nabc",
		"no reading":     "GET /blocks/" + id[len(id)-2:] + "/" + id + " HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		if name == "no reading" {
			time.Sleep(time.Second) // until the server has given up; then what is on the way can be read, and not all of it
		}
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, err := io.Copy(io.Discard, conn)
		var late net.Error
		if errors.As(err, &late) && late.Timeout() || n > 30<<20 {
			t.Errorf("%s: %d bytes came, %v", name, n, err)
		}
		conn.Close()
	}
	c := dial(t, url, cashttp.Options{})
	if b, err := c.Get(t.Context(), blocks[1].CID()); err != nil || b.CID() != blocks[1].CID() {
		t.Errorf("afterwards: %v", err)
	}
}

func TestTLS(t *testing.T) {
	s, blocks := graph(t, 10)
	server := httptest.NewTLSServer(cashttp.NewHandler(s, cashttp.HandlerOptions{}))
	t.Cleanup(server.Close)
	if _, err := dial(t, server.URL, cashttp.Options{Pause: time.Millisecond}).Get(t.Context(), blocks[0].CID()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody's: %v", err)
	}
	c := dial(t, server.URL, cashttp.Options{Transport: server.Client().Transport})
	if _, err := c.Get(t.Context(), blocks[0].CID()); err != nil {
		t.Error(err)
	}
}

// What a store holds is told, where it knows, for the progress of a clone.
func TestTotals(t *testing.T) {
	c := dial(t, serve(t, cas.NewMemory(), cashttp.HandlerOptions{}), cashttp.Options{})
	if _, err := c.Totals(t.Context()); !errors.Is(err, cas.ErrUnsupported) {
		t.Errorf("a store that does not know: %v", err)
	}
	dir := t.TempDir()
	d, err := cashttp.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Put(t.Context(), castest.Graph(1, 20)), d.WriteAll(t.Context())); err != nil {
		t.Fatal(err)
	}
	got, err := dial(t, python(t, dir), cashttp.Options{}).Totals(t.Context())
	if err != nil || got.Blocks != 20 || got.Raw != sizeOf(castest.Graph(1, 20)) {
		t.Errorf("%+v, %v", got, err)
	}
}

func sizeOf(blocks []cas.Block) (n int64) {
	for _, b := range blocks {
		n += int64(len(b.Data()))
	}
	return n
}
