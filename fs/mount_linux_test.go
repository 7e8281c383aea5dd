package fs_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/fs"
	"go.uber.org/goleak"
)

// requests counts what the kernel asked for, by kind of request.
type requests struct {
	mu sync.Mutex
	n  map[string]int
}

func (r *requests) count(op string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == nil {
		r.n = map[string]int{}
	}
	r.n[op]++
}

// take returns the counts and begins anew.
func (r *requests) take() (total int, n map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, r.n = r.n, nil
	for _, k := range n {
		total += k
	}
	return total, n
}

// mounted is a tree mounted for a test, and a shell in it.
type mounted struct {
	t    testing.TB
	dir  string
	srv  *fs.Server
	reqs requests
}

// mount mounts the tree until the test ends. Only a machine without FUSE skips the test.
func mount(t testing.TB, tree *fs.Tree) *mounted {
	t.Helper()
	m := &mounted{t: t, dir: t.TempDir()}
	srv, err := fs.Mount(context.Background(), tree, m.dir, fs.MountOptions{Name: "people", Requests: m.reqs.count})
	if errors.Is(err, fs.ErrNoMount) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	m.srv = srv
	t.Cleanup(func() {
		if err := srv.Unmount(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// sh runs a shell script in the mount and returns what it prints, errors included.
func (m *mounted) sh(script string) string {
	m.t.Helper()
	out, err := m.try(script)
	if err != nil {
		m.t.Fatalf("%s\n%v\n%s", script, err, out)
	}
	return out
}

func (m *mounted) try(script string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	// The shell itself enters the mount: a process that does so between fork and
	// exec stops this one, which is the server.
	cmd := exec.CommandContext(ctx, "bash", "-euc", "cd "+m.dir+"\n"+script)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "HOME="+m.t.TempDir(), "OUT="+outDir(m.t))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// want runs a script and compares what it prints.
func (m *mounted) want(script, want string) {
	m.t.Helper()
	if got := m.sh(script); got != want {
		m.t.Errorf("%s\ngot:\n%s\nwant:\n%s", script, got, want)
	}
}

func TestMountRead(t *testing.T) {
	s := peopleSample(t)
	m := mount(t, s.tree())
	m.want("ls", "README.md\nat\nbranches\ncommits\ndiff\nhead\nlog.tsv\nquery\ntags\n")
	m.want("ls head/entities", "_\norder\nperson\n")
	m.want("cat head/entities/person/ada@example.org/age", "37\n")
	m.want("cat head/entities/person/ada@example.org/nick", "a\\\\b\\nc\ncountess\n")
	m.want("grep -r Ada head/entities", "head/entities/person/ada@example.org/name:Ada\n")
	m.want("find head/ -name total | sort", "head/entities/order/1/total\nhead/entities/order/2/total\n")
	m.want("stat -c '%a %s %Y %F' head/entities/order/1/total", "444 6 1793534460 regular file\n")
	m.want("cat head/entities/person/ada@example.org/bio | wc -c", "2201\n")
	m.want("tail -c 7 head/entities/person/ada@example.org/bio", " story \n"[1:])
	m.want("readlink head", "commits/"+s.ids[2]+"\n")
	m.want("diff -r at/main~1/entities head/entities || true", `diff -r at/main~1/entities/person/ada@example.org/age head/entities/person/ada@example.org/age
1c1
< 36
---
> 37
Only in head/entities/person/ada@example.org: bio
diff -r at/main~1/entities/person/ben@example.org/friend head/entities/person/ben@example.org/friend
2d1
< person/cy%2F..%2F..@example.org
`)
	m.want("cat head/entities/person/.count", "3\n")
	m.want("cat head/entities/_/1/name", "Ada\n")
	m.want("wc -l < log.tsv", "4\n")
	m.want("find . -name '.*' ! -name . | head", "")
	m.want("stat -f -c %T . ; findmnt -no SOURCE,FSTYPE $PWD; findmnt -no OPTIONS $PWD | cut -d, -f1-4", "fuseblk\npeople fuse.dhfs\nrw,nosuid,nodev,noexec\n")
}

// outDir is a directory for copies of a tree. They have its read-only modes, which only root can
// remove as they are.
func outDir(t testing.TB) string {
	dir := t.TempDir()
	t.Cleanup(func() {
		if out, err := exec.Command("chmod", "-R", "u+w", dir).CombinedOutput(); err != nil {
			t.Errorf("chmod: %v: %s", err, out)
		}
	})
	return dir
}

func TestMountCopies(t *testing.T) {
	s := peopleSample(t)
	m := mount(t, s.tree())
	for _, copy := range []string{
		"rsync -a head/ $OUT/copy/",
		"rsync -aH head/ $OUT/copy/",
		"cp -a head/. $OUT/copy",
		"cp -r head/. $OUT/copy && touch -r head/entities $OUT/copy/entities",
		"mkdir $OUT/copy && tar cf - -C head . | tar xf - -C $OUT/copy",
		"cd head && find . -type f | cpio --quiet -pdm $OUT/copy",
	} {
		m.want(copy+" 2>&1; cd "+m.dir+"; diff -r head/entities $OUT/copy/entities && diff -r head/attributes $OUT/copy/attributes && echo same", "same\n")
	}
	m.want(`rsync -a head/ $OUT/copy/; rsync -ain head/ $OUT/copy/`, "")
}

func TestInodesOfAMount(t *testing.T) {
	s := peopleSample(t)
	const count = "find at/t2/ at/t3/ -type f -printf '%i\\n' | sort -u | wc -l; find at/t2/ at/t3/ -type f | wc -l; find at/t2/ -type f -printf '%n\\n' | sort -u"
	const copy = "cp -a at/t2/. $OUT/2; cp -a at/t3/. $OUT/3; cp -a at/t2 at/t3 $OUT; rsync -aH at/t2/ at/t3/ $OUT/h; find $OUT/h -name total -printf '%n '"
	content := mount(t, s.tree())
	content.want(count, "50\n143\n2\n")
	content.sh(copy)
	unique := mount(t, fs.New([]fs.Database{{Store: s.store}}, fs.Options{Inodes: "unique"}))
	unique.want(count, "143\n143\n1\n")
	unique.sh(copy)
}

// TestRsyncOfManyCommits holds a copy of ten commits against what they show: what is equal, times
// included, is one file.
func TestRsyncOfManyCommits(t *testing.T) {
	s := manySample(t, 50)
	for i := range 8 {
		s.tx(fmt.Sprintf(`[{:person/email "p%05d@example.org" :person/age %d}]`, i, 90+i))
	}
	m := mount(t, s.tree())
	// Every file of every commit is there, and as it is in the mount.
	out := m.sh(`rsync -aH commits/ $OUT/; rsync -anci commits/ $OUT/; diff -r commits $OUT; cd $OUT; find . -type f -printf '%i %T@ ' -exec sha256sum {} \;`)
	type file struct{ sum, time string }
	inodes := map[string]file{}
	files := map[file]string{}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for _, line := range lines {
		w := strings.Fields(line)
		if len(w) != 4 {
			t.Fatalf("the copy differs: %s", line)
		}
		f := file{w[2], w[1]}
		if before, ok := inodes[w[0]]; ok && before != f {
			t.Fatalf("inode %s is %v and %v", w[0], before, f)
		}
		if before, ok := files[f]; ok && before != w[0] {
			t.Errorf("%s: kept twice, as %s and %s", line, before, w[0])
		}
		inodes[w[0]], files[f] = f, w[0]
	}
	t.Logf("%d files, %d inodes", len(lines), len(inodes))
	if len(lines) < 10*50*4-400 || len(inodes) > len(lines)/8 {
		t.Errorf("%d files are kept as %d", len(lines), len(inodes))
	}
}

func TestMountIsReadOnly(t *testing.T) {
	s := peopleSample(t)
	m := mount(t, s.tree())
	for _, script := range []string{
		"echo x > head/entities/person/ada@example.org/age",
		"echo x >> head/entities/person/ada@example.org/age",
		"rm head/entities/person/ada@example.org/age",
		"rm -r head/entities/order/1",
		"mkdir head/entities/x",
		"mv head/entities/order/1/total head/entities/order/1/sum",
		"touch head/entities/person/new",
		"touch head/entities/person/ada@example.org/age",
		"chmod 644 head/entities/person/ada@example.org/age",
		"ln head/entities/person/ada@example.org/age head/entities/person/ada@example.org/age2",
		"ln -s x head/entities/x",
		"truncate -s 0 log.tsv",
		"test -w README.md || { echo Read-only file system; false; }",
	} {
		out, err := m.try(script)
		if err == nil || !strings.Contains(out, "Read-only file system") {
			t.Errorf("%s: %v %s", script, err, out)
		}
	}
	m.want("cat head/entities/person/ada@example.org/age", "37\n")
}

func TestMountPoint(t *testing.T) {
	s := peopleSample(t)
	tree := s.tree()
	dir := t.TempDir()
	full := filepath.Join(dir, "full")
	for _, d := range []string{"full/thing", "store/inside"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m := mount(t, tree)
	for at, want := range map[string]string{
		full:                               "not empty",
		filepath.Join(dir, "missing"):      "no such directory",
		filepath.Join(dir, "store/inside"): "inside the store",
		filepath.Join(dir, "store"):        "inside the store",
		m.dir:                              "mounted there already",
	} {
		srv, err := fs.Mount(context.Background(), tree, at, fs.MountOptions{StoreDirs: []string{filepath.Join(dir, "store")}})
		if err == nil {
			srv.Unmount()
		}
		if !errors.Is(err, fs.ErrMountPoint) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", at, err, want)
		}
	}
}

func TestUnmountWhileBusy(t *testing.T) {
	m := mount(t, peopleSample(t).tree())
	shell := m.start("echo ready; read _")
	if err := fs.Unmount(m.dir); err == nil || !strings.Contains(err.Error(), "a program is using it") {
		t.Errorf("unmount while busy: %v", err)
	}
	m.want("cat head/entities/order/1/id", "1\n")
	shell.finish("\n")
}

func TestMountEndsWithItsContext(t *testing.T) {
	for _, use := range []bool{false, true} {
		ctx, cancel := context.WithCancel(context.Background())
		m := &mounted{t: t, dir: t.TempDir()}
		srv, err := fs.Mount(ctx, peopleSample(t).tree(), m.dir, fs.MountOptions{})
		if errors.Is(err, fs.ErrNoMount) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		var shell *shell
		if use {
			shell = m.start("cd head/entities; echo ready; read _; cat order/1/id 2>&1 || true")
		}
		cancel()
		if err := srv.Unmount(); err != nil {
			t.Errorf("in use: %v: %v", use, err)
		}
		if use {
			if got := shell.finish("\n"); got != "1\n" {
				t.Errorf("what is open stays open: %s", got)
			}
		}
		srv.Wait()
		if names, err := os.ReadDir(m.dir); err != nil || len(names) > 0 {
			t.Errorf("the mount is still there: %v %v", names, err)
		}
		if err := srv.Unmount(); err != nil {
			t.Errorf("unmount again: %v", err)
		}
	}
}

func TestUnmountLeavesNothingRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("mount", func(t *testing.T) {
		mount(t, peopleSample(t).tree()).want("cat head/entities/order/1/id; echo '[:find ?x . :where [_ :order/id ?x]]' > query/q.dl; cat query/q.edn", "1\n1\n")
	})
	goleak.VerifyNone(t, before)
}

// shell is a script that runs in the mount while the test goes on.
type shell struct {
	m   *mounted
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// start runs a script in the mount and returns when it has printed "ready".
func (m *mounted) start(script string) *shell {
	m.t.Helper()
	s := &shell{m: m, cmd: exec.Command("bash", "-euc", "cd "+m.dir+"\n"+script)}
	in, err := s.cmd.StdinPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	s.in, s.out = in, bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	if line, err := s.out.ReadString('\n'); line != "ready\n" {
		m.t.Fatalf("%s: %q %v", script, line, err)
	}
	return s
}

// finish writes to the script and returns what it still prints.
func (s *shell) finish(input string) string {
	s.m.t.Helper()
	io.WriteString(s.in, input)
	s.in.Close()
	out, err := io.ReadAll(s.out)
	if err != nil {
		s.m.t.Error(err)
	}
	s.cmd.Wait()
	return string(out)
}
