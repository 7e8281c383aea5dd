package fs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/fs"
)

// keeping is the sample's tree with its queries kept in dir.
func (s *sample) keeping(dir string) *fs.Tree {
	return fs.New([]fs.Database{{Name: "people", Store: s.store}}, fs.Options{Now: s.now, Queries: dir})
}

// again ends a mount and shows the sample in another.
func (m *mounted) again(s *sample, tree *fs.Tree, dir string) (*mounted, *fs.Tree) {
	m.t.Helper()
	if err := m.srv.Unmount(); err != nil {
		m.t.Fatal(err)
	}
	if err := tree.Sync(); err != nil {
		m.t.Fatal(err)
	}
	tree = s.keeping(dir)
	return mount(m.t, tree), tree
}

func files(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestQueriesSurviveARemount(t *testing.T) {
	s, dir := peopleSample(t), filepath.Join(t.TempDir(), "made", "queries")
	tree := s.keeping(dir)
	m := mount(t, tree)
	m.sh(`cd query; echo '[:find (count ?e) . :where [?e :person/name]]' > n.dl; cp n.dl gone.dl; cp n.dl old.dl; touch -d 2026-01-02T03:04:05Z n.dl
	      echo x > .n.dl.swp; echo x > n.dl~; echo x > 4913; echo x > '#n.dl#'; echo x > .n.dl.Ab12Cd; echo x > notes`)
	m, tree = m.again(s, tree, dir)
	if got := files(t, dir); got != "gone.dl n.dl old.dl" {
		t.Errorf("kept: %s", got)
	}
	m.want("ls -A query; cat query/n.edn; date -ur query/n.dl +%FT%T", "gone.dl\nn.dl\nold.dl\n3\n2026-01-02T03:04:05\n")
	m.want("cat commits/"+s.ids[0]+"/query/n.edn; tail -1 at/t2/query/n.tsv", "nil\n3\n")
	m.sh("rm query/gone.dl; mv query/old.dl query/new.dl; echo '; more' >> query/new.dl; echo x > at/t2/query/commit.dl")
	m, tree = m.again(s, tree, dir)
	m.want("ls -A query; tail -1 query/new.dl", "n.dl\nnew.dl\n; more\n")
	m.again(s, tree, dir)
}

// TestQueriesAreKeptWhileMounted is about servers that are killed: a query that was
// synced is stored at once, any other soon.
func TestQueriesAreKeptWhileMounted(t *testing.T) {
	s, dir := peopleSample(t), t.TempDir()
	m := mount(t, s.keeping(dir))
	m.sh("echo one | dd of=query/synced.dl conv=fsync status=none")
	if got := files(t, dir); got != "synced.dl" {
		t.Errorf("after fsync: %q", got)
	}
	m.sh("echo two > query/later.dl")
	for end := time.Now().Add(10 * time.Second); files(t, dir) != "later.dl synced.dl"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never stored: %q", files(t, dir))
		}
	}
}

func TestOddQueriesDirectory(t *testing.T) {
	s, dir := peopleSample(t), t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("good.dl", "[:find (count ?e) . :where [?e :person/name]]")
	write("bad.dl", "\x00\xff[")
	write("huge.dl", strings.Repeat("x", 17<<20))
	write("other.txt", "not ours")
	write(".new-123", "left by a crash")
	os.Mkdir(filepath.Join(dir, "dir.dl"), 0o755)
	os.Symlink("/etc/passwd", filepath.Join(dir, "link.dl"))
	m := mount(t, s.keeping(dir))
	m.want("ls -A query; cat query/good.edn; cut -d: -f1 query/bad.err; cut -f2 .dhfs/errors.tsv; grep -c huge.dl .dhfs/errors.tsv",
		"bad.dl\ngood.dl\n3\n1\npath\nquery\n1\n")
	if got := files(t, dir); !strings.Contains(got, "other.txt") || !strings.Contains(got, "dir.dl") {
		t.Errorf("what is not ours is gone: %s", got)
	}
	for _, odd := range []string{filepath.Join(dir, "good.dl"), filepath.Join(dir, "good.dl", "x")} {
		m := mount(t, s.keeping(odd))
		m.want("echo '[:find (count ?e) . :where [?e :person/name]]' > query/q.dl; cat query/q.edn", "3\n")
		out, err := m.try("dd of=query/q.dl conv=notrunc,fsync status=none < /dev/null")
		if err == nil {
			t.Errorf("%s: fsync of what cannot be stored succeeds: %s", odd, out)
		}
	}
}

// TestTwoMountsShareQueries has two mounts write at once: each file is that of one of them, whole.
func TestTwoMountsShareQueries(t *testing.T) {
	s, dir := peopleSample(t), t.TempDir()
	one, two := s.keeping(dir), s.keeping(dir)
	a, b := mount(t, one), mount(t, two)
	a.sh(`other=` + b.dir + `
	for i in $(seq 20); do
	  { yes one | head -c 4000 > query/q$i.dl; } & { yes two | head -c 4000 > $other/query/q$i.dl; } &
	done; wait; echo a > query/a.dl; echo b > $other/query/b.dl`)
	if err := one.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := two.Sync(); err != nil {
		t.Fatal(err)
	}
	m := mount(t, s.keeping(dir))
	m.want("ls query | wc -l; cat query/a.dl query/b.dl; for f in query/q*.dl; do sort -u $f | wc -l; done | uniq; stat -c %s query/q*.dl | uniq", "22\na\nb\n1\n4000\n")
	if got := files(t, dir); strings.Contains(got, ".new") {
		t.Errorf("scratch files are left: %s", got)
	}
}

func TestEachDatabaseKeepsItsQueries(t *testing.T) {
	_, people, pay := twoDatabases(t)
	dir := t.TempDir()
	open := func() *fs.Tree {
		return fs.New([]fs.Database{{Name: "people", Store: people.store}, {Name: "pay", Store: pay.store}}, fs.Options{Now: people.now, Queries: dir})
	}
	tree := open()
	mount(t, tree).sh("echo 1 > query/a.dl; echo 2 > pay/query/b.dl; echo 3 > people/query/c.dl")
	if err := tree.Sync(); err != nil {
		t.Fatal(err)
	}
	mount(t, open()).want("tail query/* pay/query/* people/query/*",
		"==> query/a.dl <==\n1\n\n==> pay/query/b.dl <==\n2\n\n==> people/query/c.dl <==\n3\n")
}
