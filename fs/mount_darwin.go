package fs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const mountFlags = 0

// canMount tells why no mount is possible here.
func canMount(MountOptions) error {
	if f := checkDriver(); f.State == Problem {
		return fmt.Errorf("%w: %s (%s)", ErrNoMount, f.Says, f.Mend)
	}
	return nil
}

// CheckMounting looks at all that mounts need of the system.
func CheckMounting() []Finding { return []Finding{checkDriver()} }

func checkDriver() Finding {
	f := Finding{What: "macFUSE", State: Good, Says: "it is installed"}
	if _, err := os.Stat("/Library/Filesystems/macfuse.fs"); err != nil {
		f.State, f.Says, f.Mend = Problem, "macFUSE is not installed", "brew install --cask macfuse"
	}
	return f
}

// Mounts lists the mounts of trees.
func Mounts() ([]Mounted, error) {
	n, err := unix.Getfsstat(nil, unix.MNT_NOWAIT)
	if err != nil {
		return nil, err
	}
	list := make([]unix.Statfs_t, n)
	if n, err = unix.Getfsstat(list, unix.MNT_NOWAIT); err != nil {
		return nil, err
	}
	var all []Mounted
	for _, m := range list[:n] {
		if fstype := cstring(m.Fstypename[:]); fstype == "macfuse" || fstype == "osxfuse" {
			all = append(all, Mounted{Dir: cstring(m.Mntonname[:]), Name: cstring(m.Mntfromname[:])})
		}
	}
	return all, nil
}

func cstring(b []byte) string {
	text, _, _ := bytes.Cut(b, []byte{0})
	return string(text)
}

// mountAt finds the mount of a tree at dir.
func mountAt(dir string) (Mounted, bool) {
	all, err := Mounts()
	if err != nil {
		return Mounted{}, false
	}
	for _, m := range all {
		if m.Dir == dir {
			return m, true
		}
	}
	return Mounted{}, false
}

// heal clears a mount whose server is gone.
func heal(dir string) error {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); !errors.Is(err, unix.ENOTCONN) && !errors.Is(err, unix.ENXIO) {
		return nil
	}
	return detach(dir)
}

// detach unmounts dir even while it is in use.
func detach(dir string) error { return unix.Unmount(dir, unix.MNT_FORCE) }

// Unmount takes away the mount at dir, whichever process serves it. While a
// program uses it that is an error, and the mount stays.
func Unmount(dir string) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if out, err := exec.Command("umount", abs).CombinedOutput(); err != nil {
		return busy(dir, fmt.Errorf("%s: %w", bytes.TrimSpace(out), err))
	}
	return nil
}

// busy explains why a mount could not be taken away.
func busy(dir string, err error) error { return fmt.Errorf("unmount %s: %w", dir, err) }
