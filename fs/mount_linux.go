package fs

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const mountFlags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC

// canMount tells why no mount is possible here.
func canMount(o MountOptions) error {
	for _, f := range []Finding{checkDevice(), checkHelper()} {
		if f.State == Problem {
			return fmt.Errorf("%w: %s (%s)", ErrNoMount, f.Says, f.Mend)
		}
	}
	if f := checkAllowOther(); o.AllowOther && f.State != Good {
		return fmt.Errorf("let other users in: %s (as root: %s): %w", f.Says, f.Mend, os.ErrPermission)
	}
	return nil
}

func fusermount() (string, error) {
	path, err := exec.LookPath("fusermount3")
	if err != nil {
		path, err = exec.LookPath("fusermount")
	}
	return path, err
}

// Mounts lists the mounts of trees that this process can see.
func Mounts() ([]Mounted, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []Mounted
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if m, ok := parseMount(lines.Text()); ok {
			all = append(all, m)
		}
	}
	return all, lines.Err()
}

// parseMount reads a line of mountinfo: ids, root, mount point, options,
// optional fields, "-", type, source, options.
func parseMount(line string) (Mounted, bool) {
	before, after, _ := strings.Cut(line, " - ")
	left, right := strings.Fields(before), strings.Fields(after)
	if len(left) < 5 || len(right) < 2 || right[0] != "fuse."+Subtype {
		return Mounted{}, false
	}
	return Mounted{Dir: unescapeMount(left[4]), Name: unescapeMount(right[1])}, true
}

// mountEscapes are how the kernel writes the characters that would break its lines.
var mountEscapes = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

func unescapeMount(s string) string { return mountEscapes.Replace(s) }

// mountAt finds the newest mount of a tree at dir.
func mountAt(dir string) (found Mounted, ok bool) {
	all, err := Mounts()
	if err != nil {
		return found, false
	}
	for _, m := range all {
		if m.Dir == dir {
			found, ok = m, true
		}
	}
	return found, ok
}

// heal clears a mount whose server is gone.
func heal(dir string) error {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); !errors.Is(err, unix.ENOTCONN) {
		return nil
	}
	if err := detach(dir); err != nil {
		return fmt.Errorf("%s %w: a mount was left there by a server that is gone, and clearing it failed: %w", dir, ErrMountPoint, err)
	}
	return nil
}

// detach unmounts dir even while it is in use.
func detach(dir string) error {
	if err := unix.Unmount(dir, unix.MNT_DETACH); err == nil || os.Geteuid() == 0 {
		return err
	}
	return runFusermount("-uz", dir)
}

func runFusermount(args ...string) error {
	path, err := fusermount()
	if err != nil {
		return err
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w", strings.TrimSpace(string(out)), err)
	}
	return nil
}

// Unmount takes away the mount at dir, whichever process serves it. While a
// program uses it that is an error, and the mount stays.
func Unmount(dir string) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	if _, ok := mountAt(abs); !ok {
		return fmt.Errorf("%s is not a mount of dhfs", dir)
	}
	var st unix.Stat_t
	if errors.Is(unix.Stat(abs, &st), unix.ENOTCONN) {
		return detach(abs)
	}
	settle(abs)
	if err := unix.Unmount(abs, unix.UMOUNT_NOFOLLOW); err == nil {
		return nil
	} else if os.Geteuid() == 0 {
		return busy(dir, err)
	}
	if err := runFusermount("-u", abs); err != nil {
		return busy(dir, err)
	}
	return nil
}

// settle lets the server store the queries that were just written, so that the
// next mount has them. That it cannot is in its errors.tsv, and no reason to stay.
func settle(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}

// busy explains why a mount could not be taken away.
func busy(dir string, err error) error {
	if errors.Is(err, syscall.EBUSY) || strings.Contains(strings.ToLower(err.Error()), "busy") {
		return fmt.Errorf("unmount %s: a program is using it (a shell in it? fuser -m %s shows which): %w", dir, dir, err)
	}
	return fmt.Errorf("unmount %s: %w", dir, err)
}
