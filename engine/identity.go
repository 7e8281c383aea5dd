package engine

import "slices"

// identity is an attribute that entities are named by.
type identity struct {
	attr  *Attribute
	kind  string
	named bool // names are attr=value, not the value alone
}

// identities are the identity attributes of a schema, by rising id.
type identities []identity

func identitiesOf(s *Schema) identities {
	var all identities
	add := func(a *Attribute) {
		if a.Unique == UniqueIdentity {
			ns, _ := splitIdent(a.Ident)
			all = append(all, identity{attr: a, kind: kindOf(ns)})
		}
	}
	for a := range s.System() {
		add(a)
	}
	for a := range s.Attributes() {
		add(a)
	}
	slices.SortFunc(all, func(a, b identity) int { return compareAttrs(a.attr.ID, b.attr.ID) })
	taken := map[string]bool{noKind: true}
	for i := range all {
		all[i].named = taken[all[i].kind]
		taken[all[i].kind] = true
	}
	return all
}

func (ids identities) find(a ID) (identity, bool) {
	i, ok := slices.BinarySearchFunc(ids, a, func(x identity, a ID) int { return compareAttrs(x.attr.ID, a) })
	if !ok {
		return identity{}, false
	}
	return ids[i], true
}

// names tells whether two identities name entities alike.
func (i identity) names(o identity) bool {
	return i.kind == o.kind && i.named == o.named && i.attr.Ident == o.attr.Ident
}
