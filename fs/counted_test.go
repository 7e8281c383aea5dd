package fs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/fs"
)

// walkAll does what find does: it lists every directory and stats every node. It tells how many there are.
func walkAll(t *testing.T, d fs.Dir) (nodes int) {
	t.Helper()
	ctx := context.Background()
	for e, err := range d.List(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Node == nil {
			if e.Node, err = d.Lookup(ctx, e.Name); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := e.Node.Stat(ctx); err != nil {
			t.Fatal(err)
		}
		nodes++
		if below, ok := e.Node.(fs.Dir); ok {
			nodes += walkAll(t, below)
		}
	}
	return nodes
}

// differing does what diff -r does: it passes over what has the same inode, and compares the
// rest. It lists the paths of files that differ, and of what is only in one of them.
func differing(t *testing.T, a, b fs.Dir, p string) (paths []string) {
	t.Helper()
	ctx := context.Background()
	list := func(d fs.Dir) (names []string, nodes map[string]fs.Node) {
		nodes = map[string]fs.Node{}
		for e, err := range d.List(ctx, 0) {
			if err == nil && e.Node == nil {
				e.Node, err = d.Lookup(ctx, e.Name)
			}
			if err != nil {
				t.Fatal(err)
			}
			names, nodes[e.Name] = append(names, e.Name), e.Node
		}
		return names, nodes
	}
	names, left := list(a)
	more, right := list(b)
	for _, name := range more {
		if left[name] == nil {
			paths = append(paths, p+"/"+name)
		}
	}
	for _, name := range names {
		x, y := left[name], right[name]
		if y == nil {
			paths = append(paths, p+"/"+name)
			continue
		}
		s, err := x.Stat(ctx)
		if err != nil {
			t.Fatal(err)
		}
		o, err := y.Stat(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if s.Ino != 0 && s.Ino == o.Ino {
			continue
		}
		if below, ok := x.(fs.Dir); ok {
			paths = append(paths, differing(t, below, y.(fs.Dir), p+"/"+name)...)
			continue
		}
		data, err := x.(fs.File).Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		other, err := y.(fs.File).Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if string(data) != string(other) {
			paths = append(paths, p+"/"+name)
		}
	}
	return paths
}

// TestBlocksOfLargeTrees counts what whole walks read of a database of 20,000 entities.
func TestBlocksOfLargeTrees(t *testing.T) {
	const people, changes = 20_000, 10
	s := manySample(t, people)
	var forms strings.Builder
	for i := range changes {
		fmt.Fprintf(&forms, `{:person/email "p%05d@example.org" :person/age %d}`, i*people/changes+7, 100+i)
	}
	before := s.ids[len(s.ids)-1]
	s.tx("[" + forms.String() + "]")
	after := s.ids[len(s.ids)-1]
	blocks := 0
	for _, err := range s.store.All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		blocks++
	}
	counted := castest.NewCounting(s.store)
	// open is a directory of a tree that read nothing yet, and below it of a second one.
	open := func(page int, paths ...string) (dirs []fs.Dir) {
		tree := fs.New([]fs.Database{{Name: "people", Store: counted}}, fs.Options{Now: s.now, Page: page})
		for _, p := range paths {
			n, err := tree.Walk(context.Background(), p)
			if err != nil {
				t.Fatal(err)
			}
			dirs = append(dirs, n.(fs.Dir))
		}
		counted.Take()
		return dirs
	}
	most := func(what string, n int) {
		t.Helper()
		read := counted.Take().BlocksRead
		t.Logf("%s: %d blocks of %d", what, read, blocks)
		if read > n {
			t.Errorf("%s reads %d blocks, want at most %d", what, read, n)
		}
	}
	for _, page := range []int{0, -1} {
		dir := open(page, "commits/"+after+"/entities")
		if n := walkAll(t, dir[0]); n < 5*people {
			t.Errorf("%d nodes", n)
		}
		most("a walk", blocks/2) // each once, and no other index
	}
	dirs := open(0, "commits/"+before+"/entities", "commits/"+after+"/entities")
	if paths := differing(t, dirs[0], dirs[1], ""); len(paths) != changes {
		t.Errorf("%d changes: %q", len(paths), paths)
	}
	most("a diff of 10 changes", changes*12)
	for _, page := range []int{0, -1} {
		dir := open(page, "commits/"+after+"/entities/person")
		n := 0
		for _, err := range dir[0].List(context.Background(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 100 {
				break
			}
		}
		most("the first names", 4)
	}
}
