package native

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/dhfs/dhfs/engine/edn"
)

// Row writes rows into variables of one type.
type Row struct {
	cells []cell
	whole Into // of the row as one vector or map, where not nil
	label func(column int) edn.Value
}

// cell is where the value of a column goes.
type cell struct {
	offset uintptr
	into   Into
}

// ForRow makes what writes rows with these columns into variables of a type: one column into
// the variable itself, several into the fields of a struct, the items of a slice or an array, or a map by name.
func ForRow(t reflect.Type, columns []string) (*Row, error) {
	p := &planner{known: map[reflect.Type]*Into{}}
	if _, atomic := whole(t); t.Kind() == reflect.Struct && !atomic {
		r, err := p.structRow(t, columns)
		if r != nil || err != nil {
			return r, err
		}
	}
	into, err := p.plan(t)
	if err != nil {
		return nil, err
	}
	if len(columns) == 1 {
		return &Row{cells: []cell{{0, into}}}, nil
	}
	switch _, atomic := whole(t); {
	case t == valueType || t == anyType || !atomic && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		return &Row{whole: into}, nil
	case !atomic && t.Kind() == reflect.Map:
		return &Row{whole: into, label: func(column int) edn.Value { return edn.MakeString(strings.TrimPrefix(columns[column], "?")) }}, nil
	}
	return nil, fmt.Errorf("%d columns do not fit one %v", len(columns), t)
}

// structRow gives each column a field. It is nil where there is one column that is no field: then the struct is made of its value.
func (p *planner) structRow(t reflect.Type, columns []string) (*Row, error) {
	list, err := p.fields(t, 0)
	if err != nil {
		return nil, err
	}
	names, err := index(t, list)
	if err != nil {
		return nil, err
	}
	r := &Row{}
	var used []int
	for _, c := range columns {
		i, ok := names.find(c)
		switch {
		case !ok && len(columns) == 1:
			return nil, nil
		case !ok:
			return nil, fmt.Errorf("the column %s has no field in %v: name one so, or tag it `dhfs:%q`", c, t, strings.TrimPrefix(c, "?"))
		case slices.Contains(used, i):
			return nil, fmt.Errorf("the column %s is the second one for the field %s of %v", c, list[i].name, t)
		}
		used = append(used, i)
		r.cells = append(r.cells, cell{list[i].offset, list[i].into})
	}
	for i, f := range list {
		if f.tagged && !slices.Contains(used, i) {
			return nil, fmt.Errorf("there is no column for the field of %v that is tagged %q, there are %s", t, f.name, strings.Join(columns, ", "))
		}
	}
	return r, nil
}

// Scan writes a row, of which value gives the cells. Where it fails, column is the one that is to blame, or -1.
func (r *Row) Scan(at unsafe.Pointer, columns int, value func(column int) edn.Value) (column int, err error) {
	if r.whole != nil {
		return -1, r.whole(at, r.row(columns, value))
	}
	for c, to := range r.cells {
		if err := to.into(unsafe.Add(at, to.offset), value(c)); err != nil {
			return c, err
		}
	}
	return -1, nil
}

// row is the whole row as a value.
func (r *Row) row(columns int, value func(column int) edn.Value) edn.Value {
	var items []edn.Value
	for c := range columns {
		if r.label != nil {
			items = append(items, r.label(c))
		}
		items = append(items, value(c))
	}
	if r.label != nil {
		return edn.MakeMap(items...)
	}
	return edn.MakeVector(items...)
}
