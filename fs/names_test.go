package fs_test

import (
	"fmt"
	"testing"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"pgregory.net/rapid"
)

// TestAnyTextIsAName gives entities keys of any text: each has a directory of
// its own, is found there, and shows the key to the byte.
func TestAnyTextIsAName(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.OneOf(
			rapid.String(),
			rapid.StringMatching(`[./%~=\x00-\x20]{0,12}`),
			rapid.StringMatching(`[ab/é]{180,260}`),
		), 1, 8, rapid.ID[string]).Draw(rt, "keys")
		s := newSample(t)
		s.tx(sampleSchema)
		data := "["
		for _, k := range keys {
			data += fmt.Sprintf("{:person/email %v}", edn.MakeString(k))
		}
		if _, err := s.tryTx(data + "]"); err != nil {
			rt.Skip(err)
		}
		tree := s.tree()
		dir := "commits/" + s.ids[len(s.ids)-1] + "/entities/person"
		entries, err := tree.ReadDir(dir)
		if err != nil {
			rt.Fatal(err)
		}
		if len(entries) != len(keys) {
			rt.Fatalf("%d keys have %d directories", len(keys), len(entries))
		}
		left := map[string]bool{}
		for _, k := range keys {
			left[k+"\n"] = true
		}
		for _, e := range entries {
			data, err := tree.ReadFile(dir + "/" + e.Name() + "/email")
			if err != nil {
				rt.Fatalf("%q: %v", e.Name(), err)
			}
			if !left[string(data)] {
				rt.Fatalf("%q shows %q, which is no key or shown twice", e.Name(), data)
			}
			delete(left, string(data))
			if len(e.Name()) > 255 || e.Name() == "." || e.Name() == ".." || e.Name()[0] == '.' {
				rt.Fatalf("%q is no name for a directory", e.Name())
			}
			if _, err := tree.Stat("commits/" + s.ids[len(s.ids)-1] + "/attributes/person.email/.by/" + engine.FileName(string(data[:len(data)-1]))); err != nil && len(data) < 150 {
				rt.Fatalf("by value: %v", err)
			}
		}
	})
}
