package engine

import "slices"

// keepUsed leaves the names alone of attributes that theirs does not have: those that nobody declared, but that a transaction used first. Such an attribute has nothing but
// its name, and a name cannot be given back, since older transactions speak of it. So a revert of the first use takes back the values, and the attribute stays.
func (w *threeWay) keepUsed() {
	if !w.base.Options().SchemaOnRead {
		return
	}
	w.other.order = slices.DeleteFunc(w.other.order, func(s slot) bool {
		used := isAttr(s.e) && s.a == attrIdent && len(w.other.at[s].added) == 0 && !w.theirHas(s.e) && len(w.other.of(s.e)) == 1
		if used {
			delete(w.other.at, s)
		}
		return used
	})
	w.other.byEntity = nil
}

// theirHas tells whether theirs has an attribute.
func (w *threeWay) theirHas(id ID) bool {
	_, ok := w.theirs.Schema().ByID(w.before(id))
	return ok
}
