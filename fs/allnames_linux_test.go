package fs_test

import (
	"bytes"
	"fmt"
	iofs "io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/fs"
	"github.com/ipfs/go-cid"
)

// dayAfter is the people sample with a tag and one more commit a day later, seen at noon of that day.
func dayAfter(t *testing.T) (*sample, *fs.Tree) {
	s := peopleSample(t)
	id, err := cid.Decode(s.ids[1])
	if err == nil {
		err = s.store.SetRef(t.Context(), "tags/v1/first", cid.Undef, id)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.next = start.AddDate(0, 0, 1)
	s.tx(`[{:person/email "ben@example.org" :person/age 41}]`)
	return s, s.tree()
}

// revs are the forms of at/NAME and the transaction that each means.
func revs(s *sample) map[string]int {
	return map[string]int{
		"2026-11-01": 3, "2026-11-02": 4, "2026-12-31": 4, "yesterday": 3, "today": 4,
		"2026-11-01T120000Z": 1, "2026-11-01T120100Z": 2, "2026-11-01T120159Z": 2, "2026-11-01T12:02:00Z": 3, "2026-11-01T120300.000Z": 3, "2026-11-01T140100+0200": 2,
		"t1": 1, "t2": 2, "t3": 3, "t4": 4,
		"main": 4, "head": 4, "main~1": 3, "main~2": 2, "main~": 3, "main~1~1": 2, "head~3": 1, "t3~1": 2, "yesterday~1": 2,
		"v1%2Ffirst": 2, "v1%2Ffirst~1": 1,
		s.ids[1]: 2, s.ids[1][:20]: 2, strings.TrimPrefix(s.ids[2], "bafyrei"): 3, strings.TrimPrefix(s.ids[2], "bafyrei")[:7]: 3, s.ids[2][:14] + "~1": 2,
	}
}

// everyName lists all names that the tree has besides those of facts, and the queries that are written first.
func everyName(s *sample) []string {
	names := []string{
		"README.md", "head", "branches/main", "tags/v1%2Ffirst", "log.tsv", ".dhfs/errors.tsv", "at", "diff", "query", "commits",
		"diff/t2..main.tsv", "diff/t2..main.edn", "diff/2026-11-01..yesterday~2.tsv", "diff/v1%2Ffirst..head.edn", "diff/" + s.ids[0] + ".." + s.ids[1][:20] + ".tsv",
	}
	for rev := range revs(s) {
		names = append(names, "at/"+rev)
	}
	for _, commit := range []string{"at/yesterday/", "commits/" + s.ids[2] + "/"} {
		for _, name := range unlisted {
			names = append(names, commit+name)
		}
		for _, dir := range []string{
			"", "entities", "attributes", "query", ".parents", "entities/person", "entities/person/ada@example.org", "entities/person/ada@example.org/.refs",
			"entities/person/ada@example.org/.back", "entities/person/ada@example.org/.back/order.buyer", "attributes/person.age", "attributes/person.age/.by", "attributes/person.age/.by/40",
			"attributes/person.email/valueType", "attributes/person.email/unique", "attributes/person.email/doc", "attributes/person.email/cardinality",
		} {
			names = append(names, strings.TrimSuffix(commit+dir, "/"))
		}
	}
	for _, query := range []string{"query/", "head/query/", "at/t2/query/"} {
		for _, ext := range []string{"tsv", "csv", "json", "edn", "txt", "basis"} {
			names = append(names, query+"ages."+ext)
		}
		names = append(names, query+"bad.err")
	}
	slices.Sort(names)
	return append(names, "query/ages.dl", "query/bad.dl")
}

// inView describes a name as the view has it: what it is, mode, size, time, and its content, names or target.
func inView(t *testing.T, tree *fs.Tree, name string) string {
	t.Helper()
	info, err := tree.Lstat(name)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return ""
	}
	what, content := "regular file", ""
	switch {
	case info.Mode()&iofs.ModeSymlink != 0:
		what = "symbolic link"
		content, err = tree.ReadLink(name)
		content += "\n"
	case info.IsDir():
		what = "directory"
		var entries []iofs.DirEntry
		entries, err = tree.ReadDir(name)
		for _, e := range entries {
			content += e.Name() + "\n"
		}
	default:
		var data []byte
		data, err = tree.ReadFile(name)
		content = string(data)
		if int64(len(data)) != info.Size() {
			t.Errorf("%s: %d bytes, and its size is %d", name, len(data), info.Size())
		}
	}
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	size := info.Size()
	if info.IsDir() {
		size = 0
	}
	return fmt.Sprintf("%s %o %d %d\n%s", what, info.Mode().Perm(), size, info.ModTime().Unix(), content)
}

