package engine

import (
	"context"
	"fmt"
)

// checkUnused refuses another type for an attribute that has, or ever had, values.
func (x *tx) checkUnused(ctx context.Context, a, b *Attribute) error {
	for _, err := range x.db.History().Match(ctx, Pattern{A: Some(a.ID)}) {
		if err != nil {
			return fmt.Errorf("read :%s: %w", a.Ident, err)
		}
		if a.Type != b.Type {
			return b.wrong(fmt.Sprintf("is of type %s and has been used: it cannot become %s", anyName(a.Type), anyName(b.Type)),
				"make a new attribute, and rename this one if it shall have its name")
		}
		return b.wrong("is a tuple that has been used: what it is made of cannot change", "make a new attribute")
	}
	return nil
}

// checkSingle refuses cardinality one while an entity has two values.
func (x *tx) checkSingle(ctx context.Context, a *Attribute) error {
	last, n := ID(0), 0
	for d, err := range x.db.Datoms(ctx, AEVT, Pattern{A: Some(a.ID)}) {
		if err != nil {
			return fmt.Errorf("read :%s: %w", a.Ident, err)
		}
		if d.E != last {
			last, n = d.E, 0
		}
		if n++; n != 2 {
			continue
		}
		vals, err := x.after(ctx, d.E, a.ID)
		if err != nil {
			return err
		}
		if len(vals) > 1 {
			return a.wrong(fmt.Sprintf("cannot get cardinality one: entity %d has the values %s", d.E, showAll(vals)), "retract all but one of them first")
		}
	}
	return nil
}

// checkValues refuses a new uniqueness or length that the values there are do not meet.
func (x *tx) checkValues(ctx context.Context, a *Attribute) error {
	owners := map[Value]ID{}
	for d, err := range x.db.Match(ctx, Pattern{A: Some(a.ID)}) {
		if err != nil {
			return fmt.Errorf("read :%s: %w", a.Ident, err)
		}
		if x.retracts(d.E, a, d.V) {
			continue
		}
		if err := a.checkLong(d); err != nil {
			return err
		}
		if a.Unique == NotUnique {
			continue
		}
		if e, taken := owners[d.V]; taken {
			return a.wrong(fmt.Sprintf("cannot become unique: entities %d and %d both have %s", e, d.E, show(d.V)), "retract one of them first")
		}
		owners[d.V] = d.E
	}
	return nil
}

// checkLong refuses a value that is too long for what the attribute is to become.
func (a *Attribute) checkLong(d Datom) error {
	switch {
	case a.isLong(d.V):
		return a.wrong(fmt.Sprintf("cannot get :db/maxLength %d: entity %d has the value %s", a.MaxLength, d.E, show(d.V)), "")
	case a.Unique != NotUnique && (len(d.V.str) > maxInline || d.V.kind == BytesKind):
		return a.wrong(fmt.Sprintf("cannot become unique: entity %d has bytes, or a value of more than %d bytes", d.E, maxInline), "")
	}
	return nil
}
