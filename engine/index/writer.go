package index

import (
	"errors"
	"fmt"
)

// errOrder says that keys do not rise: in what a caller gives, or in a corrupt tree.
var errOrder = errors.New("index: keys do not rise")

// row is an entry of a leaf or, with sub set, a child of a branch under its
// first key.
type row struct {
	Entry
	sub ref
}

// writer cuts the rows of one level into nodes.
type writer struct {
	layout Layout
	level  int
	split  splitter
	emit   func(row) error // takes every finished node

	run  []Entry
	subs []ref
	last []byte // key of the newest row
	made int    // nodes emitted

	// An old node that the current run has repeated from its start, so that it
	// is used again when the run ends where it does.
	old     row
	oldRows int
}

func newWriter(l Layout, level int, emit func(row) error) *writer {
	fixed := branchFixed
	if level == 0 {
		fixed = l.Fixed()
	}
	return &writer{layout: l, level: level, split: newSplitter(level, fixed), emit: emit}
}

// add appends a row and finishes the node when it ends there.
func (w *writer) add(r *row) error {
	same := shared(w.last, r.Key)
	if err := w.check(r.Key, same); err != nil {
		return err
	}
	w.run = append(w.run, r.Entry)
	if w.level > 0 {
		w.addSub(r.sub)
	}
	w.last = r.Key
	if w.split.add(r.Key, same) {
		return w.finish()
	}
	return nil
}

func (w *writer) check(key []byte, same int) error {
	if len(key) > maxKey {
		return fmt.Errorf("index: key of %d bytes, over %d", len(key), maxKey)
	}
	if (len(w.run) > 0 || w.made > 0) && !rises(w.last, key, same) {
		return fmt.Errorf("%w: %x follows %x", errOrder, key, w.last)
	}
	return nil
}

func (w *writer) addSub(r ref) {
	if w.subs == nil {
		w.subs = make([]ref, 0, max(w.oldRows+4, 16))
	}
	w.subs = append(w.subs, r)
}

// repeats says that the next rows are those of a node that exists already. It
// has an effect only between two nodes.
func (w *writer) repeats(old row, rows int) {
	if w.idle() {
		w.old, w.oldRows = old, rows
	}
}

// differs says that the rows are no longer those of the old node.
func (w *writer) differs() { w.oldRows = 0 }

// idle tells whether the writer stands between two nodes.
func (w *writer) idle() bool { return len(w.run) == 0 }

// finish ends the current node, if one was begun.
func (w *writer) finish() error {
	if w.idle() {
		return nil
	}
	done, err := w.node()
	if err != nil {
		return err
	}
	w.last = append([]byte{}, w.last...)
	w.run, w.subs, w.oldRows = w.run[:0], nil, 0
	w.split.reset()
	w.made++
	return w.emit(done)
}

func (w *writer) node() (row, error) {
	if w.oldRows == len(w.run) {
		return w.old, nil
	}
	f, err := w.fresh()
	if err != nil {
		return row{}, err
	}
	n := f.node
	return row{Entry{Key: n.first}, ref{fresh: f, count: n.count, max: n.max}}, nil
}

func (w *writer) fresh() (*fresh, error) {
	if w.level == 0 {
		return newLeaf(w.layout, w.run)
	}
	return newBranch(w.layout, w.level, w.run, w.subs), nil
}
