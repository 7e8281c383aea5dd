package edn

import "io"

// Enter steps into the collection that comes next if it is of kind k: List,
// Vector or Map. Next then returns its items one by one, the keys and values of a
// map in turn, and io.EOF at its end. So collections can be read that are too
// big for memory. It returns false and stays where it is if something else, or
// nothing, comes next. Duplicate keys of an entered map are not refused.
func (r *Reader) Enter(k Kind) (bool, error) {
	if r.err == io.EOF {
		return false, nil
	}
	if r.err != nil {
		return false, r.err
	}
	at, ok := r.opening(k)
	if r.bad != nil {
		r.err = r.bad
		return false, r.err
	}
	if r.failed != nil && r.failed != io.EOF && !ok {
		r.err = r.failure()
		return false, r.err
	}
	if ok {
		r.entered = append(r.entered, level{kind: k, at: at})
	}
	return ok, nil
}

var openers = map[Kind]byte{List: '(', Vector: '[', Map: '{'}

// opening steps over the bracket that opens a collection of kind k, and over what is discarded before it.
func (r *Reader) opening(k Kind) (at Pos, ok bool) {
	if r.dropped+int64(r.at) == 0 && !r.byteOrderMark() {
		return at, false
	}
	for {
		c, ok := r.between()
		if n := len(r.entered); ok && n > 0 && r.json {
			c, ok = r.separated(&r.entered[n-1], c)
			r.entered[n-1].ready = ok && c != openers[k]
		}
		discards := ok && !r.json && c == '#' && r.has(1) && r.buf[r.at+1] == '_'
		if discards && r.discard() {
			continue
		}
		at = r.pos()
		if !ok || discards || c != openers[k] {
			return at, false
		}
		r.at++
		return at, true
	}
}

// nextItem reads an item of the collection that was entered last. ended tells that there are no more.
func (r *Reader) nextItem(l *level) (read, ended bool) {
	for r.stack = r.stack[:0]; len(r.stack) == 0; {
		if _, ok := r.between(); !ok && r.bad != nil {
			return false, false
		}
		if more, ok := r.item(l); !more {
			return false, ok
		}
	}
	return true, false
}
