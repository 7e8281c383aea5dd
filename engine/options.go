package engine

import (
	"fmt"

	"github.com/dhfs/dhfs/engine/edn"
)

// Options fix what a database is when it is created.
type Options struct {
	SchemaOnRead bool // attributes may be used without being declared
	NoHistory    bool // what is retracted or replaced is forgotten
}

// Options are what the database was created with.
func (db DB) Options() Options { return db.s.opts }

// EDN is what differs from the defaults, as a map in Datahike's words.
func (o Options) EDN() edn.Value {
	var pairs []edn.Value
	if o.SchemaOnRead {
		pairs = append(pairs, edn.MakeKeyword("schema-flexibility"), edn.MakeKeyword("read"))
	}
	if o.NoHistory {
		pairs = append(pairs, edn.MakeKeyword("keep-history?"), edn.MakeBool(false))
	}
	return edn.MakeMap(pairs...)
}

// OptionsOf is the options that a map of EDN makes.
func OptionsOf(v edn.Value) (o Options, err error) {
	if v.Kind() != edn.Map {
		return o, fmt.Errorf("options are a map, not %v", v)
	}
	for pairs := v.Items(); len(pairs) > 1; pairs = pairs[2:] {
		key, val := pairs[0], pairs[1]
		switch {
		case key.Is(":schema-flexibility") && (val.Is(":read") || val.Is(":write")):
			o.SchemaOnRead = val.Is(":read")
		case key.Is(":keep-history?") && val.Kind() == edn.Bool:
			o.NoHistory = !val.Bool()
		default:
			return o, fmt.Errorf("no option is %v %v: there are :schema-flexibility, which is :read or :write, and :keep-history?, which is true or false", key, val)
		}
	}
	return o, nil
}
