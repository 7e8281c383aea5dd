package edn

import (
	"fmt"
	"strings"
)

var closers = [...]byte{List: ')', Vector: ']', Set: '}', Map: '}'}

// collection reads a list, vector or set whose opening bracket has the given size.
func (r *Reader) collection(k Kind, bracket int) bool {
	at := r.pos()
	base := len(r.stack)
	r.at += bracket
	if !r.items(k, at) {
		return false
	}
	if items := r.stack[base:]; k == Set {
		if i := duplicate(items, 1); i >= 0 {
			return r.fail(items[i].pos, fmt.Sprintf("the set has %s twice", brief(items[i])), "")
		}
	}
	return r.push(makeItems(k, r.close(base)), at)
}

// mapForm reads a map that began at the given position, with the brace or
// with #:space before it.
func (r *Reader) mapForm(at Pos, space string) bool {
	opened := r.pos()
	base := len(r.stack)
	r.at++
	if !r.items(Map, opened) {
		return false
	}
	pairs := r.stack[base:]
	if len(pairs)%2 != 0 {
		last := pairs[len(pairs)-1]
		return r.fail(last.pos, fmt.Sprintf("the map opened at %d:%d has an odd number of forms: %s has no value", opened.Line, opened.Col, brief(last)), "")
	}
	if space != "" {
		qualify(pairs, space)
	}
	if i := duplicate(pairs, 2); i >= 0 {
		return r.fail(pairs[i].pos, fmt.Sprintf("the map has the key %s twice", brief(pairs[i])), "")
	}
	return r.push(makeItems(Map, r.close(base)), at)
}

// level is a collection that is being read.
type level struct {
	kind  Kind
	at    Pos  // of its opening bracket
	n     int  // how many items JSON's separators were checked for
	ready bool // they were checked for the item that comes next
}

// items pushes the forms up to the closing bracket.
func (r *Reader) items(k Kind, opened Pos) bool {
	for l := (level{kind: k, at: opened}); ; {
		if more, ok := r.item(&l); !more {
			return ok
		}
	}
}

// item reads the next item of a collection, or steps over a discarded one;
// more is false when it met the closing bracket, or where ok is false.
func (r *Reader) item(l *level) (more, ok bool) {
	c, any := r.skip()
	if any && r.json {
		if c, any = r.separated(l, c); r.bad != nil {
			return false, false
		}
	}
	closer := closers[l.kind]
	switch {
	case !any:
		return false, r.unclosed(l.kind.String(), closer, l.at)
	case c == closer:
		r.at++
		return false, true
	case c == ')' || c == ']' || c == '}':
		return false, r.fail(r.pos(), fmt.Sprintf("%c where %c should close the %s opened at %d:%d", c, closer, l.kind, l.at.Line, l.at.Col), "")
	}
	if r.json && l.kind == Map && l.n%2 == 1 {
		ok = r.jsonKey()
	} else {
		ok = r.element(c)
	}
	return ok, ok
}

func (r *Reader) unclosed(what string, closer byte, opened Pos) bool {
	end := r.pos()
	return r.fail(opened, fmt.Sprintf("the %s opened here is never closed: the text ends at %d:%d without %c", what, end.Line, end.Col, closer), "")
}

// close moves the items above base from the stack to memory of their own.
func (r *Reader) close(base int) []Value {
	items := r.stack[base:]
	n := len(items)
	if n > cap(r.slab)-len(r.slab) {
		if n >= slabItems/4 {
			r.stack = r.stack[:base]
			return append(make([]Value, 0, n), items...)
		}
		r.slab = make([]Value, 0, min(slabItems, max(n, 16, 2*cap(r.slab))))
	}
	from := len(r.slab)
	r.slab = append(r.slab, items...)
	r.stack = r.stack[:base]
	return r.slab[from:len(r.slab):len(r.slab)]
}

// slabItems bounds what a small value that is kept can hold in memory: 8 KiB.
const slabItems = 256

// duplicate finds an item at a multiple of step that equals an earlier one, or -1.
func duplicate(items []Value, step int) int {
	if len(items) > 16*step {
		return duplicateHashed(items, step)
	}
	for i := step; i < len(items); i += step {
		for j := 0; j < i; j += step {
			if a, b := &items[i], &items[j]; a.kind == Keyword && a.kind == b.kind && a.num != b.num {
				continue // the usual case, which need not be slow
			}
			if Equal(items[i], items[j]) {
				return i
			}
		}
	}
	return -1
}

func duplicateHashed(items []Value, step int) int {
	seen := make(map[uint64]int, len(items)/step) // hash to the last item that has it
	next := make([]int, len(items))               // to the one before
	for i := 0; i < len(items); i += step {
		h := Hash(items[i])
		last, ok := seen[h]
		if !ok {
			last = -1
		}
		for j := last; j >= 0; j = next[j] {
			if Equal(items[i], items[j]) {
				return i
			}
		}
		next[i], seen[h] = last, i
	}
	return -1
}

// qualify puts the namespace on the keys that have none, and takes "_" off.
func qualify(pairs []Value, space string) {
	for i := 0; i < len(pairs); i += 2 {
		k := pairs[i]
		if k.kind != Keyword && k.kind != Symbol {
			continue
		}
		name := k.Text()
		if rest, ok := strings.CutPrefix(name, "_/"); ok && (k.kind == Keyword || IsSymbol(rest)) {
			name = rest
		} else if !strings.Contains(name, "/") {
			name = space + "/" + name
		}
		pairs[i] = makeText(k.kind, name).At(k.pos)
	}
}

// brief is v in an error message.
func brief(v Value) string {
	s := []rune(v.String())
	if len(s) > 40 {
		return string(s[:40]) + "…"
	}
	return string(s)
}
