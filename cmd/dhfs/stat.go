package main

import (
	"context"
	"errors"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/spf13/cobra"
)

func (a *app) statCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stat DB",
		Short: "what is in a database: commit, counts, size",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, _, err := a.takePlace(args)
			if err != nil {
				return err
			}
			return a.stat(cmd.Context(), p)
		},
	}
}

func (a *app) stat(ctx context.Context, p place) error {
	db, s, err := openRead(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	t := newTable("what", "value")
	t.add(text("commit"), text(db.Commit().String()))
	t.add(text("root"), text(db.Root().String()))
	t.add(text("t"), number(db.T()))
	t.add(text("time"), instant(db.At()))
	if in, ok := s.(inPlace); ok && db.IsForeign() {
		return a.statInPlace(ctx, t, in, db)
	}
	for _, count := range []struct {
		what string
		db   engine.DB
	}{{"datoms", db}, {"datoms with history", db.History()}} {
		n, _, err := count.db.Count(ctx, engine.Pattern{})
		if err != nil {
			return err
		}
		t.add(text(count.what), number(n))
	}
	if err := addKinds(ctx, t, db); err != nil {
		return err
	}
	if err := addSizes(ctx, t, s); err != nil {
		return err
	}
	return a.write(t.result())
}

func addKinds(ctx context.Context, t *table, db engine.DB) error {
	kinds, err := db.Kinds(ctx)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		t.add(text("entities of kind "+k.Kind), number(k.Count))
	}
	return nil
}

// addSizes tells what the store holds, all databases and commits in it together.
func addSizes(ctx context.Context, t *table, s store) error {
	m, ok := cas.As[measured](s)
	if !ok {
		return nil
	}
	st, err := m.Totals(ctx)
	if errors.Is(err, cas.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	t.add(text("blocks"), number(st.Blocks))
	t.add(text("bytes"), number(st.Raw))
	t.add(text("bytes on disk"), number(st.Disk))
	return nil
}
