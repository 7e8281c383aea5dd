package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// kinds are the types of values that an attribute has.
type kinds map[engine.Kind]bool

// kindOf is the type of a value; what has none is kept as text of EDN.
func kindOf(v edn.Value) engine.Kind {
	switch v.Kind() {
	case edn.Bool:
		return engine.BoolKind
	case edn.Int:
		return engine.LongKind
	case edn.Float:
		return engine.DoubleKind
	case edn.BigInt:
		return engine.BigIntKind
	case edn.BigDec:
		return engine.BigDecKind
	case edn.Keyword:
		return engine.KeywordKind
	case edn.Symbol:
		return engine.SymbolKind
	case edn.Inst:
		return engine.InstantKind
	case edn.UUID:
		return engine.UUIDKind
	}
	return engine.StringKind
}

// types finds the types of values.
func (s *dataScript) types(ctx context.Context, in *input) (map[string]kinds, error) {
	all := map[string]kinds{}
	err := s.each(ctx, in, func(d datom) error {
		if all[d.a.Text()] == nil {
			all[d.a.Text()] = kinds{}
		}
		all[d.a.Text()][kindOf(d.v)] = true
		return nil
	})
	return all, err
}

// declare makes the attributes that the database lacks.
func (s *dataScript) declare(f *datomFile, in *input, o Options, types map[string]kinds) error {
	said := map[string][]edn.Value{}
	for i := 0; i+1 < len(s.schema.Items()); i += 2 {
		name := dataScriptName(s.schema.Items()[i]).Text()
		said[name] = s.schema.Items()[i+1].Items()
		if types[name] == nil {
			types[name] = kinds{}
		}
	}
	whole := map[string]bool{} // numbers that are to be doubles
	for _, name := range slices.Sorted(maps.Keys(types)) {
		kind, err := s.kind(in, o, name, types[name])
		if err != nil {
			return err
		}
		whole[name] = kind == engine.DoubleKind
		pairs := s.declaration(f, name, said[name], kind)
		if o.Schema != nil {
			if _, ok := o.Schema.ByIdent(name); ok {
				continue
			}
		}
		f.given = append(f.given, edn.MakeMap(pairs...))
	}
	f.shape = func(d *datom) error {
		switch {
		case d.v.Kind() == edn.Int && whole[d.a.Text()]:
			d.v = edn.MakeFloat(float64(d.v.Int())).At(d.at)
		case kindOf(d.v) == engine.StringKind && d.v.Kind() != edn.String && f.types[d.a.Text()] == "":
			d.v = edn.MakeString(d.v.String()).At(d.at)
		}
		return nil
	}
	return nil
}

// declaration is the tx data of an attribute: what the schema says of it, and what dhfs wants to know besides. f learns what it says of values.
func (s *dataScript) declaration(f *datomFile, name string, said []edn.Value, kind engine.Kind) []edn.Value {
	pairs := []edn.Value{edn.MakeKeyword("db/ident"), edn.MakeKeyword(name)}
	var typed, counted bool
	for i := 0; i+1 < len(said); i += 2 {
		key, v := dataScriptName(said[i]), said[i+1]
		switch {
		case key.Is(":db/valueType"):
			typed, f.types[name] = true, v.Text()
		case key.Is(":db/tupleAttrs"):
			f.made[name], v = true, s.names(v)
		case key.Is(":db/cardinality"):
			counted = true
		}
		if slices.ContainsFunc(defining, key.Is) || key.Is(":db/doc") {
			pairs = append(pairs, key, v)
		}
	}
	switch {
	case typed:
	case f.made[name]:
		pairs = append(pairs, edn.MakeKeyword("db/valueType"), edn.MakeKeyword("db.type/tuple"))
	case kind != engine.NilKind:
		pairs = append(pairs, edn.MakeKeyword("db/valueType"), edn.MakeKeyword("db.type/"+kind.String()))
	}
	if !counted {
		pairs = append(pairs, edn.MakeKeyword("db/cardinality"), edn.MakeKeyword("db.cardinality/one"))
	}
	return pairs
}

func (s *dataScript) names(v edn.Value) edn.Value {
	var all []edn.Value
	for _, item := range v.Items() {
		all = append(all, dataScriptName(item))
	}
	return edn.MakeVector(all...)
}

// kind is the type of an attribute: that of its values; NilKind, which is any, where there are several and the database takes that.
func (s *dataScript) kind(in *input, o Options, name string, found kinds) (engine.Kind, error) {
	var all []string
	for k := range found {
		all = append(all, k.String())
	}
	slices.Sort(all)
	switch {
	case len(found) == 1:
		for k := range found {
			return k, nil
		}
	case len(found) == 2 && found[engine.LongKind] && found[engine.DoubleKind]:
		return engine.DoubleKind, nil
	case o.Schema != nil && o.Schema.OnRead():
		return engine.NilKind, nil
	case len(found) == 0:
		return engine.StringKind, nil
	}
	return engine.NilKind, &Error{
		Path: in.name, Msg: fmt.Sprintf("values of %s are of several types: %s", name, strings.Join(all, ", ")),
		Hint: "import into a database whose schema is on read, which takes that: dhfs init DB --schema read",
	}
}
