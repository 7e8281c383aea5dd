package answer

import (
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// having lists the groups for which all predicates hold; nil: all, there is no predicate.
func (t *grouped) having() ([]int32, error) {
	if len(t.query.Having) == 0 {
		return nil, nil
	}
	args := t.arguments()
	kept := []int32{}
	for g := range t.groups.first {
		if err := t.guard.Step(); err != nil {
			return nil, err
		}
		ok, err := t.holds(args, int32(g))
		if err != nil {
			return nil, err
		}
		if ok {
			kept = append(kept, int32(g))
		}
	}
	return kept, nil
}

// arguments finds the columns of the arguments of each predicate; nil for constants.
func (t *grouped) arguments() [][]*Column {
	var folded int // where the next aggregate of having is
	for _, e := range t.query.Find {
		if e.Aggregate != nil {
			folded++
		}
	}
	args := make([][]*Column, len(t.query.Having))
	for i, h := range t.query.Having {
		for _, a := range h.Args {
			var c *Column
			switch {
			case a.Element == nil:
			case a.Element.Aggregate == nil:
				c = t.column(a.Element.Var)
			default:
				c = &t.folded[folded]
				folded++
			}
			args[i] = append(args[i], c)
		}
	}
	return args
}

func (t *grouped) holds(cols [][]*Column, g int32) (bool, error) {
	for i, h := range t.query.Having {
		args := make([]edn.Value, len(h.Args)) // functions may keep it
		for j, c := range cols[i] {
			switch {
			case c == nil:
				args[j] = h.Args[j].Const
			case c.Terms != nil:
				args[j] = t.table.Dict.Value(c.Terms[g])
			default:
				args[j] = c.Values[g]
			}
		}
		v, err := h.Call.Fn.Call(t.env, args)
		if err != nil {
			return false, lang.Refuse(lang.BadValue, h.Pos, "%s: %v", h.Call.Text, err)
		}
		if fn.Truthy(v) == h.Call.Negate {
			return false, nil
		}
	}
	return true, nil
}