// describe is a shell function that prints what inView does; an empty file is one to the mount only.
const describe = `
describe() {
	kind=$(stat -c %F "$1"); kind=${kind/regular empty file/regular file}
	case $kind in
	directory) echo "$kind $(stat -c '%a 0 %Y' "$1")"; ls -A "$1" ;;
	"symbolic link") echo "$kind $(stat -c '%a %s %Y' "$1")"; readlink "$1" ;;
	*) echo "$kind $(stat -c '%a %s %Y' "$1")"; cat "$1" ;;
	esac
}
`

func TestEveryName(t *testing.T) {
	s, tree := dayAfter(t)
	m := mount(t, tree)
	m.sh(`cd query; echo '[:find ?name ?age :where [?e :person/name ?name] [?e :person/age ?age]]' > ages.dl; echo '[:find ?x :where [?e :person/name ?y]]' > bad.dl`)
	names := everyName(s)
	var script strings.Builder
	script.WriteString(describe)
	for _, name := range names {
		fmt.Fprintf(&script, "printf '\\0'; describe '%s'\n", name)
	}
	parts := strings.Split(m.sh(script.String()), "\x00")[1:]
	if len(parts) != len(names) {
		t.Fatalf("%d names, and %d of the mount", len(names), len(parts))
	}
	for i, name := range names {
		if want := inView(t, tree, name); parts[i] != want {
			t.Errorf("%s\nmount: %s\nview:  %s", name, parts[i], want)
		}
	}
	// What a plan tells of time may differ: only that it is there.
	m.want("grep -c 'rows,' query/ages.plan at/t2/query/ages.plan", "query/ages.plan:1\nat/t2/query/ages.plan:1\n")
}

func TestEveryRev(t *testing.T) {
	s, tree := dayAfter(t)
	for rev, tx := range revs(s) {
		got, err := tree.ReadLink("at/" + rev)
		if want := "../commits/" + s.ids[tx-1]; got != want || err != nil {
			t.Errorf("at/%s is %s, want %s (%v)", rev, got, want, err)
		}
		from, err := tree.ReadFile("diff/t1.." + rev + ".tsv")
		plain, err2 := tree.ReadFile(fmt.Sprintf("diff/t1..t%d.tsv", tx))
		if err != nil || err2 != nil || !bytes.Equal(from, plain) {
			t.Errorf("diff/t1..%s.tsv differs from that of t%d: %v, %v", rev, tx, err, err2)
		}
	}
}

