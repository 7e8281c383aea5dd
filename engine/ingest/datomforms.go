package ingest

import (
	"context"
	"errors"
	"io"

	"github.com/dhfs/dhfs/engine/edn"
)

// errEnough ends a walk through datoms whose caller has what it wants.
var errEnough = errors.New("enough")

// ednDatoms is a file of datoms as EDN.
type ednDatoms struct{}

// each implements datomForm. Vectors and maps around datoms are stepped into.
func (ednDatoms) each(ctx context.Context, in *input, f func(datom) error) error {
	src, err := in.pass()
	if err != nil {
		return err
	}
	r := edn.NewReader(src)
	w := datomWalk{r: r, in: in, f: func(d datom) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return f(d)
	}}
	for {
		if more, err := w.form(); err != nil || !more {
			return err
		}
	}
}

// datomWalk reads forms of datoms.
type datomWalk struct {
	r  *edn.Reader
	in *input
	f  func(datom) error
}

// form reads the form that comes next; more is false where there is none.
func (w *datomWalk) form() (more bool, err error) {
	if in, err := w.r.Enter(edn.Map); err != nil || in {
		return true, w.around(err)
	}
	in, err := w.r.Enter(edn.Vector)
	if err != nil {
		return false, err
	}
	if in {
		return true, w.vector()
	}
	v, err := w.r.Next()
	if err == io.EOF {
		return false, nil
	}
	if err == nil {
		err = w.whole(v)
	}
	return true, err
}

// around reads a map around datoms.
func (w *datomWalk) around(err error) error {
	for err == nil {
		var key edn.Value
		if key, err = w.r.Next(); err != nil {
			break
		}
		if key.Is(":data") || key.Is(":tx-data") {
			_, err = w.form()
		} else {
			_, err = w.r.Next()
		}
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// vector reads a vector, of which the bracket was read: a datom, or forms.
func (w *datomWalk) vector() error {
	for first := true; ; first = false {
		if in, err := w.r.Enter(edn.Vector); err != nil || in {
			if err == nil {
				err = w.vector()
			}
			if err != nil {
				return err
			}
			continue
		}
		if in, err := w.r.Enter(edn.Map); err != nil || in {
			if err = w.around(err); err != nil {
				return err
			}
			continue
		}
		v, err := w.r.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case first && v.Kind() == edn.Int:
			return w.datom(v)
		}
		if err := w.whole(v); err != nil {
			return err
		}
	}
}

// datom reads a datom, of which e was read.
func (w *datomWalk) datom(e edn.Value) error {
	items := []edn.Value{e}
	for len(items) <= 6 {
		v, err := w.r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		items = append(items, v)
	}
	v := edn.MakeVector(items...)
	if !isDatom(v) {
		return w.in.wrong(e.Pos(), "a file of datoms has nothing else", "this is no datom: want [e a v t added]")
	}
	return w.f(datomOf(v, e.Pos()))
}

// whole takes a form that was read as a whole: a set of datoms, or a list.
func (w *datomWalk) whole(v edn.Value) error {
	err := eachDatom(v, w.f)
	if err == errNoDatom {
		return w.in.wrong(v.Pos(), "a file of datoms has nothing else", "this is no datom: want [e a v t added]")
	}
	return err
}

var errNoDatom = errors.New("no datom")

// eachDatom calls f with the datoms in a form.
func eachDatom(v edn.Value, f func(datom) error) error {
	switch {
	case isDatom(v):
		return f(datomOf(v, v.Pos()))
	case (v.Kind() == edn.Vector || v.Kind() == edn.Set || v.Kind() == edn.List) && len(v.Items()) > 0:
		for _, item := range v.Items() {
			if err := eachDatom(item, f); err != nil {
				return err
			}
		}
		return nil
	}
	return errNoDatom
}

func datomOf(v edn.Value, at edn.Pos) datom {
	d := v.Items()
	return datom{e: d[0].Int(), a: d[1], v: d[2], tx: d[3].Int(), gone: len(d) == 5 && !d[4].Bool(), at: at}
}
