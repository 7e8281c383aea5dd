package ingest

import (
	"io"

	"github.com/dhfs/dhfs/engine/edn"
)

// layout is how the rows stand in a file of JSON.
type layout uint8

const (
	inLines layout = iota // {…} {…} …
	inArray               // [{…}, {…}, …]
	inKinds               // {"artist": [{…}, …], "album": [{…}, …], …}
)

// jsonLayout finds out by the beginning of the text. What is wrong with that is found when it is read for the rows.
func jsonLayout(src io.Reader) layout {
	r := edn.NewJSONReader(src)
	if in, _ := r.Enter(edn.Vector); in {
		return inArray
	}
	if in, _ := r.Enter(edn.Map); !in {
		return inLines
	}
	if _, err := r.Next(); err != nil {
		return inLines
	}
	if in, _ := r.Enter(edn.Vector); !in {
		return inLines
	}
	if in, _ := r.Enter(edn.Map); in {
		return inKinds
	}
	if _, err := r.Next(); err == io.EOF {
		return inKinds
	}
	return inLines
}

// jsonRows reads rows from JSON.
type jsonRows struct {
	p     *tables
	r     *edn.Reader
	t     *table // nil before the first row
	array bool   // inside an array of rows
}

func (j *jsonRows) next() (row, error) {
	if j.t == nil {
		if err := j.begin(); err != nil {
			return row{}, err
		}
	}
	for {
		v, err := j.r.Next()
		switch {
		case err == io.EOF && j.array:
			if err := j.endArray(); err != nil {
				return row{}, err
			}
			continue
		case err != nil:
			return row{}, err
		case v.Kind() != edn.Map:
			return row{}, j.p.in.wrong(v.Pos(), `rows are written {"name": value, …}`, "%s is not a row", brief(v))
		}
		return j.t.rowOf(v)
	}
}

// begin steps to the first row.
func (j *jsonRows) begin() (err error) {
	switch j.p.layout {
	case inKinds:
		if _, err = j.r.Enter(edn.Map); err != nil {
			return err
		}
		return j.nextKind()
	case inArray:
		if j.array, err = j.r.Enter(edn.Vector); err != nil {
			return err
		}
	}
	kind, err := j.p.kind()
	if err == nil {
		j.t = j.p.table(kind, false)
	}
	return err
}

// endArray goes on after the end of an array of rows: to the next kind's, or to the end of the file.
func (j *jsonRows) endArray() error {
	j.array = false
	if j.p.layout == inKinds {
		return j.nextKind()
	}
	return j.nothingMore()
}

// nextKind steps into the next array of a file of kinds.
func (j *jsonRows) nextKind() error {
	name, err := j.r.Next()
	if err == io.EOF {
		return j.nothingMore()
	}
	if err != nil {
		return err
	}
	kind := cleanName(name.Text())
	switch {
	case kind == "":
		return j.p.in.wrong(name.Pos(), "rename it", "%s cannot be a kind", brief(name))
	case j.p.o.Kind != "":
		return j.p.in.wrong(name.Pos(), "leave out --as", "the file names the kinds of its rows: %s", kind)
	}
	if j.array, err = j.r.Enter(edn.Vector); err != nil {
		return err
	}
	if !j.array {
		return j.p.in.wrong(name.Pos(), "if each {…} is a row, give the format jsonl", "%s is not an array of rows, as the first member is", brief(name))
	}
	j.t = j.p.table(kind, false)
	return nil
}

// nothingMore makes sure that the file ends. It returns io.EOF then.
func (j *jsonRows) nothingMore() error {
	v, err := j.r.Next()
	if err == nil {
		return j.p.in.wrong(v.Pos(), "put all rows into one array", "something follows after the end of the rows")
	}
	return err
}
