package cashttp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// fetchers is how many requests are made at once, as many as browsers make: small servers let more wait for a second.
const fetchers = 6

// GetMany implements cas.Batcher: one request for up to 4096 blocks, or several at once where the server only has files.
func (c *Client) GetMany(ctx context.Context, ids []cid.Cid, got func(i int, b cas.Block, err error)) error {
	if len(ids) == 0 {
		return ctx.Err()
	}
	many, err := c.may(ctx, canMany)
	if err != nil {
		return err
	}
	var asked []int
	for i, id := range ids {
		if err := cas.CheckCID(id); err != nil {
			got(i, cas.Block{}, errForeign(id, err))
		} else {
			asked = append(asked, i)
		}
	}
	if !many {
		return c.getEach(ctx, ids, asked, got)
	}
	for part := range slices.Chunk(asked, maxIDs) {
		if err := c.getPart(ctx, ids, part, got); err != nil {
			return fmt.Errorf("%d blocks: %w", len(part), err)
		}
	}
	return nil
}

// getPart asks for those of ids that part numbers. What came before the network failed is not asked for again.
func (c *Client) getPart(ctx context.Context, ids []cid.Cid, part []int, got func(int, cas.Block, error)) error {
	left := slices.Clone(part)
	for n := range attempts {
		if n > 0 {
			if err := sleep(ctx, c.o.Pause<<(n-1)); err != nil {
				return err
			}
		}
		came := map[int]bool{}
		err := c.once(ctx, request{path: manyPath, body: idsBody(ids, left)}, func(body io.Reader, _ *http.Response) error {
			return c.takeAnswers(newWireReader(body), ids, left, came, got)
		})
		asked := left
		left = slices.DeleteFunc(left, func(i int) bool { return came[i] })
		switch {
		case err == nil && len(left) > 0:
			return fmt.Errorf("the server left out %d of %d blocks", len(left), len(asked))
		case err == nil || !errors.Is(err, cas.ErrUnavailable) || n == attempts-1:
			return err
		}
	}
	return nil
}

func idsBody(ids []cid.Cid, part []int) []byte {
	var buf bytes.Buffer
	w := newWireWriter(&buf)
	for _, i := range part {
		w.bytes(ids[i].Bytes())
	}
	_ = w.flush()
	return buf.Bytes()
}

// takeAnswers reads what became of blocks that were asked for.
func (c *Client) takeAnswers(r wireReader, ids []cid.Cid, asked []int, came map[int]bool, got func(int, cas.Block, error)) error {
	for {
		n, err := r.uvarint()
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		status, err := r.r.ReadByte()
		if err != nil {
			return cutShort(err)
		}
		data, err := r.bytes(maxItem)
		if err != nil {
			return err
		}
		if n > uint64(len(asked)) || came[asked[n-1]] {
			return fmt.Errorf("the server sent block %d of %d, or sent it twice", n, len(asked))
		}
		i := asked[n-1]
		came[i] = true
		id := ids[i]
		switch status {
		case statusFound:
			b, err := c.check(id, data)
			got(i, b, err)
		case statusMissing:
			got(i, cas.Block{}, fmt.Errorf("block %s: %w", id, cas.ErrNotFound))
		case statusCorrupt:
			got(i, cas.Block{}, &cas.CorruptError{CID: id, Path: "the store of " + c.base.String(), Reason: string(data)})
		case statusAway:
			got(i, cas.Block{}, fmt.Errorf("block %s: %w", id, said{string(data), cas.ErrUnavailable}))
		default:
			got(i, cas.Block{}, fmt.Errorf("block %s: %s", id, data))
		}
	}
}

// getEach asks for one block after the other, several at once.
func (c *Client) getEach(ctx context.Context, ids []cid.Cid, asked []int, got func(int, cas.Block, error)) error {
	type answer struct {
		i   int
		b   cas.Block
		err error
	}
	answers := make(chan answer)
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(fetchers)
	go func() {
		for _, i := range asked {
			g.Go(func() error {
				b, err := c.Get(inner, ids[i])
				if errors.Is(err, cas.ErrUnavailable) || inner.Err() != nil {
					return err
				}
				answers <- answer{i, b, err}
				return nil
			})
		}
		_ = g.Wait()
		close(answers)
	}()
	for a := range answers {
		got(a.i, a.b, a.err)
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// HasMany implements cas.Batcher.
func (c *Client) HasMany(ctx context.Context, ids []cid.Cid) ([]bool, error) {
	known := make([]bool, len(ids))
	var asked []int
	for i, id := range ids {
		if cas.CheckCID(id) == nil {
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return known, ctx.Err()
	}
	many, err := c.may(ctx, canMany)
	if err != nil {
		return nil, err
	}
	if !many {
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(fetchers)
		for _, i := range asked {
			g.Go(func() (err error) { known[i], err = c.Has(ctx, ids[i]); return err })
		}
		return known, g.Wait()
	}
	for part := range slices.Chunk(asked, maxIDs) {
		bits, err := c.read(ctx, request{path: havePath, body: idsBody(ids, part)})
		if err != nil {
			return nil, fmt.Errorf("ask for %d blocks: %w", len(part), err)
		}
		if len(bits) != (len(part)+7)/8 {
			return nil, fmt.Errorf("ask for %d blocks: an answer of %d bytes", len(part), len(bits))
		}
		for n, i := range part {
			known[i] = bits[n/8]&(1<<(n%8)) != 0
		}
	}
	return known, nil
}
