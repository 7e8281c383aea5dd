//go:build !js

package cashttp

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzhttp"
)

// newHTTP makes what does requests. own is what is to be closed, if it is not the caller's.
func newHTTP(o Options) (client doer, own idler) {
	t := o.Transport
	if t == nil {
		mine := newTransport()
		t, own = mine, mine
	}
	return &http.Client{Transport: gzhttp.Transport(t)}, own
}

func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone() // proxies from the environment, TLS of the system
	t.DialContext = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	t.MaxIdleConnsPerHost = fetchers
	return t
}

// fedReader is a body that is being sent: the server is not silent while it takes it.
type fedReader struct {
	*bytes.Reader
	fed *watchdog
}

func newFedReader(b []byte, fed *watchdog) io.Reader { return fedReader{bytes.NewReader(b), fed} }

func (f fedReader) Read(b []byte) (int, error) {
	f.fed.feed()
	return f.Reader.Read(b)
}

// WriteTo hides that of the bytes.Reader.
func (f fedReader) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{f})
}
