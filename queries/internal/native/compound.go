package native

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/dhfs/dhfs/engine/edn"
)

// pointer takes nil as a nil pointer.
func (p *planner) pointer(t reflect.Type) (Into, error) {
	into, err := p.plan(t.Elem())
	return func(at unsafe.Pointer, v edn.Value) error {
		if v.IsNil() {
			*(*unsafe.Pointer)(at) = nil
			return nil
		}
		to := reflect.New(t.Elem()).UnsafePointer()
		*(*unsafe.Pointer)(at) = to
		return into(to, v)
	}, err
}

// items are those of vectors, lists and sets.
func items(v edn.Value) ([]edn.Value, bool) {
	switch v.Kind() {
	case edn.Vector, edn.List, edn.Set:
		return v.Items(), true
	}
	return nil, false
}

// slice takes nil as a nil slice.
func (p *planner) slice(t reflect.Type) (Into, error) {
	into, err := p.plan(t.Elem())
	return func(at unsafe.Pointer, v edn.Value) error {
		list, ok := items(v)
		if !ok && !v.IsNil() {
			return refuse(v, "vector, list or set")
		}
		to := reflect.NewAt(t, at).Elem()
		if v.IsNil() {
			to.SetZero()
			return nil
		}
		to.Set(reflect.MakeSlice(t, len(list), len(list)))
		return fill(to.UnsafePointer(), t.Elem().Size(), list, into)
	}, err
}

func (p *planner) array(t reflect.Type) (Into, error) {
	into, err := p.plan(t.Elem())
	return func(at unsafe.Pointer, v edn.Value) error {
		list, ok := items(v)
		if !ok {
			return refuse(v, "vector, list or set")
		}
		if len(list) != t.Len() {
			return fmt.Errorf("%s has %d items, a %v has %d", brief(v), len(list), t, t.Len())
		}
		return fill(at, t.Elem().Size(), list, into)
	}, err
}

// fill writes items one behind the other.
func fill(at unsafe.Pointer, size uintptr, list []edn.Value, into Into) error {
	for i, item := range list {
		if err := into(unsafe.Add(at, uintptr(i)*size), item); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
	}
	return nil
}

// mapping takes maps, sets as maps to an empty struct, and nil as a nil map.
func (p *planner) mapping(t reflect.Type) (Into, error) {
	key, err := p.plan(t.Key())
	if err != nil {
		return nil, err
	}
	elem, err := p.plan(t.Elem())
	set := t.Elem().Kind() == reflect.Struct && t.Elem().NumField() == 0
	return func(at unsafe.Pointer, v edn.Value) error {
		to := reflect.NewAt(t, at).Elem()
		switch {
		case v.IsNil():
			to.SetZero()
			return nil
		case v.Kind() == edn.Set && set:
			return intoSet(t, to, v, key)
		case v.Kind() != edn.Map:
			return refuse(v, "map")
		}
		to.Set(reflect.MakeMapWithSize(t, len(v.Items())/2))
		for pairs := v.Items(); len(pairs) > 0; pairs = pairs[2:] {
			k, e := reflect.New(t.Key()), reflect.New(t.Elem())
			if err := key(k.UnsafePointer(), pairs[0]); err != nil {
				return fmt.Errorf("key: %w", err)
			}
			if err := elem(e.UnsafePointer(), pairs[1]); err != nil {
				return fmt.Errorf("%s: %w", brief(pairs[0]), err)
			}
			if !k.Elem().Comparable() {
				return fmt.Errorf("%s cannot be a key in Go", brief(pairs[0]))
			}
			to.SetMapIndex(k.Elem(), e.Elem())
		}
		return nil
	}, err
}

func intoSet(t reflect.Type, to reflect.Value, v edn.Value, key Into) error {
	to.Set(reflect.MakeMapWithSize(t, len(v.Items())))
	for _, item := range v.Items() {
		k := reflect.New(t.Key())
		if err := key(k.UnsafePointer(), item); err != nil {
			return fmt.Errorf("item: %w", err)
		}
		if !k.Elem().Comparable() {
			return fmt.Errorf("%s cannot be a key in Go", brief(item))
		}
		to.SetMapIndex(k.Elem(), reflect.Zero(t.Elem()))
	}
	return nil
}
