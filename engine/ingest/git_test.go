package ingest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
)

// repository is a git repository that a test makes.
type repository struct {
	t   *testing.T
	dir string
	n   int
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	r := &repository{t: t, dir: t.TempDir()}
	r.git("init", "-q", "-b", "main")
	return r
}

// git runs git as a user without any configuration, two minutes after the time before.
func (r *repository) git(args ...string) string {
	r.t.Helper()
	r.n++
	at := time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC).Add(2 * time.Minute * time.Duration(r.n))
	return r.gitAt(at, args...)
}

func (r *repository) gitAt(at time.Time, args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", r.dir}, args...)...)
	date := at.Format(time.RFC3339)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Ann Öst", "GIT_AUTHOR_EMAIL=ann@example.org",
		"GIT_COMMITTER_NAME=Ben", "GIT_COMMITTER_EMAIL=ben@example.org", "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %q: %v: %s", args, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

func (r *repository) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repository) commit(message string, args ...string) {
	r.t.Helper()
	r.git("add", "-A")
	r.git(append([]string{"commit", "-q", "--allow-empty", "--allow-empty-message", "-m", message}, args...)...)
}

// lines is n lines of text.
func lines(n int) string { return strings.Repeat("a line of text\n", n) }

// oddHistory has additions, changes, renames with and without changes, deletions, binary files, odd names, a mode, an empty commit, an empty message, a merge, and times that fall.
func oddHistory(t *testing.T) *repository {
	r := newRepository(t)
	r.write("a.txt", lines(20))
	r.write("dir/b \"q\".txt", lines(3))
	r.write("b.bin", "\x00\x01")
	r.commit("first\nand second line\n\nbody\n\n  indented")
	r.write("a.txt", lines(21))
	r.write("line\nbreak\ttab", "x")
	r.write("\xff\xfe.txt", "latin")
	r.write("ü", "")
	r.commit("")
	r.git("mv", "a.txt", "moved.txt")
	r.commit("rename")
	r.git("mv", "moved.txt", "dir/again.txt")
	r.write("dir/again.txt", lines(22)+"more\n")
	r.commit("rename and change")
	r.git("checkout", "-q", "-b", "side", "HEAD~1")
	r.write("side.txt", lines(2))
	r.commit("on a side")
	r.git("checkout", "-q", "main")
	r.git("rm", "-q", "b.bin")
	r.commit("delete")
	r.git("merge", "-q", "--no-ff", "-m", "merge side", "side")
	r.commit("nothing")
	r.git("add", "-A")
	r.gitAt(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), "commit", "-q", "--allow-empty", "-m", "of long ago")
	return r
}

