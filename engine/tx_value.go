package engine

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dhfs/dhfs/engine/edn"
)

// attr reads an attribute that is about to be used. With schema on read an unknown one is installed.
func (x *tx) attr(f edn.Value) (*Attribute, error) {
	a, err := x.known(f)
	switch {
	case err != nil:
		return nil, err
	case a == nil:
		return x.install(f)
	case a.ID == attrFn || a.ID == attrID || a.ID == attrEnsure:
		return nil, refuse(codeSyntax, f.Pos(), "", "%s cannot be stored", brief(f))
	}
	return a, nil
}

// known reads an attribute. With schema on read it is nil when there is none of that name.
func (x *tx) known(f edn.Value) (*Attribute, error) {
	switch f.Kind() {
	case edn.Keyword:
		if a, ok := x.schema.ByIdent(f.Text()); ok {
			return a, nil
		}
		if !x.schema.OnRead() || reserved(f.Text()) {
			return nil, x.unknownAttribute(f)
		}
		return nil, nil
	case edn.Int:
		if a, ok := x.schema.ByID(ID(f.Int())); ok {
			return a, nil
		}
		return nil, refuse(codeAttribute, f.Pos(), "write its ident, a keyword", "there is no attribute with id %d", f.Int())
	}
	return nil, refuse(codeSyntax, f.Pos(), "attributes are keywords: :person/name", "%s is no attribute", brief(f))
}

func (x *tx) unknownAttribute(f edn.Value) error {
	hint := didYouMean(x.schema.Nearest(f.Text()))
	if hint == "" {
		hint = "declare it first: {:db/ident " + brief(f) + " :db/valueType :db.type/string :db/cardinality :db.cardinality/one}"
	}
	return refuse(codeAttribute, f.Pos(), hint, "unknown attribute %s", brief(f))
}

// install makes an attribute at its first use: any kind of value, cardinality one.
func (x *tx) install(f edn.Value) (*Attribute, error) {
	d := Datom{E: x.schema.nextAttr(), A: attrIdent, V: Keyword(f.Text()), T: x.t, Added: true}
	schema, err := x.schema.apply([]Datom{d})
	if err != nil {
		return nil, refuse(codeSchema, f.Pos(), "", "%s", err)
	}
	x.schema = schema
	a, _ := schema.ByID(d.E)
	x.do(act{e: ent(d.E), a: systemByIdent["db/ident"], v: d.V, pos: f.Pos()})
	return a, nil
}

// value reads a value of attribute a.
func (x *tx) value(a *Attribute, f edn.Value) (v Value, err error) {
	switch {
	case f.IsNil():
		return v, nilValue(edn.MakeKeyword(a.Ident), f)
	case a.Type == RefKind:
		return x.ref(a, f)
	case a.Type == LongKind && f.Kind() == edn.Int:
		return Long(f.Int()), nil
	case a.Type == StringKind && f.Kind() == edn.String:
		v = String(f.Text())
	case a.Type == TupleKind:
		v, err = x.tuple(a, f)
	default:
		v, err = scalar(a, f)
	}
	if err == nil {
		err = x.fits(a, v, f)
	}
	return v, err
}

func nilValue(key, f edn.Value) error {
	return refuse(codeNil, f.Pos(), "leave the attribute out, or retract it", "nil cannot be the value of %s", brief(key))
}

// ref reads the value of a reference.
func (x *tx) ref(a *Attribute, f edn.Value) (Value, error) {
	switch f.Kind() {
	case edn.Int, edn.String, edn.Keyword, edn.Vector, edn.List, edn.Tagged, edn.BigInt:
	default:
		return Value{}, wrongType(a, f, "a reference is an id, a tempid, an ident or a lookup ref")
	}
	e, err := x.entity(f)
	if n, ok := e.node(); ok && err == nil {
		x.nodes.want(n)
	}
	return refTo(e), err
}

// scalar reads a value that needs nothing but its form.
func scalar(a *Attribute, f edn.Value) (Value, error) {
	switch f.Kind() {
	case edn.Set, edn.Map:
		return Value{}, wrongType(a, f, "several values need :db.cardinality/many")
	case edn.Vector, edn.List:
		if a.Type != NilKind {
			return Value{}, wrongType(a, f, "several values need :db.cardinality/many and a map")
		}
	}
	v, err := FromEDN(a.Type, f)
	if err != nil {
		what, hint, _ := strings.Cut(err.Error(), "; ")
		return v, refuse(codeValue, f.Pos(), hint, ":%s: %s", a.Ident, what)
	}
	return v, nil
}

func wrongType(a *Attribute, f edn.Value, hint string) error {
	return refuse(codeValue, f.Pos(), hint, ":%s: %s is not of type %s", a.Ident, brief(f), anyName(a.Type))
}

// anyName is how an attribute's type is called in messages.
func anyName(k Kind) string {
	if k == NilKind {
		return "any"
	}
	return k.String()
}

// fits checks what the attribute asks of its values beyond their type.
func (x *tx) fits(a *Attribute, v Value, f edn.Value) error {
	switch {
	case a.isLong(v):
		return refuse(codeValue, f.Pos(), "", ":%s: %s has more than the %d characters that :db/maxLength allows", a.Ident, brief(f), a.MaxLength)
	case a.Unique != NotUnique && len(v.str) > maxInline && v.kind != TupleKind:
		return refuse(codeValue, f.Pos(), "", ":%s is unique: a value of %d bytes is longer than the %d that are allowed", a.Ident, len(v.str), maxInline)
	case a.Unique != NotUnique && v.kind == BytesKind:
		return refuse(codeValue, f.Pos(), "use a string or a uuid", ":%s is unique and cannot hold bytes", a.Ident)
	}
	return checkEnum(a, v, f)
}

// isLong tells whether a text has more characters than the attribute allows.
func (a *Attribute) isLong(v Value) bool {
	if a.MaxLength == 0 || len(v.str) <= a.MaxLength || v.kind != StringKind && v.kind != URIKind {
		return false
	}
	return utf8.RuneCountInString(v.str) > a.MaxLength
}

// checkEnum verifies the values of system attributes that are one of a few keywords.
func checkEnum(a *Attribute, v Value, f edn.Value) error {
	words := enumOf(a.ID)
	if words == nil {
		return nil
	}
	if slices.Contains(words, v.Text()) {
		return nil
	}
	hint := didYouMean(nearestOf(v.Text(), words))
	if hint == "" {
		hint = "one of " + strings.Join(keywords(words), " ")
	}
	return refuse(codeSchema, f.Pos(), hint, "%s is no :%s", brief(f), a.Ident)
}
