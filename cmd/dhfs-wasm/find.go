//go:build js && wasm

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// findEntity finds what text names: an id, :ident, [:attribute value], or kind/name as in the tree of files.
func findEntity(ctx context.Context, db engine.DB, text string) (id engine.ID, err error) {
	found := false
	if kind, name, ok := strings.Cut(text, "/"); ok && !strings.ContainsAny(text[:1], "[:") {
		var n engine.Name
		n, found, err = db.Lookup(ctx, engine.Home{Kind: kind, Name: name})
		id = n.ID
	} else {
		id, found, err = formEntity(ctx, db, text)
	}
	if err == nil && !found {
		err = fmt.Errorf("entity %s: %w", text, cas.ErrNotFound)
	}
	return id, err
}

func formEntity(ctx context.Context, db engine.DB, text string) (engine.ID, bool, error) {
	form, err := edn.ParseSource(text)
	if err != nil {
		return 0, false, fmt.Errorf("entity: %w", err)
	}
	switch form.Kind() {
	case edn.Int:
		return engine.ID(form.Int()), true, nil
	case edn.Keyword:
		return db.Ident(ctx, form.Text())
	case edn.Vector:
		if items := form.Items(); len(items) == 2 && items[0].Kind() == edn.Keyword {
			attr, err := findAttribute(db, items[0].Text())
			if err != nil {
				return 0, false, err
			}
			v, err := db.Schema().FromEDN(attr, items[1])
			if err != nil {
				return 0, false, err
			}
			return db.Entid(ctx, attr.ID, v)
		}
	}
	return 0, false, misused("an id, :ident, [:attribute value] or kind/name", "%s names no entity", text)
}

// findAttribute finds an attribute by its ident, with or without a colon.
func findAttribute(db engine.DB, ident string) (*engine.Attribute, error) {
	ident = strings.TrimPrefix(ident, ":")
	if attr, ok := db.Schema().ByIdent(ident); ok {
		return attr, nil
	}
	hint := ""
	if near := db.Schema().Nearest(ident); near != "" {
		hint = "did you mean :" + near + "?"
	}
	return nil, misused(hint, "there is no attribute :%s", ident)
}

// identOf is the attribute's ident, or its id where the schema no longer has it.
func identOf(db engine.DB, id engine.ID) string {
	if attr, ok := db.Schema().ByID(id); ok {
		return attr.Ident
	}
	return fmt.Sprint(uint64(id))
}
