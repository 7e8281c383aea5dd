package queries

import (
	"fmt"
	"iter"
	"reflect"
	"unsafe"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/native"
)

// ScanError is a value that does not fit the Go type that it was to become.
type ScanError struct {
	Row    int    // counted from 0
	Column string // as in Result.Columns; "" where the whole row is to blame
	Type   reflect.Type
	Err    error
}

// Error says which value it was and why.
func (e *ScanError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("row %d as %v: %v", e.Row, e.Type, e.Err)
	}
	return fmt.Sprintf("row %d, column %s as %v: %v", e.Row, e.Column, e.Type, e.Err)
}

// Unwrap is the reason.
func (e *ScanError) Unwrap() error { return e.Err }

// Scan iterates over the rows as Go values. It ends with the first error: a *ScanError
// with row and column, or that the columns do not fit T at all.
//
// Of several columns T is a struct with a field for each, a slice or array of the row's
// values, or a map by the names of the columns. Of one column T is a struct with that field, or what the value becomes:
//
//	booleans, integers, floats   if they have exactly this value
//	string                       of strings, symbols, characters, uris, and keywords without their colon
//	*big.Int, *big.Rat           of integers; of all finite numbers
//	time.Time, uuid.UUID, []byte of instants, uuids, bytes
//	slices, arrays               of vectors, lists and sets
//	maps                         of maps; those to struct{} of sets
//	structs                      of maps, which is what pulls give
//	pointers                     of what they point to, or nil
//	encoding.TextUnmarshaler     of text
//	edn.Value, any               of all
//
// A field is for the column or key of its name, or of its tag `dhfs:"name"`: case and
// punctuation do not matter, nor does the namespace of a key or the question mark of a column; `dhfs:"-"` leaves a
// field out. Every column must have a field, and every field with a tag a column. Keys of maps may be missing or more than the fields.
func Scan[T any](r *Result) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		into, err := native.ForRow(reflect.TypeFor[T](), r.Columns)
		if err != nil {
			yield(none, err)
			return
		}
		var place uint32
		cell := func(column int) edn.Value { return r.rows.At(column, place) }
		v := new(T)
		for row := range r.Len() {
			*v, place = none, r.rows.Place(row)
			if column, err := into.Scan(unsafe.Pointer(v), len(r.Columns), cell); err != nil {
				yield(none, r.scanError(reflect.TypeFor[T](), row, column, err))
				return
			}
			if !yield(*v, nil) {
				return
			}
		}
	}
}

func (r *Result) scanError(t reflect.Type, row, column int, err error) error {
	e := &ScanError{Row: row, Type: t, Err: err}
	if column >= 0 {
		e.Column = r.Columns[column]
	}
	return e
}

// ScanAll is all rows as Go values: see Scan.
func ScanAll[T any](r *Result) ([]T, error) {
	list := make([]T, 0, r.Len())
	for v, err := range Scan[T](r) {
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// ScanOne is the first row as a Go value; ok is false when there is none.
func ScanOne[T any](r *Result) (v T, ok bool, err error) {
	for v, err := range Scan[T](r) {
		return v, err == nil, err
	}
	return v, false, nil
}
