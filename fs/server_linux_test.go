package fs_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/fs"
)

// TestMain can be a server that another process mounts with, kills, or runs as another user.
func TestMain(m *testing.M) {
	if dir := os.Getenv("DHFS_TEST_SERVE"); dir != "" {
		serve(dir)
		return
	}
	os.Exit(m.Run())
}

// serve mounts a small sample at dir, says "ready" and waits for the end of the mount.
func serve(dir string) {
	s := newSample(failing{})
	s.tx(sampleSchema)
	s.tx(sampleData)
	srv, err := fs.Mount(context.Background(), s.tree(), dir, fs.MountOptions{AllowOther: os.Getenv("DHFS_TEST_ALLOW_OTHER") != ""})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	srv.Wait()
}

// failing is a testing.TB for a process that is no test.
type failing struct{ testing.TB }

func (failing) Helper()           {}
func (failing) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// server starts a process that serves dir.
func server(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "DHFS_TEST_SERVE="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	switch {
	case strings.Contains(line, fs.ErrNoMount.Error()):
		t.Skip(line)
	case line != "ready\n":
		t.Fatalf("server: %s", line)
	}
	return cmd
}

func TestKilledServer(t *testing.T) {
	dir := t.TempDir()
	cat := func() string {
		out, _ := exec.Command("cat", filepath.Join(dir, "head/entities/order/1/id")).CombinedOutput()
		return string(out)
	}
	for range 2 {
		cmd := server(t, dir)
		if got := cat(); got != "1\n" {
			t.Fatalf("mounted: %s", got)
		}
		cmd.Process.Kill()
		cmd.Wait()
		if got := cat(); !strings.Contains(got, "not connected") {
			t.Fatalf("killed: %s", got)
		}
	}
	cmd := server(t, dir)
	if got := cat(); got != "1\n" {
		t.Fatalf("mounted again: %s", got)
	}
	if err := fs.Unmount(dir); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the server ends when it is unmounted: %v", err)
	}
	if err := fs.Unmount(dir); err == nil || !strings.Contains(err.Error(), "is not a mount") {
		t.Errorf("unmount of nothing: %v", err)
	}
}

func TestStaleMountIsUnmounted(t *testing.T) {
	dir := t.TempDir()
	cmd := server(t, dir)
	cmd.Process.Kill()
	cmd.Wait()
	if err := fs.Unmount(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadDir(dir); err != nil {
		t.Error(err)
	}
}

// asUser mounts as a user who is not root, with a device of its own that the
// user may open, in a mount namespace of its own.
const asUser = `
set -eu
mknod "$D/fuse" c 10 229; chmod 666 "$D/fuse"
mkdir "$D/mnt"; chown nobody "$D/mnt"
: > "$D/none"; echo user_allow_other > "$D/allow"; touch /etc/fuse.conf
unshare -m sh -euc '
  mount --make-rprivate /; mount --bind "$D/fuse" /dev/fuse
  mount --bind "$D/none" /etc/fuse.conf
  su -s /bin/bash nobody -c "DHFS_TEST_ALLOW_OTHER=1 DHFS_TEST_SERVE=$D/mnt $D/server || true"
  mount --bind "$D/allow" /etc/fuse.conf
  su -s /bin/bash nobody -c "
    DHFS_TEST_ALLOW_OTHER=1 DHFS_TEST_SERVE=$D/mnt $D/server > $D/other & 
    for i in \$(seq 100); do grep -q . $D/other && break; sleep 0.05; done"
  cat "$D/mnt/head/entities/order/1/id"; su -s /bin/sh daemon -c "cat $D/mnt/head/entities/order/2/id; echo x > $D/mnt/query/x" 2>&1 | sed "s/.*x: //"
  su -s /bin/sh nobody -c "fusermount3 -u $D/mnt"
  su -s /bin/bash nobody -c "
    DHFS_TEST_SERVE=$D/mnt $D/server > $D/out & 
    for i in \$(seq 100); do grep -q . $D/out && break; sleep 0.05; done
    cat $D/out
    cd $D/mnt; cat head/entities/order/1/id; stat -c %U head/entities/order/1/id
    findmnt -no FSTYPE,OPTIONS $D/mnt | tr -s \" \" | cut -d, -f1-4
    echo \"[:find ?x . :where [_ :order/id ?x]]\" > query/q.dl; stat -c %U query/q.dl; head -1 query/q.tsv
    (echo x > head/entities/order/1/id) 2>&1 | grep -o \"Read-only.*\"
    cd /; fusermount3 -u $D/mnt; wait; ls -A $D/mnt
  "'
`

func TestMountAsUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("every other test has mounted as a user")
	}
	for _, program := range []string{"fusermount3", "unshare", "su", "findmnt"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is not installed: run scripts/setup.sh %[1]s", program)
		}
	}
	dir := t.TempDir()
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "server"), binary, 0o755); err != nil {
		t.Fatal(err)
	}
	for d := dir; d != "/tmp" && d != "/"; d = filepath.Dir(d) {
		os.Chmod(d, 0o755)
	}
	for _, name := range []string{"out", "other"} {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(name, nil, 0o666), os.Chmod(name, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("bash", "-c", asUser)
	cmd.Env = append(os.Environ(), "D="+dir)
	out, err := cmd.CombinedOutput()
	want := "let other users in: /etc/fuse.conf has no line user_allow_other, so only root may let other users in " +
		"(as root: echo user_allow_other >> /etc/fuse.conf): permission denied\n1\n2\nPermission denied\nready\n1\nnobody\nfuse.dhfs rw,nosuid,nodev,noexec\nnobody\nx\nRead-only file system\n"
	if err != nil || string(out) != want {
		t.Errorf("%v, got:\n%s\nwant:\n%s", err, out, want)
	}
}
