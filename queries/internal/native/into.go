// Package native converts between EDN values and those of Go programs.
package native

import (
	"encoding"
	"fmt"
	"math/big"
	"reflect"
	"time"
	"unsafe"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/google/uuid"
)

// Into writes a value into a variable. What type that has was settled when the Into was
// made, so that nothing has to be looked up for each value.
type Into func(at unsafe.Pointer, v edn.Value) error

// planner makes what writes into variables of types, of each type once: types may be recursive.
type planner struct{ known map[reflect.Type]*Into }

// For makes what writes into variables of a type.
func For(t reflect.Type) (Into, error) {
	return (&planner{known: map[reflect.Type]*Into{}}).plan(t)
}

func (p *planner) plan(t reflect.Type) (Into, error) {
	if known, ok := p.known[t]; ok {
		return func(at unsafe.Pointer, v edn.Value) error { return (*known)(at, v) }, nil
	}
	into := new(Into)
	p.known[t] = into
	var err error
	*into, err = p.make(t)
	return *into, err
}

var (
	valueType    = reflect.TypeFor[edn.Value]()
	anyType      = reflect.TypeFor[any]()
	bytesType    = reflect.TypeFor[[]byte]()
	timeType     = reflect.TypeFor[time.Time]()
	uuidType     = reflect.TypeFor[uuid.UUID]()
	intType      = reflect.TypeFor[*big.Int]()
	ratType      = reflect.TypeFor[*big.Rat]()
	readableType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// whole tells the types that are not taken apart.
func whole(t reflect.Type) (Into, bool) {
	switch t {
	case valueType:
		return func(at unsafe.Pointer, v edn.Value) error { *(*edn.Value)(at) = v; return nil }, true
	case anyType:
		return func(at unsafe.Pointer, v edn.Value) error { *(*any)(at) = natural(v); return nil }, true
	case bytesType:
		return intoBytes, true
	case timeType:
		return intoTime, true
	case uuidType:
		return intoUUID, true
	case intType:
		return intoBig, true
	case ratType:
		return intoRat, true
	}
	if reflect.PointerTo(t).Implements(readableType) {
		return intoReadable(t), true
	}
	return nil, false
}

func (p *planner) make(t reflect.Type) (Into, error) {
	if into, ok := whole(t); ok {
		return into, nil
	}
	if into, ok := scalars[t.Kind()]; ok {
		return into, nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return p.pointer(t)
	case reflect.Slice:
		return p.slice(t)
	case reflect.Array:
		return p.array(t)
	case reflect.Map:
		return p.mapping(t)
	case reflect.Struct:
		return p.structure(t)
	}
	return nil, fmt.Errorf("no value can be a %v", t)
}

// refuse is that a value is of another kind than is wanted.
func refuse(v edn.Value, want string) error {
	if v.IsNil() {
		return fmt.Errorf("nil is no %s: use a pointer where there may be nothing", want)
	}
	return fmt.Errorf("%s is a %v, no %s", brief(v), v.Kind(), want)
}

// brief is a value as errors show it.
func brief(v edn.Value) string {
	const most = 60
	text := []rune(v.String())
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}
