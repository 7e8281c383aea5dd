package logic

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// A variable may be bound to something that names an entity rather than to its
// id, and still stand where entities stand: an input that is a lookup ref or an
// ident, or an attribute, which is bound to its keyword. Such a variable is
// found as it was bound. Where it stands for an entity, another variable takes its
// place, and a relation of names and ids is added that translates one to the other.
// So evaluators join values with equal values only, in any order.

// scope is where variables have one meaning: a query, a branch of a rule, the inside of a not-join or or-join.
type scope struct {
	b       *builder
	source  *Source        // what a clause without a source asks, in rules
	odd     []lang.Var     // inputs with values that are no ids
	names   map[place]bool // variables that are translated
	enums   []lang.Var     // variables that are bound to the idents of types, cardinalities and the like
	outer   *scope         // of a not-join or or-join
	join    []lang.Var     // shared with outer
	relates bool           // whether the relations are added here: not in the body of a plain not or or

	attributes []place // variables that stand for attributes
}

// place is a variable that stands for entities of a source.
type place struct {
	v lang.Var
	s *Source
}

// top is the scope of the query itself.
func (b *builder) top() *scope {
	sc := &scope{b: b, relates: true}
	for _, in := range b.program.Inputs {
		for i, v := range in.Vars {
			if slices.ContainsFunc(in.Rows, func(row []edn.Value) bool { return row[i].Kind() != edn.Int }) {
				sc.odd = append(sc.odd, v)
			}
		}
	}
	sc.find(b.program.Query.Where)
	return sc
}

// checkInputs refuses keywords that are given for attributes and are none.
func (sc *scope) checkInputs() error {
	for _, in := range sc.b.program.Inputs {
		for _, p := range sc.attributes {
			i := slices.Index(in.Vars, p.v)
			for _, row := range in.Rows {
				if i < 0 || row[i].Kind() != edn.Keyword {
					continue
				}
				if err := sc.b.knownAttribute(p.s, row[i].At(in.Pos)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// nested is the scope of the body of a plain not or or: the same, but what is added stays outside.
func (sc *scope) nested() *scope {
	inner := *sc
	inner.relates = false
	return &inner
}

// private is the scope inside of a not-join or or-join.
func (sc *scope) private(join []lang.Var) *scope {
	return &scope{b: sc.b, source: sc.source, outer: sc, join: join}
}

// find decides which variables of the clauses are translated.
func (sc *scope) find(body []lang.Clause) {
	sc.relates = true
	sc.names = map[place]bool{}
	uses := uses{scope: sc}
	uses.walk(body, nil)
	sc.enums, sc.attributes = uses.enums, uses.attributes
	for _, p := range uses.entities {
		if slices.Contains(sc.join, p.v) {
			continue
		}
		isAttribute := slices.ContainsFunc(uses.attributes, func(a place) bool { return a.v == p.v })
		if slices.Contains(sc.odd, p.v) || isAttribute {
			sc.names[p] = true
		}
	}
}

// translate is the variable that stands for the entity which v names.
func (sc *scope) translate(v lang.Var, s *Source) lang.Var {
	if sc.outer != nil && slices.Contains(sc.join, v) {
		return sc.outer.translate(v, s)
	}
	if sc.names[place{v, s}] {
		return v + "@" + lang.Var(s.Name)
	}
	return v
}

// foreign lists those of vars that are translated by a scope around this one, and bound there.
func (sc *scope) foreign(vars []lang.Var) []lang.Var {
	var out []lang.Var
	for _, v := range vars {
		name, source, ok := strings.Cut(string(v), "@")
		if ok && !(sc.relates && sc.owns(lang.Var(name), source)) {
			out = append(out, v)
		}
	}
	return out
}

func (sc *scope) owns(v lang.Var, source string) bool {
	for p := range sc.names {
		if p.v == v && p.s.Name == source {
			return true
		}
	}
	return false
}

// translations are the relations of names and ids.
func (sc *scope) translations() []Clause {
	if !sc.relates {
		return nil
	}
	var out []Clause
	for _, p := range sortedPlaces(sc.names) {
		c := &Function{Call: Call{Text: "(ground entities)", Fn: ground, Args: []lang.Term{{Kind: lang.Constant}}, Sources: make([]*Source, 1)}}
		pair := lang.Binding{Kind: lang.BindTuple, Items: []lang.Binding{{Kind: lang.BindVar, Var: p.v}, {Kind: lang.BindVar, Var: sc.translate(p.v, p.s)}}}
		c.Out = lang.Binding{Kind: lang.BindCollection, Items: []lang.Binding{pair}}
		sc.b.resolve = append(sc.b.resolve, func() (err error) {
			c.Call.Args[0].Value, err = sc.relation(p)
			return err
		})
		out = append(out, c)
	}
	return out
}

var ground, _ = fn.Find("ground")

func sortedPlaces(names map[place]bool) []place {
	var out []place
	for p := range names {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b place) int { return cmp.Or(cmp.Compare(a.v, b.v), cmp.Compare(a.s.Name, b.s.Name)) })
	return out
}

// relation lists names and ids: of the values of an input, or of all attributes.
func (sc *scope) relation(p place) (edn.Value, error) {
	if !slices.Contains(sc.odd, p.v) {
		return attributeIDs(p.s), nil
	}
	var pairs []edn.Value
	for _, in := range sc.b.program.Inputs {
		i := slices.Index(in.Vars, p.v)
		for _, row := range in.Rows {
			if i < 0 {
				break
			}
			id, err := sc.entity(p.s, row[i].At(in.Pos))
			if err != nil {
				return edn.Value{}, err
			}
			pairs = append(pairs, edn.MakeVector(row[i], id))
		}
	}
	return edn.MakeVector(pairs...), nil
}

// entity is the id that an input names; what is no name of an entity stays as it is and matches none.
func (sc *scope) entity(s *Source, form edn.Value) (edn.Value, error) {
	switch form.Kind() {
	case edn.Keyword, edn.Vector, edn.List:
		id, err := s.mustEntity(sc.b.ctx, form)
		return edn.MakeInt(int64(id)), err
	}
	return form, nil
}

func attributeIDs(s *Source) edn.Value {
	var pairs []edn.Value
	add := func(a *engine.Attribute) {
		pairs = append(pairs, edn.MakeVector(edn.MakeKeyword(a.Ident), edn.MakeInt(int64(a.ID))))
	}
	for a := range s.Input.DB.Schema().Attributes() {
		add(a)
	}
	for a := range s.Input.DB.Schema().System() {
		add(a)
	}
	return edn.MakeVector(pairs...)
}
