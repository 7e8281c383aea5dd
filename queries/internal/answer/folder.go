package answer

import (
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// folder folds a column value by value, with a state for each group.
type folder struct {
	*builder
	element lang.Element
	groups  *groups
	col     []engine.Term
	states  []fn.State
}

func (b *builder) newFolder(e lang.Element, g *groups) (*folder, error) {
	f := &folder{builder: b, element: e, groups: g, col: b.terms(e.Var), states: make([]fn.State, len(g.first))}
	for i, row := range g.first {
		args := make([]edn.Value, len(e.Args))
		for j, t := range e.Args {
			args[j] = b.argument(t, row)
		}
		s, err := e.Aggregate.Start(args)
		if err != nil {
			return nil, f.refuse(err)
		}
		f.states[i] = s
	}
	return f, nil
}

func (f *folder) refuse(err error) error {
	return lang.Refuse(lang.BadValue, f.element.Pos, "%s: %v", f.element.Text, err)
}

func (f *folder) add(row int) error {
	if err := f.guard.Step(); err != nil {
		return err
	}
	if err := f.states[f.groups.in(row)].Add(f.table.Dict.Value(f.col[row])); err != nil {
		return f.refuse(err)
	}
	return nil
}

func (f *folder) addEach(rows []int32) error {
	for _, row := range rows {
		if err := f.add(int(row)); err != nil {
			return err
		}
	}
	return nil
}

func (f *folder) results() (Column, error) {
	c := Column{Values: make([]edn.Value, len(f.states))}
	for i, s := range f.states {
		if err := f.guard.Step(); err != nil {
			return Column{}, err
		}
		v, err := s.Result()
		if err != nil {
			return Column{}, f.refuse(err)
		}
		c.Values[i] = v
	}
	return c, nil
}
