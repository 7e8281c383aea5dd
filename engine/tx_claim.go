package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// claim says that entity e has value v of the unique attribute a: asserted by
// tx data, or else asked for by a lookup ref or an ident.
type claim struct {
	a       *Attribute
	v       Value
	e       ent
	holder  ID   // who has it before the transaction; 0: nobody
	looked  bool // holder is known
	asserts bool
	seq     int32
	pos     edn.Pos
}

// lookup identifies equal lookup refs.
type lookup struct {
	a ID
	v Value
}

// settle gives nodes the ids of the entities that their claims mean, and unites
// those that must be the same. A value that is itself a node is looked up
// once its id is known, so rounds go on while they find something.
func (x *tx) settle(ctx context.Context) error {
	for {
		ready, err := x.ready()
		if err != nil {
			return err
		}
		if err := x.look(ctx, x.claims[:ready]); err != nil {
			return err
		}
		slices.SortFunc(x.claims[ready:], x.compareNodeClaims)
		found, err := x.meet()
		if err != nil {
			return err
		}
		if implied := x.imply(); !implied && (!found || ready == len(x.claims)) {
			return nil
		}
	}
}

// ready moves the claims whose value has a node without an id to the end, and
// counts the others. Those get the id as their value.
func (x *tx) ready() (ready int, err error) {
	for i := range x.claims {
		c := &x.claims[i]
		v, ok, err := x.settled(c.v)
		if err != nil {
			return 0, err
		}
		if !ok {
			continue
		}
		c.v = v
		x.claims[ready], x.claims[i] = x.claims[i], x.claims[ready]
		ready++
	}
	return ready, nil
}

func compareClaims(a, b claim) int {
	if c := cmp.Compare(a.a.ID, b.a.ID); c != 0 {
		return c
	}
	if c := Compare(a.v, b.v); c != 0 {
		return c
	}
	return cmp.Compare(a.seq, b.seq)
}

// compareNodeClaims orders claims whose values are nodes, equal ones together.
func (x *tx) compareNodeClaims(a, b claim) int {
	return cmp.Or(cmp.Compare(a.a.ID, b.a.ID), cmp.Compare(x.valueNode(&a), x.valueNode(&b)), cmp.Compare(a.seq, b.seq))
}

// valueNode is the node that stands for the claim's value, -1 if that is no node.
func (x *tx) valueNode(c *claim) int32 {
	if n, ok := c.v.refNode(); ok {
		return x.nodes.find(n)
	}
	return -1
}

// same tells whether two claims are on one value.
func (x *tx) same(a, b *claim) bool {
	if a.a != b.a {
		return false
	}
	n := x.valueNode(a)
	return n == x.valueNode(b) && (n >= 0 || a.v == b.v)
}

// look finds who holds the values of claims, which it sorts.
func (x *tx) look(ctx context.Context, claims []claim) error {
	slices.SortFunc(claims, compareClaims)
	for len(claims) > 0 {
		n := 1
		for n < len(claims) && claims[n].a == claims[0].a {
			n++
		}
		if err := x.holders(ctx, claims[0].a, claims[:n]); err != nil {
			return err
		}
		claims = claims[n:]
	}
	return nil
}

// meet settles each group of claims on one value.
func (x *tx) meet() (progress bool, err error) {
	for i := 0; i < len(x.claims); {
		j := i + 1
		for j < len(x.claims) && x.same(&x.claims[i], &x.claims[j]) {
			j++
		}
		met, err := x.meetGroup(x.claims[i:j])
		if err != nil {
			return false, err
		}
		progress, i = progress || met, j
	}
	return progress, nil
}

// meetGroup settles claims on one value. Whoever has the value before the
// transaction is meant by all of them; else all that assert an identity
// are one entity, and lookups mean whoever asserts it.
func (x *tx) meetGroup(group []claim) (progress bool, err error) {
	holder, meant := group[0].holder, int32(-1)
	if holder == 0 {
		holder, meant = x.asserter(group)
	}
	for i := range group {
		c := &group[i]
		n, ok := c.e.node()
		if !ok || c.asserts && c.a.Unique != UniqueIdentity {
			continue
		}
		met, err := x.meetOne(c, n, holder, meant)
		if err != nil {
			return false, err
		}
		progress = progress || met
	}
	return progress, nil
}

// meetOne makes node n of claim c the entity holder, or the node meant. Where nobody held
// the value before, a contradiction is left to the check of uniqueness.
func (x *tx) meetOne(c *claim, n int32, holder ID, meant int32) (met bool, err error) {
	r := x.nodes.root(n)
	switch {
	case holder == 0:
		return meant >= 0 && x.nodes.unite(meant, n), nil
	case r.id == holder:
		return false, nil
	case r.id == 0:
		r.id, r.by = holder, lookup{c.a.ID, c.v}
		return true, nil
	case c.holder != 0:
		return false, x.upsertConflict(r, c)
	}
	return false, nil
}

// asserter is who asserts a value that nobody had: an entity with an id, else a node, else -1.
func (x *tx) asserter(group []claim) (id ID, n int32) {
	n = -1
	for i := range group {
		c := &group[i]
		if id := x.nodes.idOf(c.e); c.asserts && id != 0 {
			return id, -1
		}
		if m, ok := c.e.node(); ok && n < 0 && c.asserts {
			n = m
		}
	}
	return 0, n
}

func (x *tx) upsertConflict(r *node, c *claim) error {
	by, _ := x.schema.ByID(r.by.a)
	return refuse(codeUpsert, c.pos, "one entity cannot be both: change or retract one of the values first",
		"conflicting upserts: %s is entity %d, but %s is entity %d", showRef(by, r.by.v), r.id, showRef(c.a, c.v), c.holder)
}
