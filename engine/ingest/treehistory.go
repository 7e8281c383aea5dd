package ingest

import (
	"context"
	"errors"
	"io"
	iofs "io/fs"
	"path"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// transactions are those of the history, each as it was.
func (p *tree) transactions(ctx context.Context, yield func(Batch, error) bool) {
	f, err := p.Files.Open(HistoryFile)
	if err != nil {
		yield(Batch{}, err)
		return
	}
	defer f.Close()
	h := newHistory(f, p.o.Name)
	var held *Batch // one is held back, since the last one is told apart
	for {
		a, err := h.next(ctx)
		if err == io.EOF {
			if held != nil {
				held.Last = true
				yield(*held, nil)
			}
			return
		}
		if h.options != nil && a.Forms == nil && err == nil {
			h.options = nil // a line of its own
			continue
		}
		// Who is not named there was not named: whoever restores a database says nothing in it.
		b := Batch{Forms: a.Forms, Rows: len(a.Forms), Datoms: len(a.Forms), Whole: true, By: engine.Some(a.By.Val), Msg: engine.Some(a.Msg.Val)}
		if held != nil && !yield(*held, nil) {
			return
		}
		if held = &b; err != nil {
			yield(b, err)
			return
		}
	}
}

// history reads HistoryFile: transactions, each a vector of tx data or an argument map around one. They are read form by
// form, so that none is too large.
type history struct {
	in      *input
	r       *edn.Reader
	options *engine.Options // as they were read last
}

// TreeOptions is what the database of an exported tree was created with, as far as its history tells.
func TreeOptions(ctx context.Context, files iofs.FS, name string) (engine.Options, error) {
	f, err := files.Open(HistoryFile)
	if errors.Is(err, iofs.ErrNotExist) {
		return engine.Options{}, nil
	}
	if err != nil {
		return engine.Options{}, err
	}
	defer f.Close()
	h := newHistory(f, name)
	if _, err := h.next(ctx); err != nil && err != io.EOF {
		return engine.Options{}, err
	}
	if h.options == nil {
		return engine.Options{}, nil
	}
	return *h.options, nil
}

func newHistory(f io.Reader, name string) *history {
	return &history{in: &input{name: path.Join(name, HistoryFile)}, r: edn.NewReader(f)}
}

// next is the next transaction; io.EOF after the last one.
func (h *history) next(ctx context.Context) (a engine.Argument, err error) {
	for _, c := range []struct {
		kind edn.Kind
		read func(context.Context, *engine.Argument) error
	}{{edn.Vector, h.forms}, {edn.Map, h.argument}} {
		entered, err := h.r.Enter(c.kind)
		if err == nil && entered {
			err = c.read(ctx, &a)
		}
		if err != nil || entered {
			return a, h.in.explain(err)
		}
	}
	v, err := h.r.Next()
	if err != nil {
		return a, h.in.explain(err)
	}
	return a, h.in.wrong(v.Pos(), "export the tree again", "a transaction is a vector of tx data, or a map with :tx-data")
}

// forms reads a vector of tx data that was entered.
func (h *history) forms(ctx context.Context, a *engine.Argument) error {
	for {
		form, err := h.r.Next()
		switch {
		case err == io.EOF:
			return ctx.Err()
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		a.Forms = append(a.Forms, form)
	}
}

// argument reads an argument map that was entered.
func (h *history) argument(ctx context.Context, a *engine.Argument) error {
	for {
		key, err := h.r.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = h.value(ctx, a, key)
		}
		if err != nil {
			return err
		}
	}
}

func (h *history) value(ctx context.Context, a *engine.Argument, key edn.Value) error {
	if key.Is(":tx-data") {
		if entered, err := h.r.Enter(edn.Vector); err != nil || entered {
			if err == nil {
				err = h.forms(ctx, a)
			}
			return err
		}
	}
	v, err := h.r.Next()
	if err == io.EOF {
		return h.in.wrong(key.Pos(), "export the tree again", "%s has no value", brief(key))
	}
	if err != nil {
		return err
	}
	if key.Is(":options") {
		o, err := engine.OptionsOf(v)
		if err != nil {
			return h.in.wrong(v.Pos(), "export the tree again", "%v", err)
		}
		h.options = &o
		return nil
	}
	return a.Take(key, v)
}
