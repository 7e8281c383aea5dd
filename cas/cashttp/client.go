// Package cashttp is a store behind HTTP: the client, the handler that serves a store to it, and a directory that any server of static
// files serves to the same client for reading.
//
// FORMAT.md describes the protocol for other clients.
package cashttp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Options of a client.
type Options struct {
	// Token is for writing. It is sent to the server of the URL only.
	Token string
	// User and Password are for servers that want Basic authentication; those in the URL come first.
	User, Password string
	// Transport does the requests, but not in a browser; nil for one like http.DefaultTransport, with proxies from the environment.
	Transport http.RoundTripper
	// Timeout is how long the server may be silent: 30 s when it is 0.
	Timeout time.Duration
	// Pause is waited before what failed is tried again, and twice as long the next time: 200 ms when it is 0.
	Pause time.Duration
}

// Client is a store that a server has. It implements cas.RefStore, cas.Committer and cas.Batcher, and what else the server can do.
type Client struct {
	base    *url.URL // ends in /
	o       Options
	http    doer
	own     idler                  // to be closed; nil where it is not this client's
	session atomic.Pointer[string] // what the server named last
	first   atomic.Pointer[string] // and first

	crowd crowd

	mu   sync.Mutex
	can  map[string]bool // nil: not known
	tag  string          // of the last refs
	refs []cas.Ref
}

var (
	_ cas.RefStore  = (*Client)(nil)
	_ cas.Committer = (*Client)(nil)
	_ cas.Batcher   = (*Client)(nil)
	_ cas.Notifier  = (*Client)(nil)
	_ cas.Beginner  = (*Client)(nil)
	_ cas.Differ    = (*Client)(nil)
	_ cas.Replayer  = (*Client)(nil)
	_ cas.Queuer    = (*Client)(nil)
)

// Open makes a client of the database at an http or https URL. It asks the server for nothing: whether there is a database tells the first use.
func Open(address string, o Options) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil {
		var bad *url.Error
		if errors.As(err, &bad) { // without the URL, which may have a password
			err = bad.Err
		}
		return nil, fmt.Errorf("URL of a database: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("URL %s: want one like https://HOST/NAME, without ? and #", Shown(address))
	}
	if u.User != nil {
		o.User = u.User.Username()
		o.Password, _ = u.User.Password()
		u.User = nil
	}
	if !strings.HasSuffix(u.Path, "/") {
		u = u.JoinPath("/")
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Pause == 0 {
		o.Pause = 200 * time.Millisecond
	}
	c := &Client{base: u, o: o}
	c.http, c.own = newHTTP(o)
	return c, nil
}

// Shown is a URL without what is secret in it.
func Shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		scheme, _, _ := strings.Cut(address, ":")
		return scheme + "://…"
	}
	if u.User != nil {
		u.User = nil
	}
	u.RawQuery, u.Fragment = "", ""
	return u.String()
}

// Close lets go of connections.
func (c *Client) Close() error {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
	return nil
}

// Get implements cas.Getter.
func (c *Client) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	if err := cas.CheckCID(id); err != nil {
		return cas.Block{}, errForeign(id, err)
	}
	data, err := c.read(ctx, request{path: blockPath(id)})
	if err != nil {
		return cas.Block{}, fmt.Errorf("block %s: %w", id, err)
	}
	return c.check(id, data)
}

// check is cas.Check, and says whose bytes they are.
func (c *Client) check(id cid.Cid, data []byte) (cas.Block, error) {
	b, err := cas.Check(id, data)
	var corrupt *cas.CorruptError
	if errors.As(err, &corrupt) {
		return b, &cas.CorruptError{CID: id, Path: c.base.String(), Reason: "what the server sent does not hash to its name"}
	}
	return b, err
}

// Has implements cas.Store.
func (c *Client) Has(ctx context.Context, id cid.Cid) (bool, error) {
	if err := cas.CheckCID(id); err != nil {
		return false, errForeign(id, err)
	}
	_, err := c.read(ctx, request{method: http.MethodHead, path: blockPath(id)})
	if errors.Is(err, cas.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("block %s: %w", id, err)
	}
	return true, nil
}

// All implements cas.Store.
func (c *Client) All(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		err := c.do(ctx, request{path: allFile}, func(body io.Reader, _ *http.Response) error {
			lines := bufio.NewScanner(body)
			whole := false
			for lines.Scan() {
				if whole = lines.Text() == allEnd; whole {
					break
				}
				line := lines.Text()
				id, err := cid.Decode(line)
				if err != nil && !lines.Scan() {
					break // it is part of a line
				}
				if err != nil {
					return fmt.Errorf("%s: line %q: %w", allFile, line, err)
				}
				if !yield(id, nil) {
					return errStopped
				}
			}
			if err := lines.Err(); err != nil {
				return err
			}
			if !whole {
				return errCut
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(cid.Undef, fmt.Errorf("list blocks: %w", err))
		}
	}
}

// allEnd is the last line of all.txt.
const allEnd = "end"

var errStopped = errors.New("whoever asked has enough")

// Ref implements cas.Refs.
func (c *Client) Ref(ctx context.Context, name string) (cid.Cid, error) {
	if err := cas.CheckRefName(name); err != nil {
		return cid.Undef, err
	}
	refs, err := c.Refs(ctx)
	if err != nil {
		return cid.Undef, err
	}
	for _, r := range refs {
		if r.Name == name {
			return r.CID, nil
		}
	}
	return cid.Undef, fmt.Errorf("ref %s: %w", name, cas.ErrNotFound)
}

// Refs implements cas.Refs.
func (c *Client) Refs(ctx context.Context) ([]cas.Ref, error) {
	c.mu.Lock()
	tag, old := c.tag, c.refs
	c.mu.Unlock()
	var refs []cas.Ref
	err := c.do(ctx, request{path: refsFile, tag: tag}, func(body io.Reader, res *http.Response) error {
		if res.StatusCode == http.StatusNotModified {
			refs = old
			return nil
		}
		b, err := readAll(body, maxIndex)
		if err != nil {
			return err
		}
		found, can, err := parseIndex(b)
		if err != nil {
			return err
		}
		refs = found
		c.learn(res.Header.Get("ETag"), found, can)
		return nil
	})
	if errors.Is(err, cas.ErrNotFound) {
		return nil, fmt.Errorf("no database at %s: %w", c.base, err)
	}
	if err != nil {
		return nil, fmt.Errorf("refs: %w", err)
	}
	return slices.Clone(refs), nil
}

// maxIndex is the most that refs.json may have, in bytes.
const maxIndex = 64 << 20

func (c *Client) learn(tag string, refs []cas.Ref, can []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tag, c.refs, c.can = tag, refs, map[string]bool{}
	for _, what := range can {
		c.can[what] = true
	}
}

// may tells whether the server can do what is asked.
func (c *Client) may(ctx context.Context, what string) (bool, error) {
	c.mu.Lock()
	can := c.can
	c.mu.Unlock()
	if can == nil {
		if _, err := c.Refs(ctx); err != nil {
			return false, err
		}
		c.mu.Lock()
		can = c.can
		c.mu.Unlock()
	}
	return can[what], nil
}

// must is an error where the server cannot do what is asked.
func (c *Client) must(ctx context.Context, what string) error {
	ok, err := c.may(ctx, what)
	if err == nil && !ok {
		err = fmt.Errorf("%s cannot %s: %w", c.base, what, cas.ErrUnsupported)
	}
	return err
}
