package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// declare is the schema with what forms say of attributes, so that a
// transaction can use what it declares, in any order. It runs the transaction with all else left out.
func declare(ctx context.Context, db DB, forms []edn.Value, t uint64, next ID) (*Schema, error) {
	schema := db.Schema()
	if !slices.ContainsFunc(forms, declares) {
		return schema, nil
	}
	x := newTx(db, schema, t, next)
	x.schemaOnly = true
	if err := x.read(forms); err != nil {
		return nil, err
	}
	if err := x.net(ctx); err != nil {
		return nil, err
	}
	after, err := schema.apply(x.out)
	if err != nil {
		return nil, x.schemaRefusal(err)
	}
	return after, nil
}

// declares tells whether a form may say something of an attribute.
func declares(f edn.Value) bool {
	items := f.Items()
	switch f.Kind() {
	case edn.Map:
		for i := 0; i < len(items); i += 2 {
			if isDeclaring(items[i]) {
				return true
			}
		}
	case edn.Vector, edn.List:
		return len(items) > 2 && (isDeclaring(items[2]) || isDeclaring(items[1]))
	}
	return false
}

// isDeclaring tells whether a form is the keyword of what makes an attribute.
func isDeclaring(f edn.Value) bool {
	if f.Kind() != edn.Keyword || !strings.HasPrefix(f.Text(), "db/") {
		return false
	}
	a, ok := systemByIdent[f.Text()]
	return ok && (a.ID == attrIdent || defines(a.ID))
}

// skips tells whether an attribute does not matter while declarations are read.
func (x *tx) skips(f edn.Value) bool {
	if !x.schemaOnly {
		return false
	}
	a, ok := systemByIdent[f.Text()]
	if f.Kind() == edn.Int {
		a, ok = x.schema.ByID(ID(f.Int()))
	}
	return !ok || a.ID == attrEnsure || a.ID == attrTxInstant || !isSystem(a.ID)
}

// schemaRefusal gives an error of Schema.apply the position of the form at fault.
func (x *tx) schemaRefusal(err error) error {
	var e *schemaError
	if !errors.As(err, &e) {
		return err
	}
	return refuse(codeSchema, x.posOf(e.id), e.hint, "%s", e.msg)
}

// checkSchema verifies that the data allows what changes in the schema.
func (x *tx) checkSchema(ctx context.Context) error {
	old := x.db.Schema()
	next, err := old.apply(x.out)
	if err != nil {
		return x.schemaRefusal(err)
	}
	if next.nextAttr() != x.schema.nextAttr() {
		return refuse(codeSchema, edn.Pos{}, "name attributes by :db/ident or :db/id", "an attribute is found by something else than its ident")
	}
	if next == old {
		return nil
	}
	for a := range old.Attributes() {
		b, _ := next.ByID(a.ID)
		if a == b {
			continue
		}
		if err := x.checkChange(ctx, a, b); err != nil {
			return x.schemaRefusal(err)
		}
	}
	return nil
}

// checkChange verifies one attribute's change from a to b. Any :db/doc, :db/noHistory,
// :db/index, :db/isComponent and :db/ident will do.
func (x *tx) checkChange(ctx context.Context, a, b *Attribute) error {
	if a.Type != b.Type || !a.sameTuple(b) {
		return x.checkUnused(ctx, a, b)
	}
	if a.Many && !b.Many {
		if err := x.checkSingle(ctx, b); err != nil {
			return err
		}
	}
	tighter := b.MaxLength > 0 && (a.MaxLength == 0 || b.MaxLength < a.MaxLength)
	if tighter || a.Unique == NotUnique && b.Unique != NotUnique {
		return x.checkValues(ctx, b)
	}
	return nil
}
