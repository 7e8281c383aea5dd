package cashttp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

var errNoToken = fmt.Errorf("writing needs the token of the server: %w", fs.ErrPermission)

// maxLine is the longest first line of a message.
const maxLine = 1 << 20

// decoded is the body of a request without its compression, of at most so many bytes.
func decoded(r *http.Request, most int64) (io.ReadCloser, error) {
	switch coding := r.Header.Get("Content-Encoding"); coding {
	case "", "identity":
		return limited{r.Body, r.Body, &most}, nil
	case "zstd":
		d, err := zstd.NewReader(r.Body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, err
		}
		return limited{d, d.IOReadCloser(), &most}, nil
	case "gzip":
		d, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, bad(err)
		}
		return limited{d, d, &most}, nil
	default:
		return nil, badRequest{http.StatusUnsupportedMediaType, fmt.Errorf("content encoding %q: want zstd or gzip", coding)}
	}
}

// limited fails where more comes than is left.
type limited struct {
	io.Reader
	io.Closer
	left *int64
}

func (l limited) Read(b []byte) (int, error) {
	n, err := l.Reader.Read(b)
	if *l.left -= int64(n); *l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// readMessage reads a first line, unless that is nil, and blocks.
func (h *handler) readMessage(r *http.Request, first any) ([]cas.Block, error) {
	body, err := decoded(r, h.o.MaxBody)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	in := bufio.NewReaderSize(body, 32<<10)
	if first != nil {
		var line []byte
		for {
			part, err := in.ReadSlice('\n')
			line = append(line, part...)
			if err == nil {
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) || len(line) > maxLine {
				return nil, bad(fmt.Errorf("first line: %w", err))
			}
		}
		if err := json.Unmarshal(line, first); err != nil {
			return nil, bad(fmt.Errorf("first line: %w", err))
		}
	}
	blocks, err := wireReader{in}.blocks(h.o.MaxBody)
	if err == nil {
		var n int64
		if n, err = io.Copy(io.Discard, in); err == nil && n > 0 {
			err = fmt.Errorf("%d bytes after the end of the blocks", n)
		}
	}
	return blocks, bad(err)
}

func (h *handler) postPut(w http.ResponseWriter, r *http.Request) error {
	blocks, err := h.readMessage(r, nil)
	if err != nil {
		return err
	}
	s, err := h.sessions.of(r)
	if err != nil {
		return err
	}
	if err := closed(r.Context(), h.store, blocks); err != nil {
		return err
	}
	if err := s.Put(r.Context(), blocks); err != nil {
		return h.sessions.told(err)
	}
	h.o.Observer.Blocks(0, len(blocks))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *handler) postCommit(w http.ResponseWriter, r *http.Request) error {
	var m moving
	blocks, err := h.readMessage(r, &m)
	if err != nil {
		return err
	}
	old, err := parseCID(m.Old)
	if err != nil {
		return bad(err)
	}
	next, err := parseCID(m.Next)
	if err != nil {
		return bad(err)
	}
	if err := cas.CheckRefName(m.Ref); err != nil {
		return bad(err)
	}
	s, err := h.sessions.of(r)
	if err != nil {
		return err
	}
	if err := closed(r.Context(), h.store, blocks); err != nil {
		return err
	}
	err = cas.Commit(r.Context(), s, blocks, m.Ref, old, next)
	if h.lines.any(m.Ref) {
		w.Header().Set(lineHeader, "1")
	}
	if err != nil {
		return h.sessions.told(err)
	}
	h.o.Observer.Blocks(0, len(blocks))
	h.moved()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *handler) postReplay(w http.ResponseWriter, r *http.Request) error {
	if h.o.Replay == nil {
		return cas.ErrUnsupported
	}
	var q asking
	blocks, err := h.readMessage(r, &q)
	if err != nil {
		return err
	}
	heads, err := parseCIDs(q.Heads)
	if err != nil {
		return bad(err)
	}
	s, err := h.sessions.of(r)
	if err != nil {
		return err
	}
	if err := h.o.Replay(r.Context(), closing{s}, blocks, heads); err != nil {
		return h.sessions.told(err)
	}
	h.o.Observer.Blocks(0, len(blocks))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// closing is a store that refuses blocks before what they link to.
type closing struct{ cas.RefStore }

// Put implements cas.Store.
func (c closing) Put(ctx context.Context, blocks []cas.Block) error {
	if err := closed(ctx, c.RefStore, blocks); err != nil {
		return err
	}
	return c.RefStore.Put(ctx, blocks)
}

// closed checks that blocks come after all that they link to, but for what is missing in the store on purpose.
func closed(ctx context.Context, s cas.RefStore, blocks []cas.Block) error {
	here := map[cid.Cid]bool{}
	var absent cas.Absent
	read := false
	for _, b := range blocks {
		links, err := b.Links()
		if errors.Is(err, cas.ErrUnsupported) {
			links, err = nil, nil
		}
		if err != nil {
			return bad(err)
		}
		for _, id := range links {
			if here[id] {
				continue
			}
			ok, err := s.Has(ctx, id)
			if err == nil && !ok && !read {
				absent, err = cas.ReadAbsent(ctx, s)
				read = true
			}
			if err != nil {
				return err
			}
			if !ok && !absent.Has(id) {
				return badRequest{http.StatusUnprocessableEntity, fmt.Errorf("block %s links to %s, which is not there: children come first", b.CID(), id)}
			}
			here[id] = true
		}
		here[b.CID()] = true
	}
	return nil
}
