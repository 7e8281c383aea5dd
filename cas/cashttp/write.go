package cashttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"github.com/klauspost/compress/zstd"
)

// maxPut is how many bytes of blocks are sent in one request, unless a single block has more.
const maxPut = 16 << 20

// encoder compresses what is sent; it is safe for many at once.
var encoder = func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // the options are right
	}
	return e
}()

// Put implements cas.Store.
func (c *Client) Put(ctx context.Context, blocks []cas.Block) error { return c.put(ctx, blocks, "") }

func (c *Client) put(ctx context.Context, blocks []cas.Block, session string) error {
	if err := checkBlocks(blocks); err != nil {
		return err
	}
	for len(blocks) > 0 {
		n, size := 1, len(blocks[0].Data())
		for n < len(blocks) && size+len(blocks[n].Data()) <= maxPut {
			size += len(blocks[n].Data())
			n++
		}
		if err := c.send(ctx, putPath, nil, blocks[:n], session, drain); err != nil {
			return fmt.Errorf("put %d blocks: %w", n, err)
		}
		blocks = blocks[n:]
	}
	return ctx.Err()
}

func checkBlocks(blocks []cas.Block) error {
	for _, b := range blocks {
		if !b.CID().Defined() {
			return errors.New("a block without a CID cannot be stored: make it with NewBlock or Check")
		}
	}
	return nil
}

// SetRef implements cas.Refs.
func (c *Client) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return c.commit(ctx, nil, name, old, next, "")
}

// Commit implements cas.Committer.
func (c *Client) Commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid) error {
	return c.commit(ctx, blocks, ref, old, next, "")
}

func (c *Client) commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid, session string) error {
	if err := errors.Join(cas.CheckRefName(ref), checkBlocks(blocks)); err != nil {
		return err
	}
	size := 0
	for _, b := range blocks {
		size += len(b.Data())
	}
	if size > maxPut { // the last ones, of which one is the commit, go with the ref
		n := len(blocks) - 1
		if err := c.put(ctx, blocks[:n], session); err != nil {
			return err
		}
		blocks = blocks[n:]
	}
	line := false
	err := c.send(ctx, commitPath, moving{ref, cidText(old), cidText(next)}, blocks, session, func(body io.Reader, res *http.Response) error {
		line = res.Header.Get(lineHeader) != ""
		return drain(body, res)
	})
	c.crowd.notice(ref, errors.Is(err, cas.ErrConflict), line)
	if errors.Is(err, cas.ErrUnavailable) && old != next && !unsent(err) {
		err = c.settle(ctx, ref, next, err)
	}
	if err != nil {
		return fmt.Errorf("ref %s: %w", ref, err)
	}
	return nil
}

// settle finds out whether a commit that nobody answered to was made. It does not wait for long, since the caller has waited already.
func (c *Client) settle(outer context.Context, ref string, next cid.Cid, err error) error {
	ctx, cancel := context.WithTimeout(outer, c.o.Timeout/3)
	defer cancel()
	now, lookErr := c.Ref(ctx, ref)
	if errors.Is(lookErr, cas.ErrNotFound) {
		now, lookErr = cid.Undef, nil
	}
	switch {
	case lookErr == nil && now == next:
		return nil
	case outer.Err() != nil:
		return outer.Err()
	}
	return &ambiguousError{err}
}

// ambiguousError is a commit that was sent and never answered.
type ambiguousError struct{ error }

func (e *ambiguousError) Unwrap() error { return e.error }

func (e *ambiguousError) Error() string {
	return e.error.Error() + "; whether the commit was made is not known"
}

// Hint says what to do about it.
func (e *ambiguousError) Hint() string {
	return "once the server answers, dhfs log tells whether it is there; if not, run it again"
}

// send writes to the server. first is a line in front of the blocks, if it is not nil.
func (c *Client) send(ctx context.Context, path string, first any, blocks []cas.Block, session string, take func(io.Reader, *http.Response) error) error {
	err := c.must(ctx, canWrite)
	if errors.Is(err, cas.ErrUnsupported) {
		return fmt.Errorf("%s is for reading only: %w", c.base, fs.ErrPermission)
	}
	if err != nil {
		return err
	}
	if c.o.Token == "" {
		return fmt.Errorf("%s: a token is needed to write (DHFS_TOKEN): %w", c.base, fs.ErrPermission)
	}
	return c.do(ctx, request{path: path, body: encoder.EncodeAll(message(first, blocks), nil), encoded: true, write: true, session: session, once: path == commitPath}, take)
}

func drain(body io.Reader, _ *http.Response) error {
	_, err := io.Copy(io.Discard, body)
	return err
}

// message is a line and blocks.
func message(first any, blocks []cas.Block) []byte {
	var buf bytes.Buffer
	if first != nil {
		if err := json.NewEncoder(&buf).Encode(first); err != nil {
			panic(err) // strings can be written
		}
	}
	w := newWireWriter(&buf)
	for _, b := range blocks {
		w.block(b)
	}
	_ = w.end()
	return buf.Bytes()
}

// Since implements cas.Differ.
func (c *Client) Since(ctx context.Context, heads, haves []cid.Cid) (blocks []cas.Block, err error) {
	if err := c.must(ctx, canSince); err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := json.NewEncoder(&buf).Encode(asking{cidTexts(heads), cidTexts(haves)}); err != nil {
		return nil, err
	}
	err = c.do(ctx, request{path: sincePath, body: buf.Bytes()}, func(body io.Reader, _ *http.Response) error {
		blocks, err = newWireReader(body).blocks(maxItem)
		return err
	})
	return blocks, err
}

// Replay implements cas.Replayer.
func (c *Client) Replay(ctx context.Context, blocks []cas.Block, heads []cid.Cid) error {
	return c.replay(ctx, blocks, heads, "")
}

func (c *Client) replay(ctx context.Context, blocks []cas.Block, heads []cid.Cid, session string) error {
	if err := c.must(ctx, canReplay); err != nil {
		return err
	}
	return c.send(ctx, replayPath, asking{Heads: cidTexts(heads)}, blocks, session, drain)
}
