package cashttp

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

func newTransport(time.Duration) http.RoundTripper { return http.DefaultTransport }

func newFedReader(b []byte, _ *watchdog) io.Reader { return bytes.NewReader(b) }
