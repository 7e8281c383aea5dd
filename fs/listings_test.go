package fs_test

import (
	"context"
	"fmt"
	iofs "io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/fs"
	"github.com/ipfs/go-cid"
)

// inParts lists a directory as a kernel does: some entries, then from where those
// ended some more. It looks up every name.
func inParts(t *testing.T, d fs.Dir, size int) (names []string) {
	t.Helper()
	ctx := context.Background()
	for from, more := uint64(0), true; more; {
		n := 0
		for e, err := range d.List(ctx, from) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n > size {
				break
			}
			if from++; e.Next != 0 {
				from = e.Next
			}
			names = append(names, e.Name)
			found, err := d.Lookup(ctx, e.Name)
			if err != nil {
				t.Fatalf("%s is listed, but %v", e.Name, err)
			}
			s, err := found.Stat(ctx)
			if err != nil || s.Mode.Type() != e.Mode {
				t.Fatalf("%s is listed as %v, but is %v (%v)", e.Name, e.Mode, s.Mode, err)
			}
			if e.Node == nil {
				continue
			}
			if listed, err := e.Node.Stat(ctx); err != nil || listed != s {
				t.Fatalf("%s is listed with %+v, but has %+v (%v)", e.Name, listed, s, err)
			}
		}
		more = n > size
	}
	if sorted := slices.Compact(slices.Sorted(slices.Values(names))); len(sorted) != len(names) {
		t.Errorf("%d names, %d of them different", len(names), len(sorted))
	}
	return names
}

// crowded is a database with many of everything: n people who have the same boss, a name each, and one
// of three ages; one of them is a friend of all. Besides there are many attributes.
func crowded(t testing.TB, n, attributes int) *sample {
	s := newSample(t)
	s.tx(sampleSchema)
	var forms strings.Builder
	for i := range attributes {
		fmt.Fprintf(&forms, "{:db/ident :ns%d/attr%d :db/valueType :db.type/long :db/cardinality :db.cardinality/one}\n", i%7, i)
	}
	s.tx("[" + forms.String() + "]")
	forms.Reset()
	forms.WriteString(`{:db/id "boss" :person/email "boss" :person/name "B"}`)
	for i := range n {
		fmt.Fprintf(&forms, `{:db/id "p%d" :person/email "user%d" :person/name "name/%d" :person/age %d :person/boss "boss"} [:db/add "boss" :person/friend "p%[1]d"]`, i, i, i*7919%n, i*3/n)
	}
	s.tx("[" + forms.String() + "]")
	return s
}

// TestLongListings lists in parts, with a cache that holds no whole tree: the blocks that are read must grow with
// the number of names, not with its square.
func TestLongListings(t *testing.T) {
	const people, attributes, part = 20_000, 2_000, 100
	s := crowded(t, people, attributes)
	counted := castest.NewCounting(s.store)
	ctx := context.Background()
	for _, c := range []struct {
		path string
		page int
		want int
		most int // blocks read
	}{
		{"attributes/person.name/.by", 0, people + 1, 400},
		{"attributes/person.email/.by", 0, people + 1, 1_000},
		{"attributes/person.age/.by", 0, 3, 40},
		{"attributes/person.boss/.by", 0, 1, 40},
		{"attributes/person.age/.by/1", 0, people / 3, 400},
		{"entities/person/boss/.back/person.boss", 0, people, 4_000},
		{"entities/person/boss/.refs/friend", 0, people, 4_000},
		{"entities/person", -1, people + 1, 400},
		{"attributes", -1, attributes + 15, 40},
	} {
		tree := fs.New([]fs.Database{{Name: "people", Store: counted}}, fs.Options{Now: s.now, Page: c.page, NodeBytes: 512 << 10})
		n, err := tree.Walk(ctx, "head/"+c.path)
		if err != nil {
			t.Fatal(err)
		}
		counted.Take()
		if got := len(inParts(t, n.(fs.Dir), part)); got < c.want || got > c.want+1 {
			t.Errorf("%s lists %d names, want %d", c.path, got, c.want)
		}
		read := counted.Take().BlocksRead
		t.Logf("%s: %d blocks for %d names", c.path, read, c.want)
		if read > c.most {
			t.Errorf("%s: %d blocks are read for %d names", c.path, read, c.want)
		}
	}
}

// TestManyCommits holds the pages of commits/ against the flat directory.
func TestManyCommits(t *testing.T) {
	const commits = 1_200
	s := peopleSample(t)
	for i := range commits - len(s.ids) - 1 {
		s.tx(fmt.Sprintf(`[{:order/id 2 :order/total %dM}]`, i))
	}
	counted := castest.NewCounting(s.store)
	show := func(page int) *fs.Tree {
		return fs.New([]fs.Database{{Name: "people", Store: counted}}, fs.Options{Now: s.now, Page: page, NodeBytes: 8 << 20})
	}
	flat, err := show(-1).Walk(context.Background(), "commits")
	if err != nil {
		t.Fatal(err)
	}
	counted.Take()
	want := inParts(t, flat.(fs.Dir), 100)
	if read := counted.Take().BlocksRead; len(want) != commits || read > 4*commits {
		t.Errorf("%d commits are listed, %d blocks read", len(want), read)
	}
	tree := show(0)
	var got []string
	pages := 0
	err = iofs.WalkDir(tree, "commits", func(p string, d iofs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case p == "commits":
			return nil
		case strings.HasSuffix(d.Name(), "+"):
			pages++
			return nil
		}
		got = append(got, d.Name())
		return iofs.SkipDir
	})
	if err != nil {
		t.Fatal(err)
	}
	if pages != 8 || !slices.Equal(got, want) {
		t.Errorf("%d pages with %d commits, not all of %d", pages, len(got), len(want))
	}
	// After another commit its ancestors are not walked again.
	counted.Take()
	s.tx(`[{:order/id 2 :order/total 0M}]`)
	last := s.ids[len(s.ids)-1]
	page := last[:len("bafyrei")+1] + "+/"
	if got := names(t, tree, "commits/"+path.Dir(page+"x")); !strings.Contains(got, last) {
		t.Errorf("%s is not in %s", last, got)
	}
	if read := counted.Take().BlocksRead; read > commits/4 {
		t.Errorf("%d blocks are read after another commit", read)
	}
	// What is found in a page is the same, and its links lead to where they should.
	for _, p := range []string{last, page + last} {
		if got, err := tree.ReadFile("commits/" + p + "/.parents/1/.parents/1/entities/order/2/total"); err != nil || string(got) != fmt.Sprintf("%d\n", commits-6) {
			t.Errorf("%s: %q, %v", p, got, err)
		}
	}
	if _, err := tree.Stat("commits/" + page + want[0]); err == nil == (want[0][:8] != last[:8]) {
		t.Errorf("%s is found in %s: %v", want[0], page, err)
	}
	// Commits that no ref reaches any more are not listed.
	old := s.ids[0]
	if err := s.store.SetRef(context.Background(), "heads/main", cid.MustParse(last), cid.MustParse(old)); err != nil {
		t.Fatal(err)
	}
	if got := names(t, tree, "commits"); !strings.Contains(got, old) || strings.Contains(got, "+") || strings.Count(got, " ") != 1 {
		t.Errorf("after the branch went back: %s", got)
	}
}