// TestNearMisses is about names that look like some that there are: each is ENOENT, in the view and in the mount.
func TestNearMisses(t *testing.T) {
	s, tree := dayAfter(t)
	m := mount(t, tree)
	m.sh(`cd query; echo '[:find ?name :where [?e :person/name ?name]]' > ok.dl; echo '[:find' > bad.dl; echo x > .x.dl; echo x > '#x#'; echo x > notes`)
	ada, age := "head/entities/person/ada@example.org/", "head/attributes/person.age/"
	names := []string{
		// of the top
		"readme.md", "README", "README.MD", "HEAD", "log", "log.csv", "log.tsv~", ".log", "queries", "branch", "commit", ".edn", ".commit.edn", ".git", ".dhfs/errors", ".dhfs/errors.csv",
		"branches/Main", "branches/main~1", "branches/v1%2Ffirst", "branches/v1", "tags/main", "tags/v1", "tags/first",
		"commits/t2", "commits/main", "commits/" + s.ids[1][:20], "commits/" + s.ids[1] + "x", "commits/" + strings.ToUpper(s.ids[1]), "commits/bafyreigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
		// of at/ and diff/
		"at/t", "at/t5", "at/t-1", "at/T2", "at/t2x", "at/t02.5", "at/main~9", "at/main~x", "at/main~-1", "at/v1%2Ffirst~9", "at/v1",
		"at/2026-10-31", "at/2026-11-1", "at/2026-13-01", "at/2026-11-31", "at/26-11-01", "at/2026-11-01T1200Z", "at/2026-11-01T120000", "at/2026-11-01 120000Z", "at/2026-11-01T115800Z",
		"at/Yesterday", "at/tomorrow", "at/" + s.ids[1][:13], "at/" + strings.TrimPrefix(s.ids[1], "bafyrei")[:6], "at/bafyrei", "at/zzzzzzzz",
		"diff/t1..t2", "diff/t1..t2.csv", "diff/t1...tsv", "diff/..t2.tsv", "diff/t1.t2.tsv", "diff/t1..t9.tsv", "diff/t9..t1.edn", "diff/t1..t2.tsv~", "diff/t1",
		// of a commit
		"head/.commit", "head/.commit.json", "head/commit.edn", "head/.changes", "head/.changes.csv", "head/.datoms", "head/.datoms.tsv", "head/.history.tsv", "head/.schema", "head/.schema.json", "head/.parents/0", "head/.parents/2", "head/.parents/main", "head/.edn", "head/.tsv", "head/.count", "at/t0/.parents/1",
		"head/entity", "head/entities/Person", "head/entities/people", "head/entities/.count", "head/entities/.tsv",
		// of a kind, an entity and an attribute
		"head/entities/person/.edn", "head/entities/person/.txt", "head/entities/person/.Count", "head/entities/person/count", "head/entities/person/Ada", "head/entities/person/ada", "head/entities/person/ada@example.org%20", "head/entities/order/3", "head/entities/order/01", "head/entities/order/1.0", "head/entities/_/0", "head/entities/_/01", "head/entities/_/-1", "head/entities/_/999",
		ada + ".tsv", ada + ".txt", ada + "edn", ada + ".edn~", ada + ".json5", ada + ".refs/friend", ada + ".refs/age", ada + ".refs/boss/x", ada + ".back/boss", ada + ".back/person.friend/nobody", ada + ".back/order", ada + ".back/order.buyer/order%2F2", ada + "person.name", ada + "Name", ada + "photo", ada + "age.txt",
		age + ".tsv", age + ".values", age + ".values.csv", age + ".counts", age + ".by/38", age + ".by/041", age + ".by/41.0", age + ".by/ben", age + ".by/41/person%2Fada@example.org", age + ".back", "head/attributes/person", "head/attributes/age", "head/attributes/:person.age", "head/attributes/person%2Fage",
		// of query/
		"query/ok", "query/ok.err", "query/ok.TSV", "query/ok.dl.tsv", "query/ok.xml", "query/ok.jsonl", "query/ok.tsv~", "query/.tsv", "query/bad.tsv", "query/bad.plan", "query/bad.basis", "query/none.tsv", "query/none.err", "query/.x.tsv", "query/.x.err", "query/#x#.tsv", "query/notes.tsv", "query/notes.err",
		"head/query/ok.dl", "head/query/ok.err", "head/query/bad.tsv", "head/query/none.tsv",
	}
	var script strings.Builder
	script.WriteString("miss() { if out=$(LC_ALL=C stat \"$1\" 2>&1); then echo \"$1 is there\"; else case $out in *'No such file'*) ;; *) echo \"$out\";; esac; fi; }\n")
	for _, name := range names {
		if _, err := tree.Lstat(name); err == nil || !strings.Contains(err.Error(), iofs.ErrNotExist.Error()) {
			t.Errorf("%s: %v, want that it does not exist", name, err)
		}
		if _, err := tree.Open(name); err == nil {
			t.Errorf("%s opens", name)
		}
		fmt.Fprintf(&script, "miss '%s'\n", name)
	}
	if out := m.sh(script.String()); out != "" {
		t.Errorf("mount:\n%s", out)
	}
}

// TestYesterdayMoves shows that the clock is asked at each look-up: "yesterday" moves on.
func TestYesterdayMoves(t *testing.T) {
	s, tree := dayAfter(t)
	m := mount(t, tree)
	m.want("basename $(readlink at/yesterday)", s.ids[2]+"\n")
	s.mu.Lock()
	s.next = s.next.Add(24 * time.Hour)
	s.mu.Unlock()
	m.want("basename $(readlink at/yesterday); basename $(readlink at/2026-11-01)", s.ids[3]+"\n"+s.ids[2]+"\n")
}
