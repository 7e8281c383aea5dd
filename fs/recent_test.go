//go:build linux || darwin

package fs

import (
	"testing"

	"github.com/dhfs/dhfs/engine"
)

func TestRecentKeepsTheNewest(t *testing.T) {
	var r recent
	c := &commit{}
	attr := &engine.Attribute{ID: attrBase + 1}
	for id := range engine.ID(3 * keptListings) {
		f := &attrFile{c: c, id: id, f: fact{attr: attr}}
		r.add(entityKey{c, id}, &listing{"person", []Entry{{Name: "a", Node: f}}})
		r.add(entityKey{c, id}, &listing{"person", []Entry{{Name: "a", Node: f}}}) // as two walkers do
	}
	if len(r.known) != keptListings {
		t.Errorf("%d listings are kept, want %d", len(r.known), keptListings)
	}
	for id := range engine.ID(3 * keptListings) {
		f, ok := r.file(entityKey{c, id}, attr.ID)
		if want := id >= 2*keptListings; ok != want || ok && f.id != id {
			t.Fatalf("entity %d: found %v (of %d), want %v", id, ok, f.id, want)
		}
		if _, ok := r.file(entityKey{c, id}, attr.ID+1); ok {
			t.Fatalf("entity %d has an attribute that it was not given", id)
		}
	}
	if _, ok := r.get(entityKey{&commit{}, 3*keptListings - 1}); ok {
		t.Error("another commit's listing is taken for this one's")
	}
}

func TestRecentLeavesLargeDirectories(t *testing.T) {
	var r recent
	r.add(entityKey{nil, 1}, &listing{"person", make([]Entry, maxKeptFiles+1)})
	if len(r.known) != 0 {
		t.Error("a directory of many files is kept")
	}
}
