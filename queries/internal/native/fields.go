package native

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unsafe"

	"github.com/dhfs/dhfs/engine/edn"
)

// field is a field of a struct that values are written into.
type field struct {
	name   string // of the tag, or of the field
	tagged bool
	offset uintptr
	into   Into
}

// fields finds those of a struct, of embedded ones too.
func (p *planner) fields(t reflect.Type, base uintptr) ([]field, error) {
	var list []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("dhfs")
		if _, atomic := whole(f.Type); f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct && !atomic {
			inner, err := p.fields(f.Type, base+f.Offset)
			if err != nil {
				return nil, err
			}
			list = append(list, inner...)
			continue
		}
		switch {
		case tag == "-" || !f.IsExported() && !tagged:
			continue
		case !f.IsExported():
			return nil, fmt.Errorf("the field %s of %v is tagged and not exported", f.Name, t)
		case !tagged:
			tag = f.Name
		}
		into, err := p.plan(f.Type)
		if err != nil {
			return nil, fmt.Errorf("field %s of %v: %w", f.Name, t, err)
		}
		list = append(list, field{strings.TrimLeft(tag, "?:"), tagged, base + f.Offset, into})
	}
	return list, nil
}

// names finds fields by what columns and keys are called.
type names struct {
	exact, loose map[string]int
}

func index(t reflect.Type, list []field) (names, error) {
	n := names{map[string]int{}, map[string]int{}}
	for i, f := range list {
		if _, twice := n.exact[f.name]; twice {
			return n, fmt.Errorf("two fields of %v are called %s", t, f.name)
		}
		n.exact[f.name] = i
		if _, twice := n.loose[plain(f.name)]; !twice {
			n.loose[plain(f.name)] = i
		}
	}
	return n, nil
}

// find is the field for a name: the very same, or the same but for case and punctuation, with
// the namespace of a keyword or without.
func (n names) find(name string) (int, bool) {
	name = strings.TrimLeft(name, "?:")
	if i, ok := n.exact[name]; ok {
		return i, true
	}
	if i, ok := n.loose[plain(name)]; ok {
		return i, true
	}
	if _, local, ok := strings.Cut(name, "/"); ok && !strings.ContainsAny(name, "( [{") {
		if i, ok := n.exact[local]; ok {
			return i, true
		}
		i, ok := n.loose[plain(local)]
		return i, ok
	}
	return 0, false
}

// plain is the letters and digits of a name, in lower case.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// structure takes maps, such as pulls give, by the names of keys. Keys without a field are
// passed over, and fields without a key keep their zero.
func (p *planner) structure(t reflect.Type) (Into, error) {
	list, err := p.fields(t, 0)
	if err != nil {
		return nil, err
	}
	names, err := index(t, list)
	return func(at unsafe.Pointer, v edn.Value) error {
		if v.Kind() != edn.Map {
			return refuse(v, "map for a "+t.String())
		}
		for pairs := v.Items(); len(pairs) > 0; pairs = pairs[2:] {
			i, ok := names.find(pairs[0].Text())
			if !ok {
				continue
			}
			if err := list[i].into(unsafe.Add(at, list[i].offset), pairs[1]); err != nil {
				return fmt.Errorf("%s: %w", brief(pairs[0]), err)
			}
		}
		return nil
	}, err
}
