package engine

import (
	"context"
	"slices"
)

// checkUnique verifies that what is asserted of unique attributes belongs to one entity only.
func (x *tx) checkUnique(ctx context.Context) error {
	ready, err := x.ready()
	if err != nil {
		return err
	}
	claims := x.claims[:ready]
	if err := x.look(ctx, claims); err != nil {
		return err
	}
	for len(claims) > 0 {
		n := 1
		for n < len(claims) && x.same(&claims[0], &claims[n]) {
			n++
		}
		if err := x.checkOwner(claims[:n]); err != nil {
			return err
		}
		claims = claims[n:]
	}
	return nil
}

// checkOwner verifies claims on one value: all that assert it are one entity, which had it
// before if anybody had it, unless that one gives it up.
func (x *tx) checkOwner(claims []claim) error {
	owner := claims[0].holder
	if owner != 0 && x.retracts(owner, claims[0].a, claims[0].v) {
		owner = 0
	}
	for i := range claims {
		c := &claims[i]
		id := x.nodes.idOf(c.e)
		switch {
		case !c.asserts || id == owner:
		case owner == 0:
			owner = id
		default:
			return refuse(codeUnique, c.pos, "retract it from the other entity first, or use another value",
				":%s is unique: entity %d cannot have %s, which belongs to entity %d", c.a.Ident, id, show(c.v), owner)
		}
	}
	return nil
}

// retracts tells whether the transaction takes a value from its owner.
func (x *tx) retracts(e ID, a *Attribute, v Value) bool {
	return slices.ContainsFunc(x.changes(e, a.ID), func(d Datom) bool { return !d.Added && d.V == v })
}
