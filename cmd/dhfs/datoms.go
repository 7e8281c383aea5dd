package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/spf13/cobra"
)

func (a *app) datomsCommand() *cobra.Command {
	var history bool
	cmd := &cobra.Command{
		Use:   "datoms DB INDEX [COMPONENT...]",
		Short: "list datoms in the order of an index: eavt, aevt or avet",
		Example: `  dhfs datoms shop eavt customer/ALFKI
  dhfs datoms shop avet :customer/city '"Berlin"'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(rest) == 0 {
				return usageError{"which index: eavt, aevt or avet?"}
			}
			return a.datoms(cmd.Context(), p, rest[0], rest[1:], history)
		},
	}
	cmd.Flags().BoolVar(&history, "history", false, "what was retracted or replaced too")
	return cmd
}

func (a *app) datoms(ctx context.Context, p place, index string, components []string, history bool) error {
	order, ok := map[string]engine.Index{"eavt": engine.EAVT, "aevt": engine.AEVT, "avet": engine.AVET}[strings.ToLower(index)]
	if !ok {
		return usageError{fmt.Sprintf("index %s: want eavt, aevt or avet", index)}
	}
	db, s, err := openValue(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	if history {
		db = db.History()
	}
	pattern, err := componentsPattern(ctx, db, strings.ToLower(index), components)
	if err != nil {
		return err
	}
	out, err := a.stream("e", "a", "v", "t", "added")
	if err != nil {
		return err
	}
	for d, err := range db.Datoms(ctx, order, pattern) {
		if err != nil {
			return err
		}
		if err := out.Add(datomForm(db, d).Items()...); err != nil {
			return err
		}
	}
	return out.Close()
}

// componentsPattern reads the leading components of an index, in the order that its name spells.
func componentsPattern(ctx context.Context, db engine.DB, index string, components []string) (engine.Pattern, error) {
	var p engine.Pattern
	if len(components) > 3 {
		return p, usageError{fmt.Sprintf("%s has three components that can be given", index)}
	}
	var attr *engine.Attribute
	for i, c := range components {
		switch index[i] {
		case 'e':
			id, err := findEntity(ctx, db, c)
			if err != nil {
				return p, err
			}
			p.E = engine.Some(id)
		case 'a':
			found, ok := db.Schema().ByIdent(strings.TrimPrefix(c, ":"))
			if !ok {
				return p, unknownAttribute(db, strings.TrimPrefix(c, ":"))
			}
			attr = found
			p.A = engine.Some(attr.ID)
		case 'v':
			v, err := component(ctx, db, attr, c)
			if err != nil {
				return p, err
			}
			p.V = engine.Some(v)
		}
	}
	return p, nil
}

// component reads a value given as EDN; text that is not EDN is a string.
func component(ctx context.Context, db engine.DB, attr *engine.Attribute, s string) (engine.Value, error) {
	if attr.Type == engine.RefKind {
		id, err := findEntity(ctx, db, s)
		return engine.Ref(id), err
	}
	form, err := edn.Parse(s)
	if err != nil || (attr.Type == engine.StringKind && form.Kind() != edn.String) {
		form = text(s)
	}
	return db.Schema().FromEDN(attr, form)
}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema DB",
		Short: "list the attributes",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, _, err := a.takePlace(args)
			if err != nil {
				return err
			}
			return a.schema(cmd.Context(), p)
		},
	}
}

func (a *app) schema(ctx context.Context, p place) error {
	db, s, err := openRead(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	t := newTable("attribute", "type", "cardinality", "unique", "count", "doc")
	for attr := range db.Schema().Attributes() {
		n, _, err := db.Count(ctx, engine.Pattern{A: engine.Some(attr.ID)})
		if err != nil {
			return err
		}
		t.add(edn.MakeKeyword(attr.Ident), text(attr.Type.String()), text(cardinality(attr)), text(uniqueName(attr.Unique)), number(n), text(attr.Doc))
	}
	slices.SortStableFunc(t.rows, func(x, y []edn.Value) int { return strings.Compare(x[0].Text(), y[0].Text()) })
	return a.write(t.result())
}

func cardinality(attr *engine.Attribute) string {
	if attr.Many {
		return "many"
	}
	return "one"
}

// uniqueName is the name below :db.unique, "" for an attribute that is not unique.
func uniqueName(u engine.Unique) string {
	switch u {
	case engine.UniqueIdentity:
		return "identity"
	case engine.UniqueValue:
		return "value"
	}
	return ""
}
