package fs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/fs"
)

// TestFiftyThousandValues lists 50,000 values of an attribute: in the order of values, from any offset on, and never more than is asked for.
func TestFiftyThousandValues(t *testing.T) {
	const n = 50_000
	s := newSample(t)
	s.tx(sampleSchema)
	var forms strings.Builder
	for i := range n {
		fmt.Fprintf(&forms, `{:person/email "user%05d" :person/age %d}`, i, i%7)
	}
	s.tx("[" + forms.String() + "]")
	counted := castest.NewCounting(s.store)
	tree := fs.New([]fs.Database{{Name: "people", Store: counted}}, fs.Options{Now: s.now, NodeBytes: 512 << 10})
	ctx := context.Background()
	for _, c := range []struct {
		dir  string
		name func(i int) string
		n    int
	}{
		{"attributes/person.email/.by", func(i int) string { return fmt.Sprintf("user%05d", i) }, n},
		{"attributes/person.age/.by/3", func(i int) string { return fmt.Sprintf("person%%2Fuser%05d", 3+7*i) }, (n + 3) / 7},
	} {
		node, err := tree.Walk(ctx, "head/"+c.dir)
		if err != nil {
			t.Fatal(err)
		}
		dir := node.(fs.Dir)
		counted.Take()
		for i, name := range first(t, dir, 100) {
			if name != c.name(i) {
				t.Fatalf("%s: name %d is %s, want %s", c.dir, i, name, c.name(i))
			}
		}
		if read := counted.Take().BlocksRead; read > 110 {
			t.Errorf("%s: the first names read %d blocks", c.dir, read)
		}
		i, next := 0, uint64(0)
		for e, err := range dir.List(ctx, 0) {
			if err != nil || e.Name != c.name(i) {
				t.Fatalf("%s: name %d is %s, want %s: %v", c.dir, i, e.Name, c.name(i), err)
			}
			if i++; i == c.n/2 {
				next = max(e.Next, uint64(i))
			}
		}
		if i != c.n {
			t.Errorf("%s: %d names, want %d", c.dir, i, c.n)
		}
		counted.Take()
		for e, err := range dir.List(ctx, next) {
			if err != nil || e.Name != c.name(c.n/2) {
				t.Errorf("%s: in the middle is %s, want %s: %v", c.dir, e.Name, c.name(c.n/2), err)
			}
			break
		}
		if read := counted.Take().BlocksRead; read > 10 {
			t.Errorf("%s: one name in the middle reads %d blocks", c.dir, read)
		}
	}
}

// first is up to n names that a directory lists.
func first(t *testing.T, d fs.Dir, n int) (names []string) {
	t.Helper()
	for e, err := range d.List(context.Background(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if names = append(names, e.Name); len(names) == n {
			break
		}
	}
	return names
}
