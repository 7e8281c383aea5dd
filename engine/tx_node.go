package engine

import "github.com/dhfs/dhfs/engine/edn"

// node is an entity whose id was not known when a form spoke of it. Nodes that
// turn out to be the same entity are united (union-find): the one with the
// smallest number stands for all of them and holds what is known.
type node struct {
	parent int32
	what   nodeKind
	made   bool   // something is asserted of it: it may be created
	attr   bool   // what is asserted makes it an attribute
	wanted bool   // it must exist or be made
	id     ID     // 0: not known
	by     lookup // what gave the id; of a lookup, what is looked up
	tempid string
	pos    edn.Pos
}

type nodeKind uint8

const (
	tempidNode nodeKind = iota
	mapNode             // a map without :db/id
	lookupNode          // a lookup ref or ident: it must exist, or be asserted by another form
)

type nodes []node

// add makes a node of its own.
func (ns *nodes) add(n node) int32 {
	n.parent = int32(len(*ns))
	*ns = append(*ns, n)
	return n.parent
}

// find is the number of the node that stands for n.
func (ns nodes) find(n int32) int32 {
	for ns[n].parent != n {
		ns[n].parent = ns[ns[n].parent].parent
		n = ns[n].parent
	}
	return n
}

func (ns nodes) root(n int32) *node { return &ns[ns.find(n)] }

// assert notes that something is asserted of n. A lookup ref cannot be made that way: it has to be there.
func (ns nodes) assert(n int32, attr bool) {
	r := ns.root(n)
	r.attr = r.attr || attr
	if ns[n].what == lookupNode {
		r.wanted = true
	} else {
		r.made = true
	}
}

// want notes that n must exist in the end.
func (ns nodes) want(n int32) { ns.root(n).wanted = true }

// unite makes a and b the same entity, unless both have ids.
func (ns nodes) unite(a, b int32) (changed bool) {
	a, b = ns.find(a), ns.find(b)
	if a == b || ns[a].id != 0 && ns[b].id != 0 {
		return false
	}
	if b < a {
		a, b = b, a
	}
	stays, goes := &ns[a], &ns[b]
	goes.parent = a
	stays.made, stays.attr, stays.wanted = stays.made || goes.made, stays.attr || goes.attr, stays.wanted || goes.wanted
	if goes.id != 0 {
		stays.id, stays.by = goes.id, goes.by
	}
	return true
}

// idOf is the id of e, 0 while it is not known.
func (ns nodes) idOf(e ent) ID {
	if n, ok := e.node(); ok {
		return ns.root(n).id
	}
	return ID(e)
}
