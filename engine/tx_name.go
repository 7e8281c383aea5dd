package engine

import (
	"context"

	"github.com/dhfs/dhfs/engine/edn"
)

// name gives ids to the nodes that nobody has found, in the order in which tx data
// speaks of them, and puts ids everywhere in place of nodes.
func (x *tx) name(context.Context) error {
	x.free = max(x.next, x.last+1)
	attr := x.db.Schema().nextAttr()
	for i := range x.nodes {
		r := x.nodes.root(int32(i))
		switch {
		case r.id != 0:
		case !r.made && r.wanted && !x.schemaOnly:
			return x.missing(&x.nodes[i])
		case !r.made:
		case r.attr:
			r.id = attr
			attr++
		default:
			r.id = x.free
			x.free++
		}
	}
	if x.free > dbPart {
		return refuse(codeEntity, edn.Pos{}, "name entities by larger ids", "no entity ids are left below %d", dbPart)
	}
	return x.bind()
}

// missing refuses a node that had to be there and was not.
func (x *tx) missing(n *node) error {
	if n.what == tempidNode {
		return refuse(codeSyntax, n.pos, "say something of it, or use the id of an entity that is there",
			"tempid %s is only used as a value", n.tempid)
	}
	a, _ := x.schema.ByID(n.by.a)
	if a.ID == attrIdent {
		return refuse(codeMissing, n.pos, didYouMean(x.schema.Nearest(n.by.v.Text())), "no entity has the ident %s", show(n.by.v))
	}
	return refuse(codeMissing, n.pos, "", "nothing is found under %s", showRef(a, n.by.v))
}

// bind replaces nodes by ids. What would be retracted from nobody is dropped.
func (x *tx) bind() error {
	kept := x.acts[:0]
	for i := range x.acts {
		o := x.acts[i]
		ok, err := x.bindAct(&o)
		if err != nil {
			return err
		}
		if ok {
			kept = append(kept, o)
		}
	}
	x.acts = kept
	return x.bindRest()
}

func (x *tx) bindAct(o *act) (ok bool, err error) {
	id, err := x.bound(o.e, o.do != add, o.pos)
	if err != nil || id == 0 {
		return false, err
	}
	o.e = ent(id)
	if o.v, ok, err = x.settled(o.v); !ok || err != nil {
		return false, err
	}
	return true, x.permit(o)
}

// bound is the id of e; 0 when nobody is found. A tempid cannot stand for a new
// entity where something has to be there.
func (x *tx) bound(e ent, there bool, pos edn.Pos) (ID, error) {
	n, ok := e.node()
	if !ok {
		return ID(e), nil
	}
	r := x.nodes.root(n)
	if x.nodes[n].what == tempidNode && there && (r.id == 0 || x.isNew(r.id)) {
		return 0, refuse(codeSyntax, pos, "tempids are for what is added", "tempid %s is no entity that is there", x.nodes[n].tempid)
	}
	return r.id, nil
}

// bindRest replaces nodes in what is not an act.
func (x *tx) bindRest() error {
	for i := range x.swaps {
		s := &x.swaps[i]
		id, err := x.bound(s.e, true, s.pos)
		if err != nil {
			return err
		}
		s.e = ent(id)
		if s.old, _, err = x.settled(s.old); err != nil {
			return err
		}
	}
	for i := range x.removals {
		id, err := x.bound(x.removals[i].e, true, x.removals[i].pos)
		if err != nil {
			return err
		}
		x.removals[i].e = ent(id)
	}
	for i := range x.guards {
		g := &x.guards[i]
		g.e, g.spec = ent(x.nodes.idOf(g.e)), ent(x.nodes.idOf(g.spec))
	}
	return nil
}

// isNew tells whether id had no datoms before this transaction.
func (x *tx) isNew(id ID) bool {
	return id >= x.next && id < dbPart || id >= x.db.Schema().nextAttr() && id < 2*dbPart || id == x.id
}
