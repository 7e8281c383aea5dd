package answer

import (
	"encoding/binary"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// group is the rows that agree in what is not aggregated.
type group struct {
	row
	states []fn.State // one for each aggregate of find and having, in that order
}

// aggregate groups the table and computes the aggregates of each group.
func (b *builder) aggregate() ([]row, error) {
	elements := b.aggregates()
	var groups []*group
	byKey := map[string]*group{}
	var key []byte
	for r := range b.table.Len() {
		if err := b.guard.Step(); err != nil {
			return nil, err
		}
		key = b.key(key[:0], r)
		g, ok := byKey[string(key)]
		if !ok {
			var err error
			if g, err = b.start(elements, r); err != nil {
				return nil, err
			}
			byKey[string(key)] = g
			groups = append(groups, g)
		}
		if err := b.add(g, elements, r); err != nil {
			return nil, err
		}
	}
	return b.results(groups)
}

// aggregates lists the aggregates of find and having.
func (b *builder) aggregates() []lang.Element {
	var out []lang.Element
	for _, e := range b.query.Find {
		if e.Aggregate != nil {
			out = append(out, e)
		}
	}
	for _, h := range b.query.Having {
		for _, a := range h.Args {
			if a.Element != nil && a.Element.Aggregate != nil {
				out = append(out, *a.Element)
			}
		}
	}
	return out
}

// key appends what tells the group of a row.
func (b *builder) key(dst []byte, r int) []byte {
	for _, e := range b.query.Find {
		if e.Aggregate != nil {
			continue
		}
		dst = b.appendTerm(dst, r, e.Var)
		if e.Pattern.Kind == lang.Variable {
			dst = b.appendTerm(dst, r, e.Pattern.Var)
		}
	}
	return dst
}

func (b *builder) appendTerm(dst []byte, r int, v lang.Var) []byte {
	return binary.NativeEndian.AppendUint64(dst, uint64(b.table.Cols[b.column(v)][r]))
}

func (b *builder) start(elements []lang.Element, r int) (*group, error) {
	g := &group{row: row{from: r}}
	for _, e := range elements {
		args := make([]edn.Value, len(e.Args))
		for i, t := range e.Args {
			args[i] = b.argument(t, r)
		}
		s, err := e.Aggregate.Start(args)
		if err != nil {
			return nil, lang.Refuse(lang.BadValue, e.Pos, "%s: %v", e.Text, err)
		}
		g.states = append(g.states, s)
	}
	return g, nil
}

func (b *builder) argument(t lang.Term, r int) edn.Value {
	if t.Kind == lang.Variable {
		return b.table.Value(r, b.column(t.Var))
	}
	return t.Value
}

func (b *builder) add(g *group, elements []lang.Element, r int) error {
	for i, e := range elements {
		for _, t := range e.Args {
			if t.Kind == lang.Variable && fn.Key(b.argument(t, r)) != fn.Key(b.argument(t, g.from)) {
				return lang.Refuse(lang.BadValue, e.Pos, "%s: %s has several values in one group", e.Text, t.Var).Try("add %s to :find", t.Var)
			}
		}
		if err := g.states[i].Add(b.table.Value(r, b.column(e.Var))); err != nil {
			return lang.Refuse(lang.BadValue, e.Pos, "%s: %v", e.Text, err)
		}
	}
	return nil
}

// results makes a row of every group that having lets pass.
func (b *builder) results(groups []*group) ([]row, error) {
	var rows []row
	for _, g := range groups {
		states := g.states
		for _, e := range b.query.Find {
			if e.Aggregate == nil {
				g.values = append(g.values, b.table.Value(g.from, b.column(e.Var)))
				continue
			}
			v, err := result(states[0], e)
			if err != nil {
				return nil, err
			}
			g.values, states = append(g.values, v), states[1:]
		}
		keep, err := b.having(g, states)
		if err != nil {
			return nil, err
		}
		if keep {
			rows = append(rows, g.row)
		}
	}
	return rows, nil
}

func result(s fn.State, e lang.Element) (edn.Value, error) {
	v, err := s.Result()
	if err != nil {
		return v, lang.Refuse(lang.BadValue, e.Pos, "%s: %v", e.Text, err)
	}
	return v, nil
}

// having tells whether all predicates hold; states are those of their aggregates.
func (b *builder) having(g *group, states []fn.State) (bool, error) {
	for _, h := range b.query.Having {
		args := make([]edn.Value, len(h.Args))
		for i, a := range h.Args {
			var err error
			switch {
			case a.Element == nil:
				args[i] = a.Const
			case a.Element.Aggregate == nil:
				args[i] = b.table.Value(g.from, b.column(a.Element.Var))
			default:
				args[i], err = result(states[0], *a.Element)
				states = states[1:]
			}
			if err != nil {
				return false, err
			}
		}
		v, err := h.Call.Fn.Call(b.env, args)
		if err != nil {
			return false, lang.Refuse(lang.BadValue, h.Pos, "%s: %v", h.Call.Text, err)
		}
		if fn.Truthy(v) == h.Call.Negate {
			return false, nil
		}
	}
	return true, nil
}
