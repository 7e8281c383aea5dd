package cashttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/dhfs/dhfs/cas"
)

const (
	// crowded is for how long a writer stands in line after it was overtaken by another, or was told that others stand in line.
	crowded = 5 * time.Second
	// maxTurn is how long a writer waits for its turn, and how long it may keep it.
	maxTurn = 30 * time.Second
	// lineHeader is in the answer to a commit when somebody stands in line for its ref.
	lineHeader = "Dhfs-Line"
)

// crowd remembers which refs several writers want to move.
type crowd struct {
	mu   sync.Mutex
	seen map[string]time.Time // when others were noticed last
	held map[string]int       // turns that are this client's own
}

// notice notes that others want to move a ref: they were faster, or stand in line.
func (c *crowd) notice(ref string, faster, line bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !faster && (!line || c.held[ref] > 0) {
		return
	}
	if c.seen == nil {
		c.seen = map[string]time.Time{}
	}
	c.seen[ref] = time.Now()
}

func (c *crowd) wants(ref string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.seen[ref]
	return ok && time.Since(at) < crowded
}

func (c *crowd) hold(ref string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[string]int{}
	}
	c.held[ref] += n
}

// Turn implements cas.Queuer. A turn is a request that the server answers when it has come, and it ends with its connection, however that ends. Who was not
// overtaken in the last 5 s goes ahead without asking, and is told by the answer to its commit when somebody stands in line: from then on it does so too.
func (c *Client) Turn(ctx context.Context, ref string) (done func(), held bool) {
	nothing := func() {}
	if !c.crowd.wants(ref) || cas.CheckRefName(ref) != nil {
		return nothing, false
	}
	if ok, err := c.may(ctx, canTurn); !ok || err != nil {
		return nothing, false
	}
	body, err := json.Marshal(moving{Ref: ref})
	if err != nil {
		return nothing, false
	}
	ctx, cancel := context.WithCancel(ctx)
	come, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.once(ctx, request{path: turnPath, body: body, write: true}, func(body io.Reader, _ *http.Response) error {
			if _, err := io.ReadFull(body, make([]byte, len(turnLine))); err != nil {
				return err
			}
			close(come)
			return drain(body, nil)
		})
	}()
	select {
	case <-come:
	case <-ended: // the server's patience, or ours, has come to its end
		cancel()
		return nothing, false
	}
	c.crowd.hold(ref, 1)
	return func() {
		c.crowd.hold(ref, -1)
		cancel()
		<-ended
	}, true
}

// turnLine is what the server says when a turn has come.
const turnLine = "turn\n"

// lines are those who want to move refs, by ref. Who is first in a line also stands in that of the store, with other processes.
type lines struct {
	mu  sync.Mutex
	all map[string]*line
}

type line struct {
	first  chan struct{} // holds one
	length int
}

// join is the line of a ref, with one more in it.
func (l *lines) join(ref string) *line {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[string]*line{}
	}
	at := l.all[ref]
	if at == nil {
		at = &line{first: make(chan struct{}, 1)}
		l.all[ref] = at
	}
	at.length++
	return at
}

func (l *lines) leave(ref string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.all[ref]; at.length > 1 {
		at.length--
	} else {
		delete(l.all, ref)
	}
}

// any tells whether somebody stands in line.
func (l *lines) any(ref string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all[ref] != nil
}

// postTurn waits for a turn, says that it has come, and keeps it until the client goes.
func (h *handler) postTurn(w http.ResponseWriter, r *http.Request) error {
	body, err := decoded(r, maxLine)
	if err != nil {
		return err
	}
	defer body.Close()
	var buf bytes.Buffer
	var m moving
	if _, err := buf.ReadFrom(body); err != nil { // to the end: only then is the connection looked at
		return bad(err)
	}
	if err := errors.Join(json.Unmarshal(buf.Bytes(), &m), cas.CheckRefName(m.Ref)); err != nil {
		return bad(err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxTurn)
	defer cancel()
	line := h.lines.join(m.Ref)
	defer h.lines.leave(m.Ref)
	select {
	case line.first <- struct{}{}: // channels serve those who wait in the order in which they came
		defer func() { <-line.first }()
	case <-ctx.Done():
		return ctx.Err()
	}
	done, _ := cas.Turn(ctx, h.store, m.Ref)
	defer done()
	w.Header().Set("Content-Type", "text/plain; charset=us-ascii")
	w.Header().Set("Cache-Control", "no-store")
	if _, err := io.WriteString(w, turnLine); err != nil {
		return nil
	}
	if err := http.NewResponseController(w).Flush(); err != nil {
		return nil
	}
	<-ctx.Done()
	return nil
}
