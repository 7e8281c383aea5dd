package main

import (
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// entityLog prints the changes of an entity, newest first.
func (a *app) entityLog(ctx context.Context, p place, entity string, most int) error {
	db, s, id, err := openEntity(ctx, p, entity)
	if err != nil {
		return err
	}
	defer s.Close()
	all, err := engine.EntityLog(ctx, db, id)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return missing(entity)
	}
	slices.Reverse(all)
	if most > 0 && most < len(all) {
		all = all[:most]
	}
	t := newTable("t", "time", "op", "attribute", "value", "author", "commit", "message")
	for _, d := range all {
		c, err := db.CommitOf(ctx, d.T)
		if err != nil {
			return err
		}
		t.add(number(d.T), instant(c.At), text(op(d)), edn.MakeKeyword(identOf(db, d.A)), engine.ToEDN(d.V), text(c.By), commitForm(c), text(c.Msg))
	}
	return a.write(t.result())
}
