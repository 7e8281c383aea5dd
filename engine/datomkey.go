package engine

// appendKey appends the key of d in the trees of l: e a v, e v or v e, then in
// history t and whether it was added. Attributes are counted from the beginning of their partition.
func (l datomLayout) appendKey(dst []byte, d Datom) []byte {
	switch l.order {
	case EAVT:
		dst = appendUint(dst, uint64(d.E))
		dst = appendUint(dst, uint64(d.A-dbPart))
		dst = appendValue(dst, d.V)
	case AEVT:
		dst = appendUint(dst, uint64(d.E))
		dst = appendValue(dst, d.V)
	case AVET:
		dst = appendValue(dst, d.V)
		dst = appendUint(dst, uint64(d.E))
	}
	if l.history {
		dst = appendOp(appendUint(dst, d.T), d.Added)
	}
	return dst
}

func appendOp(dst []byte, added bool) []byte {
	if added {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// parse reads a key and its payload, which is t where there is no history. Text aliases key.
func (l datomLayout) parse(key, val string) (Datom, error) {
	var d Datom
	err := l.parseInto(&d, key, val)
	return d, err
}

// parseInto is parse, without a copy. What l has no place for in d stays as it is.
func (l datomLayout) parseInto(d *Datom, key, val string) error {
	r := keyReader{rest: key}
	switch l.order {
	case EAVT:
		d.E = ID(r.uint())
		d.A = ID(r.uint()) + dbPart
		d.V = r.value()
	case AEVT:
		d.E = ID(r.uint())
		d.V = r.value()
	case AVET:
		d.V = r.value()
		d.E = ID(r.uint())
	}
	if l.history {
		d.T = r.uint()
		op := r.byte()
		d.Added = op == 1
		if op > 1 || val != "" {
			r.fail()
		}
		return r.done()
	}
	d.Added = true
	t := keyReader{rest: val}
	d.T = t.uint()
	if err := t.done(); err != nil {
		return err
	}
	return r.done()
}
