package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/spf13/cobra"
)

func missing(entity string) error {
	return hinted{fmt.Errorf("entity %s: %w", entity, cas.ErrNotFound), "dhfs find DB head/entities lists the entities"}
}

func unknownAttribute(db engine.DB, ident string) error {
	err := usageError{fmt.Sprintf("there is no attribute :%s", ident)}
	if near := db.Schema().Nearest(ident); near != "" {
		return hinted{err, "did you mean :" + near + "?"}
	}
	return hinted{err, "dhfs schema DB lists the attributes"}
}

func (a *app) setCommand() *cobra.Command {
	var c committing
	cmd := &cobra.Command{
		Use:     "set DB ENTITY ATTR=VALUE...",
		Short:   "set attributes of one entity",
		Long:    "Set attributes of one entity. A key that does not exist yet (kind/key) makes a new entity.\nOn an attribute of cardinality many the value is added to those there are.",
		Example: `  dhfs set shop customer/ALFKI city=Potsdam`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(rest) < 2 {
				return usageError{"want DB ENTITY ATTR=VALUE"}
			}
			return a.edit(cmd.Context(), p, rest[0], c, func(e target) ([]edn.Value, error) { return setForms(cmd.Context(), e, rest[1:]) })
		},
	}
	c.flags(cmd)
	return cmd
}

func (a *app) rmCommand() *cobra.Command {
	var c committing
	cmd := &cobra.Command{
		Use:     "rm DB ENTITY [ATTR...]",
		Short:   "retract an entity, or all values of some attributes of it",
		Example: `  dhfs rm shop customer/ALFKI fax`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(rest) == 0 {
				return usageError{"want DB ENTITY"}
			}
			return a.edit(cmd.Context(), p, rest[0], c, func(e target) ([]edn.Value, error) { return removeForms(e, rest[1:]) })
		},
	}
	c.flags(cmd)
	return cmd
}

// target is an entity to be edited, by id or by the unique value that will make it.
type target struct {
	db   engine.DB
	name string
	kind string
	id   edn.Value // of an existing entity, else nil
	key  []edn.Value
}

// edit finds the entity, makes tx data for it and runs it.
func (a *app) edit(ctx context.Context, p place, entity string, c committing, forms func(target) ([]edn.Value, error)) error {
	db, s, err := openDB(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	t, err := findTarget(ctx, db, entity)
	if err != nil {
		return err
	}
	tx, err := forms(t)
	if err != nil {
		return err
	}
	return a.transact(ctx, p, tx, c)
}

func findTarget(ctx context.Context, db engine.DB, entity string) (target, error) {
	kind, key, _ := strings.Cut(entity, "/")
	t := target{db: db, name: entity, kind: kind}
	id, err := findEntity(ctx, db, entity)
	if err == nil {
		if err := mustExist(ctx, db, id); err != nil {
			return t, err
		}
		t.id = number(id)
		return t, t.setKind(ctx, id)
	}
	attr, ok := keyAttribute(db, kind)
	if !ok || key == "" {
		return t, err
	}
	v, perr := parseValue(ctx, db, attr, key)
	if perr != nil {
		return t, perr
	}
	t.key = []edn.Value{edn.MakeKeyword(attr.Ident), v}
	return t, nil
}

// mustExist refuses an id that nothing is known of.
func mustExist(ctx context.Context, db engine.DB, id engine.ID) error {
	for _, err := range db.Match(ctx, engine.Pattern{E: engine.Some(id)}) {
		return err
	}
	return missing(fmt.Sprint(uint64(id)))
}

func (t *target) setKind(ctx context.Context, id engine.ID) error {
	home, _, err := t.db.HomeOf(ctx, id)
	t.kind = home.Kind
	return err
}

// keyAttribute is the attribute that identifies entities of a kind: the identity of lowest id in its namespace.
func keyAttribute(db engine.DB, kind string) (*engine.Attribute, bool) {
	for attr := range db.Schema().Attributes() {
		ns, _, _ := strings.Cut(attr.Ident, "/")
		if attr.Unique == engine.UniqueIdentity && ns == kind {
			return attr, true
		}
	}
	return nil, false
}

// attribute finds ATTR as people write it: a name in the entity's own namespace, or ns/name.
func (t *target) attribute(name string) (*engine.Attribute, error) {
	name = strings.TrimPrefix(name, ":")
	if !strings.Contains(name, "/") {
		if attr, ok := t.db.Schema().ByIdent(t.kind + "/" + name); ok {
			return attr, nil
		}
	}
	if attr, ok := t.db.Schema().ByIdent(name); ok {
		return attr, nil
	}
	if !strings.Contains(name, "/") {
		name = t.kind + "/" + name
	}
	return nil, unknownAttribute(t.db, name)
}

func setForms(ctx context.Context, t target, assignments []string) ([]edn.Value, error) {
	pairs := append([]edn.Value(nil), t.key...)
	if !t.id.IsNil() {
		pairs = append(pairs, edn.MakeKeyword("db/id"), t.id)
	}
	for _, assignment := range assignments {
		name, value, ok := strings.Cut(assignment, "=")
		if !ok {
			return nil, usageError{fmt.Sprintf("%s: want ATTR=VALUE", assignment)}
		}
		attr, err := t.attribute(name)
		if err != nil {
			return nil, err
		}
		v, err := parseValue(ctx, t.db, attr, value)
		if err != nil {
			return nil, fmt.Errorf(":%s: %w", attr.Ident, err)
		}
		pairs = append(pairs, edn.MakeKeyword(attr.Ident), v)
	}
	return []edn.Value{edn.MakeMap(pairs...)}, nil
}

func removeForms(t target, attributes []string) ([]edn.Value, error) {
	if t.id.IsNil() {
		return nil, missing(t.name)
	}
	if len(attributes) == 0 {
		return []edn.Value{edn.MakeVector(edn.MakeKeyword("db/retractEntity"), t.id)}, nil
	}
	var forms []edn.Value
	for _, name := range attributes {
		attr, err := t.attribute(name)
		if err != nil {
			return nil, err
		}
		forms = append(forms, edn.MakeVector(edn.MakeKeyword("db/retract"), t.id, edn.MakeKeyword(attr.Ident)))
	}
	return forms, nil
}

// parseValue reads a value as people type it: text as it is, everything else by the attribute's type.
func parseValue(ctx context.Context, db engine.DB, attr *engine.Attribute, s string) (edn.Value, error) {
	switch attr.Type {
	case engine.StringKind, engine.URIKind:
		return text(s), nil
	case engine.KeywordKind:
		return edn.MakeKeyword(strings.TrimPrefix(s, ":")), nil
	case engine.RefKind:
		id, err := findEntity(ctx, db, s)
		return number(id), err
	case engine.InstantKind:
		return parseInstant(s)
	case engine.DoubleKind, engine.FloatKind:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return edn.Value{}, usageError{fmt.Sprintf("%q is no number", s)}
		}
		return edn.MakeFloat(f), nil
	}
	return edn.Parse(s)
}

func parseInstant(s string) (edn.Value, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return instant(t), nil
		}
	}
	return edn.Value{}, hinted{usageError{fmt.Sprintf("%q is no instant", s)}, "2026-11-22 or 2026-11-22T12:00:00Z"}
}
