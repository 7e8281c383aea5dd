package engine

import (
	"context"
	"strings"
)

// One name of a commit of which transactions are put off is found without the names index: the value that it tells leads to the entity, which tells where it lives.

// lookupLate is Lookup where transactions are put off; known is false where the name does not tell the value that it was made of.
func (db DB) lookupLate(ctx context.Context, h Home) (n Name, ok, known bool, err error) {
	if id, isID := idOfHome(h); h.Kind == noKind && isID {
		n, ok, err = db.nameOf(ctx, id)
		return n, ok, true, err
	}
	if strings.Contains(h.Name, "~") {
		return Name{}, false, false, nil
	}
	for _, i := range db.s.ids {
		if i.kind != h.Kind {
			continue
		}
		text, whole := i.textOf(h.Name)
		v, known := valueOfText(i.attr.Type, text)
		if !known {
			return Name{}, false, false, nil
		}
		if !whole || i.home(v) != h {
			continue
		}
		id, ok, err := (DB{s: db.s}).Entid(ctx, i.attr.ID, v)
		if err != nil {
			return Name{}, false, true, err
		}
		if !ok {
			continue
		}
		n, ok, err := db.nameOf(ctx, id)
		if err != nil || ok && n.Home == h {
			return n, ok, true, err
		}
	}
	return Name{}, false, true, nil
}
