//go:build linux

package sessions

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dhfs/dhfs/fs"
)

// nobody is the user for whom root plays sessions, too.
const nobody = 65534

// prelude comes before every script: the first error ends it, and whatever is mounted below its directory goes.
const prelude = `
set -euo pipefail
finish() {
    status=$?
    trap - EXIT
    cd "$HOME"
    for m in mnt*; do
        if mountpoint -q "$m"; then dhfs umount "$m"; fi
    done
    exit $status
}
trap finish EXIT
cd "$HOME"
`

// asNobody runs a command line as a user who mounts with fusermount3, in a mount namespace with a device that users may open.
const asNobody = `
mount --make-rprivate /
mount --bind "$HOME/.fuse" /dev/fuse
exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
`

// play runs the script of testdata in bash, in a directory of its own with copies of the files, once for each kind of
// user there can be here, both at the same time, and hands what it printed to check.
func play(t *testing.T, script string, files []string, check func(t *testing.T, out string)) {
	t.Helper()
	for _, f := range fs.CheckMounting() {
		if f.State == fs.Problem {
			t.Skip(f.Says)
		}
	}
	text, err := os.ReadFile(filepath.Join("testdata", script))
	if err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		t.Run("user", func(t *testing.T) { check(t, perform(t, false, string(text), files)) })
		return
	}
	for name, other := range map[string]bool{"root": false, "user": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, perform(t, other, string(text), files))
		})
	}
}

// perform runs a script and returns what it wrote to standard output.
func perform(t *testing.T, other bool, script string, files []string) string {
	t.Helper()
	dir := stage(t, files)
	command := []string{"bash", "-c", prelude + script}
	if other {
		if err := errors.Join(syscall.Mknod(filepath.Join(dir, ".fuse"), syscall.S_IFCHR, 10<<8|229), os.Chmod(filepath.Join(dir, ".fuse"), 0o666), os.Chown(dir, nobody, nobody)); err != nil {
			t.Fatal(err)
		}
		command = append([]string{"unshare", "-m", "sh", "-ec", asNobody, "sh"}, command...)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	bin := "bin"
	if other {
		bin = "plain"
	}
	cmd.Dir, cmd.Env = dir, environment(dir, bin)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v after\n%s\nit said\n%s", err, out.String(), said.String())
	}
	races, err := filepath.Glob(filepath.Join(dir, ".race*"))
	if err != nil || len(races) > 0 {
		report, _ := os.ReadFile(races[0])
		t.Errorf("data race: %s", report)
	}
	return out.String()
}

// stage makes the directory of a session. It is not t.TempDir, which only root could enter.
func stage(t *testing.T, files []string) string {
	t.Helper()
	dir, err := os.MkdirTemp(built, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				os.Chmod(name, 0o755) // copies of the tree are read-only
			}
			return nil
		})
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// environment has the binary of a directory in built first in its path.
func environment(dir, bin string) []string {
	return append(os.Environ(),
		"HOME="+dir, "XDG_STATE_HOME="+filepath.Join(dir, ".state"), "XDG_CONFIG_HOME="+filepath.Join(dir, ".config"), "TMPDIR="+dir,
		"PATH="+filepath.Join(built, bin)+":"+os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC",
		"DHFS_AUTHOR=tester", "BIG="+filepath.Join(built, "big"), "GORACE=atexit_sleep_ms=20 log_path="+filepath.Join(dir, ".race"))
}

// lines compares what a session printed with what it should have printed, line by line.
func lines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(strings.TrimSuffix(got, "\n"), "\n"), strings.Split(strings.TrimSuffix(want, "\n"), "\n")
	for i := range max(len(g), len(w)) {
		a, b := "nothing", "nothing"
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Errorf("line %d: got %s, want %s", i+1, a, b)
		}
	}
}

// rows reads a CSV file but for its first line.
func rows(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cells, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return cells[1:]
}
