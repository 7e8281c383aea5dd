package logic

import (
	"context"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// resolveTuple puts ids in place of the idents and lookup refs that stand for references in the value of a
// tuple attribute; ok is false when one of them names nothing.
func (s *Source) resolveTuple(ctx context.Context, a *engine.Attribute, form edn.Value) (resolved edn.Value, ok bool, err error) {
	var items []edn.Value
	for i, item := range form.Items() {
		if kind, _ := s.Input.DB.Schema().Part(a, i); kind == engine.RefKind && !item.IsNil() {
			id, ok, err := s.Entity(ctx, item)
			if err != nil || !ok {
				return form, false, err
			}
			item = edn.MakeInt(int64(id))
		}
		items = append(items, item)
	}
	return edn.MakeVector(items...), true, nil
}
