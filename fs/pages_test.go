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
	"pgregory.net/rapid"
)

// paged shows the sample with so many names in a directory at most.
func (s *sample) paged(n int) *fs.Tree {
	return fs.New([]fs.Database{{Name: "people", Store: s.store}}, fs.Options{Now: s.now, Page: n})
}

// withEmails is a sample of people that are named so.
func withEmails(t testing.TB, emails []string) *sample {
	s := newSample(t)
	s.tx(sampleSchema)
	var forms strings.Builder
	for _, e := range emails {
		fmt.Fprintf(&forms, "{:person/email %q}\n", e)
	}
	s.tx("[" + forms.String() + "]")
	return s
}

func names(t testing.TB, tree *fs.Tree, dir string) string {
	t.Helper()
	entries, err := tree.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func TestPages(t *testing.T) {
	s := withEmails(t, []string{"ada", "adam", "adam/x", "ben", "user01", "user02", "user03", "user04", "user/5", "user.6", "user+", "é1", "é2", "ê", ""})
	tree, top := s.paged(3), "head/entities/person"
	for dir, want := range map[string]string{
		"":              "% ada+ ben user+ é+ ê",
		"/ada+":         "ada adam adam%2Fx",
		"/é+":           "é1 é2",
		"/user+":        "user%2B user%2F5 user.6 user0+",
		"/user+/user0+": "user01 user02 user03 user04",
	} {
		if got := names(t, tree, top+dir); got != want {
			t.Errorf("%s lists %q, want %q", dir, got, want)
		}
	}
}

// TestNamesAreFoundPagedOrNot holds pages against the flat directory: every name is listed once, within the limit
// where names go on differently, and is found by its full name and where it is listed, nowhere else.
func TestNamesAreFoundPagedOrNot(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		unit := rapid.SampledFrom([]string{"a", "b", "/", "%", "é", "ê", "+", "=", "日", ".", "\u0085"})
		email := rapid.Map(rapid.SliceOfN(unit, 0, 6), func(u []string) string { return strings.Join(u, "") })
		emails := rapid.SliceOfNDistinct(email, 1, 40, rapid.ID[string]).Draw(rt, "emails")
		limit := rapid.IntRange(1, 8).Draw(rt, "limit")
		s := withEmails(t, emails)
		flat, tree, top := s.paged(-1), s.paged(limit), "head/entities/person"
		var want []string
		for _, name := range strings.Split(names(t, flat, top), " ") {
			want = append(want, name)
			if _, err := tree.ReadFile(path.Join(top, name, "email")); err != nil {
				rt.Fatal(err)
			}
		}
		var got []string
		err := iofs.WalkDir(tree, "commits/"+s.ids[1]+"/entities/person", func(p string, d iofs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			if name := d.Name(); strings.HasSuffix(p, "/person") || strings.HasSuffix(name, "+") {
				entries, err := tree.ReadDir(p)
				for _, e := range entries {
					if prefix := strings.TrimSuffix(name, "+"); name != prefix && !strings.HasPrefix(e.Name(), prefix) {
						rt.Fatalf("%s lists %s", p, e.Name())
					}
				}
				if name != "person" && len(entries) < 2 {
					rt.Fatalf("page %s lists %d names", p, len(entries))
				}
				if info, err := tree.Stat(top + "/" + name); name != "person" && (err != nil || !info.IsDir()) {
					rt.Fatalf("%s is not found from the top: %v", name, err)
				}
				return err
			}
			got = append(got, d.Name())
			link, err := tree.Stat(p + "/.refs")
			if err != nil || !link.IsDir() {
				rt.Fatal(err)
			}
			return iofs.SkipDir
		})
		if err != nil {
			rt.Fatal(err)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			rt.Fatalf("pages of %d list\n%q, want\n%q", limit, got, want)
		}
	})
}

func TestLinksBelowPages(t *testing.T) {
	s := peopleSample(t)
	tree := s.paged(1)
	for p, want := range map[string]string{
		"head/entities/person/ada@example.org/.refs/boss/name":                "Ben\n",
		"head/entities/person/ben@example.org/.back/person.boss":              "",
		"head/entities/order/1/.refs/buyer/name":                              "Ada\n",
		"head/attributes/person.email/.by/ada@example.org/name":               "Ada\n",
		"head/entities/person/ada@example.org/.refs/boss/.refs/friend":        "",
		"head/entities/person/ada@example.org/.back/order.buyer/order%2F1/id": "1\n",
	} {
		if want == "" {
			if _, err := tree.ReadDir(p); err != nil {
				t.Error(err)
			}
			continue
		}
		if got, err := tree.ReadFile(p); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", p, got, err)
		}
	}
	deep := withEmails(t, []string{"aa1", "aa2", "ab", "b"})
	deep.tx(`[{:person/email "aa1" :person/boss {:person/email "b" :person/name "B"} :person/friend [{:person/email "aa2" :person/name "A2"}]}]`)
	tree = deep.paged(1)
	dir := "head/entities/person/a+/aa+/aa1"
	for _, p := range []string{dir + "/.refs/boss/name", dir + "/.refs/friend/person%2Faa2/name", dir + "/.refs/boss/.back/person.boss/person%2Faa1/email"} {
		if _, err := tree.ReadFile(p); err != nil {
			t.Error(err)
		}
	}
	for _, p := range []string{"head/entities/person/a+/b", "head/entities/person/a+/aa1", "head/entities/person/aab+", "head/entities/person/a+/a+", "head/entities/person/b+"} {
		if _, err := tree.Stat(p); err == nil {
			t.Errorf("%s is there", p)
		}
	}
	if target, err := tree.ReadLink("head/entities/person/aa+"); err != nil || target != "a+/aa+" {
		t.Errorf("aa+ leads to %q, %v", target, err)
	}
}

// TestPagesOfManyNames counts what listing and stat of pages read.
func TestPagesOfManyNames(t *testing.T) {
	const people = 20_000
	emails := make([]string, people)
	for i := range emails {
		emails[i] = fmt.Sprintf("user%d", i)
	}
	s := withEmails(t, emails)
	counted := castest.NewCounting(s.store)
	ctx := context.Background()
	read := func(p string, list bool) int {
		tree := fs.New([]fs.Database{{Name: "people", Store: counted}}, fs.Options{Now: s.now})
		n, err := tree.Walk(ctx, "head/entities")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Stat(ctx); err != nil {
			t.Fatal(err)
		}
		counted.Take()
		if n, err = tree.Walk(ctx, path.Join("head/entities/person", p)); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Stat(ctx); err != nil {
			t.Fatal(err)
		}
		for e, err := range n.(fs.Dir).List(ctx, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if !list {
				break
			}
			if _, err := e.Node.Stat(ctx); err != nil {
				t.Fatal(err)
			}
		}
		return counted.Take().BlocksRead
	}
	for _, c := range []struct {
		path string
		list bool
		most int
	}{{"", true, 12}, {"user+", true, 60}, {"user+/user1+", false, 20}} {
		if got := read(c.path, c.list); got > c.most {
			t.Errorf("%q reads %d blocks, want at most %d", c.path, got, c.most)
		}
	}
}
