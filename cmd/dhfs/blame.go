package main

import (
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/spf13/cobra"
)

func (a *app) blameCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "blame DB ENTITY [ATTR...]",
		Short: "who said what an entity has, when and why",
		Long:  "Who said each value that an entity has now, when and why. What came by a merge is told of the commit that said it on the other branch.",
		Example: `  dhfs blame shop customer/ALFKI
  dhfs blame shop@2026-09-30 customer/ALFKI city`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(rest) == 0 {
				return usageError{"want DB ENTITY"}
			}
			return a.blame(cmd.Context(), p, rest[0], rest[1:])
		},
	}
}

func (a *app) blame(ctx context.Context, p place, entity string, attributes []string) error {
	db, s, id, err := openEntity(ctx, p, entity)
	if err != nil {
		return err
	}
	defer s.Close()
	e := target{db: db, name: entity}
	if err := e.setKind(ctx, id); err != nil {
		return err
	}
	var only []engine.ID
	for _, name := range attributes {
		attr, err := e.attribute(name)
		if err != nil {
			return err
		}
		only = append(only, attr.ID)
	}
	all, err := engine.Blame(ctx, db, id)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return missing(entity)
	}
	t := newTable("attribute", "value", "t", "time", "author", "commit", "message")
	for _, b := range all {
		if len(only) == 0 || slices.Contains(only, b.A) {
			t.add(edn.MakeKeyword(identOf(db, b.A)), engine.ToEDN(b.V), number(b.Commit.T), instant(b.Commit.At), text(b.Commit.By), commitForm(b.Commit), text(b.Commit.Msg))
		}
	}
	return a.write(t.result())
}

// commitForm is the id of a commit, empty where that is gone.
func commitForm(c engine.Commit) edn.Value {
	if !c.ID.Defined() {
		return text("")
	}
	return text(c.ID.String())
}
