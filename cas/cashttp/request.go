package cashttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/dhfs/dhfs/cas"
)

// attempts is how often what changes nothing, or the same as before, is asked for where the network fails.
const attempts = 3

// request is one question.
type request struct {
	method  string // GET when it is empty, POST with a body
	path    string // below the URL of the database
	tag     string // of what is known already
	body    []byte // zstd when encoded
	encoded bool
	write   bool   // wants the token
	session string // that this is part of
	once    bool   // not to be tried again
}

// doer does requests. It is an *http.Client but in a browser, where that would bring all of Go's network with it.
type doer interface {
	Do(*http.Request) (*http.Response, error)
}

// idler has connections that it may close.
type idler interface{ CloseIdleConnections() }

// do asks, again where the network fails, and has take read the answer. What take returns is not tried again, unless the network
// has failed under it. Nor is a server that was silent: who asks has waited long enough.
func (c *Client) do(ctx context.Context, q request, take func(io.Reader, *http.Response) error) error {
	var err error
	for n := range attempts {
		if n > 0 {
			if err := sleep(ctx, c.o.Pause<<(n-1)); err != nil {
				return err
			}
		}
		if err = c.once(ctx, q, take); err == nil || q.once || !errors.Is(err, cas.ErrUnavailable) || lasting(err) {
			return err
		}
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// once asks once.
func (c *Client) once(outer context.Context, q request, take func(io.Reader, *http.Response) error) error {
	ctx, cancel := context.WithCancel(outer)
	defer cancel()
	silence := newWatchdog(c.o.Timeout, cancel)
	defer silence.stop()
	req, err := c.request(ctx, q, silence)
	if err != nil {
		return err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return c.unavailable(outer, err)
	}
	defer res.Body.Close()
	if id := res.Header.Get(sessionHeader); id != "" {
		c.session.Store(&id)
		c.first.CompareAndSwap(nil, &id)
	}
	body := &netReader{r: res.Body, fed: silence}
	ok := res.StatusCode >= 200 && res.StatusCode < 300 || res.StatusCode == http.StatusNotModified && q.tag != ""
	if ok {
		err = take(body, res)
	} else {
		res.Body = io.NopCloser(body)
		err = errorOf(res)
	}
	if body.failed != nil && err != nil && !errors.Is(err, errStopped) {
		return c.unavailable(outer, body.failed)
	}
	if errors.Is(err, errCut) {
		return c.unavailable(outer, err)
	}
	return err
}

func (c *Client) request(ctx context.Context, q request, silence *watchdog) (*http.Request, error) {
	method, u := q.method, c.base.JoinPath(q.path)
	var body io.Reader
	switch {
	case method == "" && q.body == nil:
		method = http.MethodGet
	case q.body != nil:
		method = http.MethodPost
		body = newFedReader(q.body, silence)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	if q.body != nil {
		req.ContentLength = int64(len(q.body))
		req.Header.Set("Content-Type", "application/octet-stream")
	}
	if q.encoded {
		req.Header.Set("Content-Encoding", "zstd")
	}
	if q.tag != "" {
		req.Header.Set("If-None-Match", q.tag)
	}
	if q.session != "" {
		req.Header.Set(sessionHeader, q.session)
	}
	switch {
	case q.write && c.o.Token != "":
		req.Header.Set("Authorization", "Bearer "+c.o.Token)
	case c.o.User != "":
		req.SetBasicAuth(c.o.User, c.o.Password)
	}
	return req, nil
}

// unavailable is what it means that the network has failed.
func (c *Client) unavailable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var in *url.Error
	if errors.As(err, &in) { // its text has the whole URL of each block
		err = in.Err
	}
	if errors.Is(err, context.Canceled) {
		err = &silentError{c.o.Timeout}
	}
	if distrusted(err) {
		err = &certificateError{err}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		err = fmt.Errorf("no address for %s", dns.Name)
	}
	return fmt.Errorf("%s: %w: %w", c.base.Host, cas.ErrUnavailable, err)
}

// read asks for what is held in memory.
func (c *Client) read(ctx context.Context, q request) (b []byte, err error) {
	err = c.do(ctx, q, func(body io.Reader, _ *http.Response) error {
		b, err = readAll(body, maxItem)
		return err
	})
	return b, err
}

func readAll(r io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("an answer of more than %d bytes", most)
	}
	return b, err
}

// watchdog ends a request when nothing was read or written for some time.
type watchdog struct {
	timer *time.Timer
	after time.Duration
}

func newWatchdog(after time.Duration, bark func()) *watchdog {
	return &watchdog{time.AfterFunc(after, bark), after}
}

func (w *watchdog) feed() { w.timer.Reset(w.after) }
func (w *watchdog) stop() { w.timer.Stop() }

// netReader notes that the network has failed, as told from what is wrong with what came.
type netReader struct {
	r      io.Reader
	fed    *watchdog
	failed error
}

func (n *netReader) Read(b []byte) (int, error) {
	k, err := n.r.Read(b)
	if k > 0 {
		n.fed.feed()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		n.failed = err
	}
	return k, err
}
