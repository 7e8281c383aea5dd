package ingest

import (
	"context"
	"io"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// forms reads tx data as batches: each vector of forms and each argument map is one; forms outside of
// them are put together. A vector that is too big is parted where no
// tempid could mean something in both parts; an argument map is one transaction in any case.
type forms struct {
	in    *input
	r     *edn.Reader
	limit int

	inside  bool // a vector of forms
	tempids bool // were used in the batch under way
	opened  edn.Pos
	pending []edn.Value // the form that has to begin the next batch
}

func newForms(in *input, src io.Reader, limit int) *forms {
	return &forms{in: in, r: edn.NewReader(src), limit: limit}
}

// next reads a batch that is not empty; io.EOF after the last one.
func (f *forms) next(ctx context.Context) (b Batch, err error) {
	f.tempids = false
	for {
		if err := ctx.Err(); err != nil {
			return b, err
		}
		form, ends, err := f.form(b.Rows == 0)
		switch {
		case err == io.EOF && b.Rows > 0:
			return b, nil
		case err != nil:
			return b, f.in.explain(err)
		case ends && b.Rows > 0:
			return b, nil
		case ends:
			continue
		}
		if !f.inside && b.Rows == 0 {
			if a, ok, err := engine.ReadArgument(form); ok || err != nil {
				return argued(a), f.in.explain(err)
			}
		}
		f.add(&b, form)
		if b.Datoms >= f.limit && !f.tempids {
			return b, nil
		}
		if b.Datoms >= maxTempidBatch*f.limit {
			return b, f.in.wrong(f.opened, "split it into several vectors, with lookup refs between them", "a transaction of more than %d datoms that uses tempids", b.Datoms)
		}
	}
}

// add puts a form into a batch.
func (f *forms) add(b *Batch, form edn.Value) {
	if b.Rows == 0 {
		f.opened = form.Pos()
	}
	b.Forms = append(b.Forms, form)
	b.Rows++
	b.Datoms += datoms(form)
	f.tempids = f.tempids || usesTempid(form)
}

// form reads the next form. ends tells that a batch ends instead: at the end of a
// vector of forms, and before one unless fresh says that a batch has just begun.
func (f *forms) form(fresh bool) (form edn.Value, ends bool, err error) {
	if f.pending != nil {
		form, f.pending = f.pending[0], nil
		return form, false, nil
	}
	if f.inside {
		form, err = f.r.Next()
		if err == io.EOF {
			f.inside = false
			return form, true, nil
		}
		return form, false, f.check(form, err)
	}
	entered, err := f.r.Enter(edn.Vector)
	if err != nil {
		return form, false, err
	}
	if entered {
		return f.vector(fresh)
	}
	form, err = f.r.Next()
	if _, argument, _ := engine.ReadArgument(form); argument && !fresh {
		f.pending = []edn.Value{form}
		return form, true, nil
	}
	return form, false, f.check(form, err)
}

// argued is the batch of an argument map.
func argued(a engine.Argument) Batch {
	b := Batch{Forms: a.Forms, Rows: len(a.Forms), By: a.By, Msg: a.Msg}
	for _, form := range a.Forms {
		b.Datoms += datoms(form)
	}
	return b
}

// vector goes on after the bracket of a vector outside of others: one of forms, or a form itself.
func (f *forms) vector(fresh bool) (form edn.Value, ends bool, err error) {
	first, err := f.r.Next()
	switch {
	case err == io.EOF:
		return first, true, nil // []
	case err != nil:
		return first, false, err
	case first.Kind() != edn.Keyword && first.Kind() != edn.Int:
		f.inside = true
		if fresh {
			return first, false, f.check(first, nil)
		}
		f.pending = []edn.Value{first}
		return first, true, f.check(first, nil)
	}
	items := []edn.Value{first}
	for {
		item, err := f.r.Next()
		if err == io.EOF {
			return edn.MakeVector(items...).At(first.Pos()), false, nil
		}
		if err != nil {
			return item, false, err
		}
		items = append(items, item)
	}
}

// check refuses what is no tx data.
func (f *forms) check(form edn.Value, err error) error {
	switch form.Kind() {
	case edn.Map, edn.Vector, edn.List:
		return err
	}
	if err != nil {
		return err
	}
	return f.in.wrong(form.Pos(), `tx data is maps, {:person/name "Ada"}, and vectors, [:db/add 1 :person/name "Ada"]`, "%s is no tx data", brief(form))
}

// datoms estimates how many datoms a form asserts.
func datoms(form edn.Value) int {
	if form.Kind() != edn.Map {
		return 1
	}
	n := 0
	items := form.Items()
	for i := 1; i < len(items); i += 2 {
		switch v := items[i]; v.Kind() {
		case edn.Vector, edn.List, edn.Set:
			for _, item := range v.Items() {
				n += datoms(item)
			}
		case edn.Map:
			n += 1 + datoms(v)
		default:
			n++
		}
	}
	return n
}

// usesTempid tells whether a form names an entity such that other forms of the transaction may mean it too.
func usesTempid(form edn.Value) bool {
	items := form.Items()
	if form.Kind() != edn.Map {
		return len(items) > 1 && isTempid(items[1])
	}
	for i := 0; i < len(items); i += 2 {
		if items[i].Is(":db/id") && isTempid(items[i+1]) {
			return true
		}
		for _, nested := range append(items[i+1].Items(), items[i+1]) {
			if nested.Kind() == edn.Map && usesTempid(nested) {
				return true
			}
		}
	}
	return false
}

func isTempid(v edn.Value) bool {
	switch v.Kind() {
	case edn.Int:
		return v.Int() < 0
	case edn.String, edn.Tagged:
		return true
	}
	return false
}
