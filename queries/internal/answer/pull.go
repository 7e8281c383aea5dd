package answer

import (
	"errors"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
	"github.com/dhfs/dhfs/queries/internal/pull"
)

// pulls tells whether anything is pulled.
func (b *builder) pulls() bool {
	for _, e := range b.query.Find {
		if e.Pull {
			return true
		}
	}
	return false
}

// pull puts what is pulled in the place of the entities, and the rows where their numbers say.
func (b *builder) pull(r *Rows) error {
	if !b.pulls() {
		return nil
	}
	hidden := r.cols[r.width:]
	cols := make([]Column, r.width)
	for i, e := range b.query.Find {
		if !e.Pull {
			cols[i] = r.arranged(&r.cols[i])
			continue
		}
		patterns := (*Column)(nil)
		if e.Tree == nil {
			patterns, hidden = &hidden[0], hidden[1:]
		}
		if err := b.pullColumn(r, e, &r.cols[i], patterns, &cols[i]); err != nil {
			return err
		}
	}
	r.n, r.offset, r.limit, r.places = r.Len(), 0, -1, nil
	r.cols = cols
	return nil
}

// pullColumn pulls for each row of the result.
func (b *builder) pullColumn(r *Rows, e lang.Element, entities, patterns, out *Column) error {
	s := b.program.Sources[e.Source]
	puller := pull.New(s, b.guard)
	out.Values = make([]edn.Value, r.Len())
	for i := range out.Values {
		place := r.Place(i)
		tree, err := e.Tree, error(nil)
		if patterns != nil {
			tree, err = pattern(s, e, r.at(patterns, place))
		}
		if err != nil {
			return err
		}
		if out.Values[i], err = puller.Pull(b.ctx, tree, r.at(entities, place)); err != nil {
			return err
		}
	}
	return nil
}

// pattern reads a pattern that is the value of a variable.
func pattern(s *logic.Source, e lang.Element, form edn.Value) (*lang.PullPattern, error) {
	tree, err := lang.ParsePull(form)
	if err == nil {
		err = logic.CheckPull(s, tree)
	}
	var refused *lang.Error
	if errors.As(err, &refused) {
		refused.Pos = e.Pos // the value has its place in another text, if any
	}
	return tree, err
}