// importRepository loads what HEAD reaches.
func importRepository(t *testing.T, conn *engine.Conn, dir string) Result {
	t.Helper()
	db, err := conn.DB(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g := Git{Dir: dir, Schema: db.Schema()}
	if db.T() > 0 {
		g.Last = db.At()
	}
	s, err := OpenGit(t.Context(), g, Options{Name: "git:" + dir})
	if err != nil {
		t.Fatal(err)
	}
	done, err := Load(t.Context(), conn, db, s, engine.Meta{By: "importer"})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func newConn(t *testing.T) (*cas.Memory, *engine.Conn) {
	t.Helper()
	s := cas.NewMemory()
	conn, err := engine.Create(t.Context(), s, "main", engine.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return s, conn
}

// TestGitLog compares what is read with what other calls of git say.
func TestGitLog(t *testing.T) {
	r := oddHistory(t)
	p := &gitRepository{Git: Git{Dir: r.dir}, head: r.git("rev-parse", "HEAD")}
	cmd := exec.Command("git", append(append([]string{"-C", r.dir}, gitLog...), p.head)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := gitReader{in: bufio.NewReader(out)}
	var ids []string
	for {
		c, err := in.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, c.id)
		if want := r.git("show", "-s", "--format=%P", c.id); strings.Join(c.parents, " ") != want {
			t.Errorf("%s: parents %v, want %s", c.id, c.parents, want)
		}
		if want := r.git("show", "-s", "--format=%s", c.id); c.subject != want {
			t.Errorf("%s: subject %q, want %q", c.id, c.subject, want)
		}
		if want := r.git("show", "-s", "--format=%B", c.id); c.message != strings.TrimRight(want, "\n") {
			t.Errorf("%s: message %q, want %q", c.id, c.message, want)
		}
		if want := r.git("show", "-s", "--format=%aN <%aE>", c.id); c.author.String() != want {
			t.Errorf("%s: author %s, want %s", c.id, c.author, want)
		}
		if want := r.git("show", "-s", "--format=%ct", c.id); fmt.Sprint(c.committed.Unix()) != want {
			t.Errorf("%s: committed %s, want %s", c.id, c.committed, want)
		}
		checkChanges(t, r, c)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if want := r.git("rev-list", "--date-order", "--reverse", "HEAD"); strings.Join(ids, "\n") != want {
		t.Errorf("commits\n%s\nwant\n%s", strings.Join(ids, "\n"), want)
	}
}

// checkChanges compares with git diff-tree, a file at a time.
func checkChanges(t *testing.T, r *repository, c gitCommit) {
	t.Helper()
	var got []string
	for _, x := range c.changes {
		letter := map[string]string{"add": "A", "modify": "M", "delete": "D", "rename": "R"}[x.kind]
		got = append(got, strings.Join([]string{letter, x.from, x.path}, "\x00"))
	}
	var want []string
	if len(c.parents) < 2 {
		items := strings.Split(r.git("diff-tree", "-r", "--root", "--no-commit-id", "-M", "--name-status", "-z", c.id), "\x00")
		for i := 0; i+1 < len(items); i += 2 {
			letter, from, path := items[i][:1], "", items[i+1]
			if letter == "R" {
				from, path = path, items[i+2]
				i++
			}
			want = append(want, strings.Join([]string{letter, escaped(from), escaped(path)}, "\x00"))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s changed %q, want %q", c.id, got, want)
	}
}

func TestImportGit(t *testing.T) {
	r := oddHistory(t)
	s, conn := newConn(t)
	done := importRepository(t, conn, r.dir)
	commits := strings.Split(r.git("rev-list", "--date-order", "HEAD"), "\n")
	if done.Transactions != len(commits) {
		t.Fatalf("%d transactions for %d commits", done.Transactions, len(commits))
	}
	i := 0
	for c, err := range engine.Log(t.Context(), s, done.DB.Commit()) {
		if err != nil {
			t.Fatal(err)
		}
		if i == len(commits) {
			break // of the making of the database
		}
		want := r.git("show", "-s", "--format=%aN <%aE>\n%s\n%ct", commits[i])
		if got := fmt.Sprintf("%s\n%s\n%d", c.By, c.Msg, c.At.Unix()); got != want && c.Msg != "of long ago" {
			t.Errorf("t %d: %q, want %q", c.T, got, want)
		}
		i++
	}
	counts(t, done.DB, map[string]uint64{"commit/id": uint64(len(commits)), "commit/parents": uint64(len(commits)), "person/email": 2, "change/from": 2, "file/path": 9})
	again := importRepository(t, conn, r.dir)
	if again.Transactions != 0 || again.DB.T() != done.DB.T() {
		t.Errorf("imported again: %d transactions", again.Transactions)
	}
	r.write("new", "x")
	r.commit("one more")
	if more := importRepository(t, conn, r.dir); more.Transactions != 1 {
		t.Errorf("one more commit: %d transactions", more.Transactions)
	}
	if st, err := conn.DB(t.Context()); err != nil || st.At().After(time.Now()) {
		t.Errorf("%v, %v", st.At(), err)
	}
}

// TestImportGitShallow has commits whose parents are not there; when they come, they are imported too.
func TestImportGitShallow(t *testing.T) {
	r := oddHistory(t)
	dir := filepath.Join(t.TempDir(), "clone")
	r.git("clone", "-q", "--depth", "2", "file://"+r.dir, dir)
	_, conn := newConn(t)
	if done := importRepository(t, conn, dir); done.Transactions != 2 {
		t.Fatalf("%d transactions of 2 commits", done.Transactions)
	}
	all := len(strings.Split(r.git("rev-list", "HEAD"), "\n"))
	if done := importRepository(t, conn, r.dir); done.Transactions != all-2 {
		t.Fatalf("%d transactions of the other %d commits", done.Transactions, all-2)
	}
}

func TestImportGitRefuses(t *testing.T) {
	empty, r := newRepository(t), oddHistory(t)
	for _, c := range []struct {
		dir, rev, want string
		o              Options
	}{
		{filepath.Join(r.dir, "nowhere"), "", "cannot change to", Options{}},
		{t.TempDir(), "", "not a git repository", Options{}},
		{empty.dir, "", "Needed a single revision", Options{}},
		{r.dir, "nobranch", "Needed a single revision", Options{}},
		{r.dir, "--help", "Needed a single revision", Options{}},
		{r.dir, "", "--as is not for a repository", Options{Kind: "x"}},
	} {
		c.o.Name = "git:" + c.dir
		_, err := OpenGit(t.Context(), Git{Dir: c.dir, Rev: c.rev}, c.o)
		var wrong *Error
		if !errors.As(err, &wrong) || !strings.Contains(wrong.Msg, c.want) || wrong.Hint == "" {
			t.Errorf("%s@%s: %v, want %s", c.dir, c.rev, err, c.want)
		}
	}
}

func TestGitReaderRefuses(t *testing.T) {
	head := "\x01id\x00\x00a\x00b\x002024-03-01T00:00:00Z\x00a\x00b\x002024-03-01T00:00:00Z\x00m\x00\x00"
	for _, text := range []string{
		"rubbish", "a\x00b\x00c\x00d\x00e\x00f\x00g\x00h\x00i\x00", head[:20], strings.Replace(head, "2024", "20x4", 1),
		head + "\n:100644 100644 a b M\x00", head + "\nrubbish\x00", head + "\n:1 2 3\x00", head + "\n:100644 100644 a b M\x00f\x001\t1\tother\x00", head + "\n:100644 100644 a b M\x00f\x00x\t1\tf\x00",
	} {
		r := gitReader{in: bufio.NewReader(strings.NewReader(text))}
		if c, err := r.next(); err == nil || err == io.EOF {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}
