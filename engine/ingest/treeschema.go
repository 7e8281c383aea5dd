package ingest

import (
	"cmp"
	iofs "io/fs"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// treeAttr is an attribute as a tree knows it.
type treeAttr struct {
	ident     string
	kind      engine.Kind // NilKind: any
	many      bool
	identity  bool
	composite bool      // the database makes its values
	refs      bool      // a tuple with refs in it
	since     int64     // the time of its ident
	form      edn.Value // of a property: the value in the schema

	// property is the file of a property of an attribute, and of the attribute that it is of.
	property string
	of       *treeAttr
}

// treeSchema is attributes/ of a tree, in the order in which the attributes are declared.
type treeSchema struct {
	attrs  []*treeAttr
	system []*treeAttr
	files  map[string]map[string]*treeAttr // by kind and file name
	has    map[*treeAttr][]record          // the properties of an attribute
}

// readSchema reads attributes/.
func (p *tree) readSchema() (*treeSchema, error) {
	s := &treeSchema{files: map[string]map[string]*treeAttr{}, has: map[*treeAttr][]record{}}
	for a := range p.Schema.System() {
		s.system = append(s.system, &treeAttr{ident: a.Ident, kind: a.Type, many: a.Many, identity: a.Unique == engine.UniqueIdentity})
	}
	if err := p.readAttributes(s, "attributes"); err != nil {
		return nil, err
	}
	// An entity is named by the identity that was declared first, and one without its own name in
	// the directory's is the first of its kind: that order matters, and the times of files, then names tell the rest.
	slices.SortStableFunc(s.attrs, func(a, b *treeAttr) int {
		return cmp.Or(cmp.Compare(a.since, b.since), strings.Compare(a.ident, b.ident))
	})
	return s, nil
}

// readAttributes lists a directory of attributes, and its pages.
func (p *tree) readAttributes(s *treeSchema, dir string) error {
	list, err := iofs.ReadDir(p.Files, dir)
	if err != nil {
		return p.wrong(dir, "copy the whole directory of the commit", "the tree does not tell its attributes: %v", err)
	}
	for _, e := range list {
		if strings.HasSuffix(e.Name(), "+") {
			err = p.readAttributes(s, dir+"/"+e.Name())
		} else {
			err = p.readAttribute(s, dir+"/"+e.Name())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readAttribute reads the directory of one attribute, a file for each property.
func (p *tree) readAttribute(s *treeSchema, dir string) error {
	files, err := iofs.ReadDir(p.Files, dir)
	if err != nil {
		return err
	}
	a := &treeAttr{}
	for _, f := range files {
		i := slices.IndexFunc(s.system, func(x *treeAttr) bool { return engine.AttrFileName("db", x.ident) == f.Name() })
		if i < 0 {
			return p.wrong(dir+"/"+f.Name(), "remove it", "attributes have no such property")
		}
		property := *s.system[i]
		property.property, property.of = dir+"/"+f.Name(), a
		forms, err := p.values(record{entity: -1, attr: &property})
		if err != nil {
			return err
		}
		if len(forms) != 1 {
			return p.wrong(dir+"/"+f.Name(), "write one value into it", "it has %d values", len(forms))
		}
		property.form = forms[0]
		a.learn(property.ident, forms[0])
		if err := p.record(f, -1, &property); err != nil {
			return err
		}
		last := p.records[len(p.records)-1]
		s.has[a] = append(s.has[a], last)
		if property.ident == "db/ident" {
			a.since = last.at
		}
	}
	if a.ident == "" {
		return p.wrong(dir, "copy the whole directory", "the attribute has no file ident")
	}
	s.attrs = append(s.attrs, a)
	return nil
}

// learn takes what a property says of the attribute.
func (a *treeAttr) learn(property string, v edn.Value) {
	switch property {
	case "db/ident":
		a.ident = v.Text()
	case "db/valueType":
		a.kind = typeOf(v)
	case "db/cardinality":
		a.many = v.Text() == "db.cardinality/many"
	case "db/unique":
		a.identity = v.Text() == "db.unique/identity"
	case "db/tupleAttrs":
		a.composite = true
	case "db/tupleTypes":
		a.refs = slices.ContainsFunc(v.Items(), func(t edn.Value) bool { return typeOf(t) == engine.RefKind })
	case "db/tupleType":
		a.refs = typeOf(v) == engine.RefKind
	}
}

// typeOf is the kind that a keyword such as :db.type/long names.
func typeOf(v edn.Value) engine.Kind {
	for k := engine.BoolKind; k <= engine.RefKind; k++ {
		if v.Text() == "db.type/"+k.String() {
			return k
		}
	}
	return engine.NilKind
}

// byFile finds the attribute that a file of an entity shows.
func (s *treeSchema) byFile(kind, name string) (*treeAttr, bool) {
	files, ok := s.files[kind]
	if !ok {
		files = map[string]*treeAttr{}
		for _, a := range slices.Concat(s.system, s.attrs) {
			files[engine.AttrFileName(kind, a.ident)] = a
		}
		s.files[kind] = files
	}
	a, ok := files[name]
	return a, ok
}

// lacking declares the attributes that a database does not have.
func (s *treeSchema) lacking(of *engine.Schema) (forms []edn.Value) {
	for _, a := range s.attrs {
		if _, ok := of.ByIdent(a.ident); !ok {
			forms = append(forms, s.declaration(a, s.has[a]))
		}
	}
	return forms
}

// declared is what some files say of the schema: attributes whose ident is among them are declared,
// with what a declaration needs, whatever the time of that; of others a property is set.
func (s *treeSchema) declared(records []record) (forms []edn.Value) {
	said := map[*treeAttr][]record{}
	for _, r := range records {
		if r.entity < 0 {
			said[r.attr.of] = append(said[r.attr.of], r)
		}
	}
	for _, a := range s.attrs {
		now := said[a]
		switch {
		case len(now) == 0:
		case slices.ContainsFunc(now, func(r record) bool { return r.attr.ident == "db/ident" }):
			needed := slices.DeleteFunc(slices.Clone(s.has[a]), func(r record) bool {
				return r.at > a.since && (r.attr.ident == "db/doc" || r.attr.ident == "db/index" || r.attr.ident == "db/noHistory")
			})
			forms = append(forms, s.declaration(a, needed))
		default:
			for _, r := range now {
				forms = append(forms, edn.MakeVector(edn.MakeKeyword("db/add"), edn.MakeKeyword(a.ident), edn.MakeKeyword(r.attr.ident), r.attr.form))
			}
		}
	}
	return forms
}

func (s *treeSchema) declaration(a *treeAttr, properties []record) edn.Value {
	var pairs []edn.Value
	for _, r := range properties {
		pairs = append(pairs, edn.MakeKeyword(r.attr.ident), r.attr.form)
	}
	return edn.MakeMap(pairs...)
}
