package native

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// structOf is the fields that are tagged as a map by keyword. What is nil or an empty slice or
// map is left out, as is a zero under :db/id: an entity without these.
func structOf(x reflect.Value) (edn.Value, error) {
	var items []edn.Value
	tagged := false
	for i := range x.NumField() {
		tag, ok := x.Type().Field(i).Tag.Lookup("dhfs")
		if !ok || tag == "-" {
			continue
		}
		tagged = true
		key, err := name(strings.TrimPrefix(tag, ":"), edn.IsKeyword, edn.MakeKeyword, "keyword")
		if err == nil && !x.Type().Field(i).IsExported() {
			err = fmt.Errorf("the field is not exported")
		}
		var v edn.Value
		if err == nil {
			v, err = Of(x.Field(i).Interface())
		}
		if err != nil {
			return edn.Value{}, fmt.Errorf("field %s of %v: %w", x.Type().Field(i).Name, x.Type(), err)
		}
		if !v.IsNil() && !nothing(key, x.Field(i)) {
			items = append(items, key, v)
		}
	}
	if !tagged {
		return edn.Value{}, fmt.Errorf("a %v has no form as a value: tag its fields `dhfs:\"name\"`", x.Type())
	}
	return edn.MakeMap(items...), nil
}

func nothing(key edn.Value, field reflect.Value) bool {
	switch field.Kind() {
	case reflect.Slice, reflect.Map:
		return field.Len() == 0
	}
	return key.Is(":db/id") && field.IsZero()
}
