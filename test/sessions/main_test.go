//go:build linux

// Package sessions uses dhfs as people do: scripts of the usual programs on a real mount of a built binary, as root and
// as a user. What they print is compared with what the files that were imported say, read by other means.
package sessions

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// built is a directory that everybody may enter, with the binary in bin/. The one in plain/ is without the race detector:
// of two users who play the same session one is enough to be watched, and the other has what is installed.
var built string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "dhfs-sessions-")
	if err == nil {
		defer os.RemoveAll(dir)
		err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	built = dir
	return m.Run()
}

func build(dir string) error {
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	for to, flags := range map[string][]string{"bin": buildFlags, "plain": nil} {
		args := append([]string{"build", "-o", filepath.Join(dir, to, "dhfs")}, flags...)
		cmd := exec.Command("go", append(args, "../../cmd/dhfs")...)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return err
		}
	}
	return nil
}
