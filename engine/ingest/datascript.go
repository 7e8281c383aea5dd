package ingest

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// DataScript keeps a database as a map that its serializable makes, in JSON or EDN: "schema" is text of EDN, "attrs" and "keywords" are the names that
// datoms refer to by their place, "eavt" has the datoms, [e attr v tx-less-tx0], and "aevt" and "avet" their places in other orders. What it prints is
// #datascript/DB {:schema {…} :datoms [[e a v tx] …]}. There are no types in either, so they are found in the values; nor times of transactions.

// dataScript is a file of DataScript.
type dataScript struct {
	reader   func(io.Reader) *edn.Reader
	schema   edn.Value
	attrs    []edn.Value // keywords
	keywords []edn.Value
	tx0      int64
}

const dataScriptTag = "#datascript/DB"

// plainDataScript puts spaces where the tag is.
func plainDataScript(src io.Reader) (_ io.Reader, tagged bool, err error) {
	r := bufio.NewReader(src)
	begin, err := r.Peek(len(dataScriptTag))
	if err != nil && err != io.EOF {
		return nil, false, err
	}
	if string(begin) != dataScriptTag {
		return r, false, nil
	}
	_, err = r.Discard(len(dataScriptTag))
	return io.MultiReader(bytes.NewReader(bytes.Repeat([]byte(" "), len(dataScriptTag))), r), true, err
}

// dataScriptKeys are those of the map. No other file has a map of such at its beginning.
var dataScriptKeys = []string{"count", "tx0", "max-eid", "max-tx", "schema", "attrs", "keywords", "eavt", "aevt", "avet"}

// beginsWithDataScript tells by the first two keys.
func beginsWithDataScript(r *edn.Reader) bool {
	if in, err := r.Enter(edn.Map); err != nil || !in {
		return false
	}
	for range 2 {
		key, err := r.Next()
		if err != nil || key.Kind() != edn.String || !slices.Contains(dataScriptKeys, key.Text()) {
			return false
		}
		if in, err := r.Enter(edn.Vector); err != nil || in {
			return err == nil && key.Text() != "schema" // a long one is not read for this
		}
		if _, err := r.Next(); err != nil {
			return false
		}
	}
	return true
}

// isDataScript tells whether a file of JSON is one of DataScript.
func (in *input) isDataScript() bool {
	src, err := in.pass()
	return err == nil && beginsWithDataScript(edn.NewJSONReader(src))
}

// openDataScript makes the first passes over a file of DataScript.
func openDataScript(ctx context.Context, in *input, o Options, reader func(io.Reader) *edn.Reader) (*datomFile, error) {
	in.passes = 5
	s := &dataScript{reader: reader, schema: edn.MakeMap()}
	if err := s.about(in); err != nil {
		return nil, in.explain(err)
	}
	types, err := s.types(ctx, in)
	if err != nil {
		return nil, in.explain(err)
	}
	f, err := openDatoms(ctx, in, s)
	if err != nil {
		return nil, err
	}
	return f, s.declare(f, in, o, types)
}

// entries calls f with each key of the map; f reads the value.
func (s *dataScript) entries(in *input, f func(key string, r *edn.Reader) error) error {
	src, err := in.pass()
	if err != nil {
		return err
	}
	if src, _, err = plainDataScript(src); err != nil {
		return err
	}
	r := s.reader(src)
	if is, err := r.Enter(edn.Map); err != nil || !is {
		return err
	}
	for {
		key, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = f(strings.TrimPrefix(key.Text(), ":"), r)
		}
		if err != nil {
			return err
		}
	}
}

// items calls f with the items of a vector, or reads what else there is.
func items(r *edn.Reader, f func(edn.Value) error) error {
	in, err := r.Enter(edn.Vector)
	if err == nil && !in {
		_, err = r.Next()
		return err
	}
	for err == nil {
		var v edn.Value
		if v, err = r.Next(); err == nil {
			err = f(v)
		}
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// about reads all but the datoms.
func (s *dataScript) about(in *input) error {
	return s.entries(in, func(key string, r *edn.Reader) (err error) {
		var v edn.Value
		switch key {
		case "eavt", "aevt", "avet", "datoms":
			return items(r, func(edn.Value) error { return nil })
		case "attrs":
			return items(r, func(v edn.Value) error { s.attrs = append(s.attrs, dataScriptName(v)); return nil })
		case "keywords":
			return items(r, func(v edn.Value) error { s.keywords = append(s.keywords, dataScriptName(v)); return nil })
		}
		if v, err = r.Next(); err != nil {
			return err
		}
		switch {
		case key == "schema" && v.Kind() == edn.String:
			if s.schema, err = edn.Parse(v.Text()); err != nil {
				return in.wrong(v.Pos(), "", "the schema is no EDN: %v", err)
			}
		case key == "schema":
			s.schema = v
		case key == "tx0":
			s.tx0 = v.Int()
		}
		return nil
	})
}

// dataScriptName is a name as a keyword: in JavaScript names are strings.
func dataScriptName(v edn.Value) edn.Value {
	return edn.MakeKeyword(strings.TrimPrefix(v.Text(), ":")).At(v.Pos())
}

// each implements datomForm.
func (s *dataScript) each(ctx context.Context, in *input, f func(datom) error) error {
	return s.entries(in, func(key string, r *edn.Reader) error {
		return items(r, func(v edn.Value) error {
			if key != "eavt" && key != "datoms" {
				return nil
			}
			d, err := s.datom(in, v)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			return f(d)
		})
	})
}

// datom is one of "eavt", or of :datoms.
func (s *dataScript) datom(in *input, v edn.Value) (d datom, err error) {
	x := v.Items()
	if len(x) < 4 || x[0].Kind() != edn.Int || x[3].Kind() != edn.Int {
		return d, in.wrong(v.Pos(), "", "this is no datom of DataScript")
	}
	d = datom{e: x[0].Int(), a: x[1], v: x[2], tx: s.tx0 + x[3].Int(), at: v.Pos()}
	if d.a.Kind() == edn.Int {
		n := d.a.Int()
		if n < 0 || n >= int64(len(s.attrs)) {
			return d, in.wrong(v.Pos(), "", "attribute %d of %d", n, len(s.attrs))
		}
		d.a = s.attrs[n]
		d.v, err = s.value(in, d.v)
		return d, err
	}
	d.a = dataScriptName(d.a)
	return d, nil
}

// value is a value of "eavt": what JSON has, or [kind value].
func (s *dataScript) value(in *input, v edn.Value) (edn.Value, error) {
	x := v.Items()
	if v.Kind() != edn.Vector || len(x) == 0 {
		return v, nil
	}
	switch x[0].Int() {
	case 0:
		if len(x) == 2 && x[1].Int() >= 0 && x[1].Int() < int64(len(s.keywords)) {
			return s.keywords[x[1].Int()], nil
		}
	case 1:
		if len(x) == 2 && x[1].Kind() == edn.String {
			form, err := edn.Parse(x[1].Text())
			if err != nil {
				return v, in.wrong(v.Pos(), "", "the value is no EDN: %v", err)
			}
			return form, nil
		}
	case 2:
		return edn.MakeFloat(math.Inf(1)), nil
	case 3:
		return edn.MakeFloat(math.Inf(-1)), nil
	case 4:
		return edn.MakeFloat(math.NaN()), nil
	}
	return v, in.wrong(v.Pos(), "", "this is no value of DataScript")
}
