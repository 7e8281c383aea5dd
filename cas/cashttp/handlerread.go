package cashttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

func (h *handler) getRefs(w http.ResponseWriter, r *http.Request) error {
	refs, err := h.store.Refs(r.Context())
	if err != nil {
		return err
	}
	b := indexOf(refs, h.can)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	return tagged(w, r, etagOf(b), b)
}

// tagged sends b, unless the client has it.
func tagged(w http.ResponseWriter, r *http.Request, tag string, b []byte) error {
	w.Header().Set("ETag", tag)
	if known := r.Header.Get("If-None-Match"); known != "" && (known == "*" || strings.Contains(known, tag)) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	_, _ = w.Write(b) // to a client that has gone there is nothing to say
	return nil
}

func (h *handler) getBlock(w http.ResponseWriter, r *http.Request) error {
	id, err := cid.Decode(r.PathValue("cid"))
	if err != nil || blockPath(id) != blocksDir+r.PathValue("dir")+"/"+r.PathValue("cid") {
		return badRequest{http.StatusNotFound, errors.New("not the path of a block")}
	}
	immutable := func() {
		w.Header().Set("Content-Type", "application/vnd.ipld.raw")
		w.Header().Set("Cache-Control", "max-age=31536000, immutable")
	}
	if r.Method == http.MethodHead {
		ok, err := h.store.Has(r.Context(), id)
		if err == nil && !ok {
			err = fmt.Errorf("block %s: %w", id, cas.ErrNotFound)
		}
		if err == nil {
			immutable()
			w.Header().Set("ETag", `"`+id.String()+`"`)
		}
		return err
	}
	b, err := h.store.Get(r.Context(), id)
	if err != nil {
		return err
	}
	immutable()
	h.o.Observer.Blocks(1, 0)
	return tagged(w, r, `"`+id.String()+`"`, b.Data())
}

func (h *handler) getAll(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=us-ascii")
	w.Header().Set("Cache-Control", "no-cache")
	_ = writeAll(w, h.store.All(r.Context())) // the client sees that it has no end
	return nil
}

// writeAll lists blocks. A list that was cut short has no end.
func writeAll(w io.Writer, all func(func(cid.Cid, error) bool)) error {
	for id, err := range all {
		if err == nil {
			_, err = io.WriteString(w, id.String()+"\n")
		}
		if err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, allEnd+"\n")
	return err
}

// readIDs reads the names that a request asks for.
func readIDs(r *http.Request) ([]cid.Cid, error) {
	body, err := decoded(r, maxIDs*(maxCID+1))
	if err != nil {
		return nil, err
	}
	defer body.Close()
	ids, err := newWireReader(body).ids()
	return ids, bad(err)
}

// bad marks what is wrong with a request, unless it is the way to the client, or too large.
func bad(err error) error {
	var corrupt *cas.CorruptError
	var large *http.MaxBytesError
	if err == nil || errors.As(err, &corrupt) || errors.As(err, &large) || errors.Is(err, errTooLarge) {
		return err
	}
	return badRequest{http.StatusBadRequest, err}
}

const (
	waves   = 32 // blocks are held for a client at once
	readers = 16 // of them are read at once
)

func (h *handler) postMany(w http.ResponseWriter, r *http.Request) error {
	ids, err := readIDs(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	out := newWireWriter(w)
	sent := 0
	defer func() { h.o.Observer.Blocks(sent, 0) }()
	for from := 0; from < len(ids); from += waves {
		part := ids[from:min(len(ids), from+waves)]
		h.fetch(r.Context(), part, func(i int, b cas.Block, err error) {
			abortClosed(err)
			i += from
			var corrupt *cas.CorruptError
			switch {
			case err == nil:
				out.answer(i, statusFound, b.Data())
				sent++
			case errors.Is(err, cas.ErrNotFound):
				out.answer(i, statusMissing, nil)
			case errors.As(err, &corrupt):
				out.answer(i, statusCorrupt, []byte(corrupt.Reason))
			case errors.Is(err, cas.ErrUnavailable):
				out.answer(i, statusAway, []byte(err.Error()))
			default:
				out.answer(i, statusFailed, []byte(err.Error()))
			}
		})
		if r.Context().Err() != nil || out.err != nil {
			return nil
		}
	}
	out.uvarint(0)
	_ = out.flush()
	return nil
}

// fetch gets blocks, many at once where the store can.
func (h *handler) fetch(ctx context.Context, ids []cid.Cid, got func(int, cas.Block, error)) {
	type answer struct {
		block cas.Block
		err   error
	}
	answers := make([]answer, len(ids))
	var g errgroup.Group
	g.SetLimit(readers)
	if b, ok := cas.As[cas.Batcher](h.store); ok {
		for i := range answers {
			answers[i].err = errors.New("the store did not answer")
		}
		_ = b.GetMany(ctx, ids, func(i int, b cas.Block, err error) { answers[i] = answer{b, err} })
	} else {
		for i, id := range ids {
			g.Go(func() error { answers[i].block, answers[i].err = h.store.Get(ctx, id); return nil })
		}
	}
	_ = g.Wait()
	for i, a := range answers {
		got(i, a.block, a.err)
	}
}

func (h *handler) postHave(w http.ResponseWriter, r *http.Request) error {
	ids, err := readIDs(r)
	if err != nil {
		return err
	}
	known, err := h.has(r.Context(), ids)
	if err != nil {
		return err
	}
	bits := make([]byte, (len(ids)+7)/8)
	for i, ok := range known {
		if ok {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(bits)
	return nil
}

// has asks the store, for all at once where it can.
func (h *handler) has(ctx context.Context, ids []cid.Cid) (known []bool, err error) {
	if b, ok := cas.As[cas.Batcher](h.store); ok {
		return b.HasMany(ctx, ids)
	}
	for _, id := range ids {
		ok, err := h.store.Has(ctx, id)
		if err != nil {
			return nil, err
		}
		known = append(known, ok)
	}
	return known, nil
}

// maxAsking is the most that a request for what came since may have, in bytes.
const maxAsking = 1 << 20

func (h *handler) postSince(w http.ResponseWriter, r *http.Request) error {
	if h.o.Since == nil {
		return cas.ErrUnsupported
	}
	body, err := decoded(r, maxAsking)
	if err != nil {
		return err
	}
	defer body.Close()
	var q asking
	if err := json.NewDecoder(body).Decode(&q); err != nil {
		return bad(err)
	}
	heads, err := parseCIDs(q.Heads)
	if err != nil {
		return bad(err)
	}
	haves, err := parseCIDs(q.Haves)
	if err != nil {
		return bad(err)
	}
	select {
	case h.large <- struct{}{}:
		defer func() { <-h.large }()
	default:
		return fmt.Errorf("too many are asking for what came since; blocks can be copied: %w", cas.ErrUnsupported)
	}
	blocks, err := h.o.Since(r.Context(), h.store, heads, haves)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	h.o.Observer.Blocks(len(blocks), 0)
	_, _ = bytes.NewReader(message(nil, blocks)).WriteTo(w)
	return nil
}
