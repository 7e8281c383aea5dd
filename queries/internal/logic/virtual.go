package logic

import (
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// Datomic keeps as datoms what is built into our databases: which attributes are
// installed, and the idents of types and cardinalities. Queries that ask for those
// are answered from the schema.

// installed is Datomic's attribute of the system's partition that lists all attributes.
const installed = "db.install/attribute"

// enumerations are attributes whose values are keywords here and entities with that ident in Datomic.
var enumerations = []string{"db/valueType", "db/cardinality", "db/unique", "db/tupleType"}

// virtual translates a pattern that no datom matches; ok is false for all others.
func (b *builder) virtual(c *lang.Pattern, s *Source, sc *scope) (out Clause, ok bool) {
	if !s.Input.IsDB || len(c.Terms) < 3 || c.Terms[PlaceA].Kind != lang.Constant {
		return nil, false
	}
	for _, t := range c.Terms[PlaceT:] {
		if t.Kind != lang.Blank {
			return nil, false
		}
	}
	e, v := c.Terms[PlaceE], c.Terms[PlaceV]
	attr := c.Terms[PlaceA].Value
	if _, known := s.Input.DB.Schema().ByIdent(attr.Text()); attr.Is(":"+installed) && !known && bindable(e) && bindable(v) {
		return b.installed(c, s, sc), true
	}
	if attr.Is(":db/ident") && e.Kind == lang.Variable && slices.Contains(sc.enums, e.Var) && bindable(v) {
		return &Function{Pos: c.Pos, Out: binding(v), Call: Call{
			Pos: c.Pos, Text: "(identity " + string(e.Var) + ")", Fn: identity, Args: []lang.Term{e}, Sources: make([]*Source, 1),
		}}, true
	}
	return nil, false
}

var identity, _ = fn.Find("identity")

func bindable(t lang.Term) bool { return t.Kind == lang.Variable || t.Kind == lang.Blank }

func binding(t lang.Term) lang.Binding {
	if t.Kind == lang.Variable {
		return lang.Binding{Kind: lang.BindVar, Var: t.Var, Text: string(t.Var)}
	}
	return lang.Binding{Text: "_"}
}

// installed is a relation of the partition and the user's attributes.
func (b *builder) installed(c *lang.Pattern, s *Source, sc *scope) Clause {
	e, v := c.Terms[PlaceE], c.Terms[PlaceV]
	if v.Kind == lang.Variable {
		v.Var = sc.translate(v.Var, s)
	}
	f := &Function{Pos: c.Pos, Call: Call{Pos: c.Pos, Text: "(ground attributes)", Fn: ground, Args: []lang.Term{{Kind: lang.Constant}}, Sources: make([]*Source, 1)}}
	pair := lang.Binding{Kind: lang.BindTuple, Items: []lang.Binding{binding(e), binding(v)}}
	f.Out = lang.Binding{Kind: lang.BindCollection, Items: []lang.Binding{pair}, Text: ":" + installed}
	b.resolve = append(b.resolve, func() error {
		part, _, err := s.Entity(b.ctx, edn.MakeKeyword("db.part/db"))
		var pairs []edn.Value
		for a := range s.Input.DB.Schema().Attributes() {
			pairs = append(pairs, edn.MakeVector(edn.MakeInt(int64(part)), edn.MakeInt(int64(a.ID))))
		}
		f.Call.Args[0].Value = edn.MakeVector(pairs...)
		return err
	})
	return f
}

// enum finds the variables that are bound to keywords which are entities in Datomic.
func (u *uses) enum(c *lang.Pattern) {
	if len(c.Terms) <= PlaceV || c.Terms[PlaceV].Kind != lang.Variable || c.Terms[PlaceA].Kind != lang.Constant {
		return
	}
	if slices.Contains(enumerations, c.Terms[PlaceA].Value.Text()) {
		u.enums = lang.AppendVar(u.enums, c.Terms[PlaceV].Var)
	}
}
