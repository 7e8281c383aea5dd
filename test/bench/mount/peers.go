//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// peer is one way to show the files of a tree.
type peer struct {
	name    string
	needs   []string                                     // programs that must be installed
	prepare func(b *bench, t tree) error                 // makes what is mounted; nil when there is nothing to do
	server  func(b *bench, t tree, mnt string) *exec.Cmd // serves a mount in the foreground; nil when nothing is mounted
	below   string                                       // where the mount shows the tree
	central bool                                         // what the others are compared with: runs as often as asked for
}

func (p peer) title() string { return p.name }

var allPeers = []peer{
	{
		name:    "dhfs",
		below:   shown,
		central: true,
		server: func(b *bench, t tree, mnt string) *exec.Cmd {
			return exec.Command(b.dhfs, "mount", t.db, mnt)
		},
	},
	{
		name:    "memory",
		central: true,
		server: func(_ *bench, t tree, mnt string) *exec.Cmd {
			return exec.Command("/proc/self/exe", serveMemory, t.plain, mnt)
		},
	},
	{name: "plain"},
	{
		name:  "squashfuse",
		needs: []string{"squashfuse", "mksquashfs"},
		prepare: func(_ *bench, t tree) error {
			// Looking for equal files takes minutes.
			return quiet(exec.Command("mksquashfs", t.plain, t.image(), "-no-progress", "-no-duplicates"))
		},
		server: func(_ *bench, t tree, mnt string) *exec.Cmd {
			return exec.Command("squashfuse", "-f", t.image(), mnt)
		},
	},
	{
		name:  "restic",
		needs: []string{"restic"},
		below: "snapshots/latest",
		prepare: func(_ *bench, t tree) error {
			if err := quiet(t.restic("init")); err != nil {
				return err
			}
			backup := t.restic("backup", ".")
			backup.Dir = t.plain
			return quiet(backup)
		},
		server: func(_ *bench, t tree, mnt string) *exec.Cmd { return t.restic("mount", mnt) },
	},
}

func byName(name string) peer {
	for _, p := range allPeers {
		if p.name == name {
			return p
		}
	}
	panic("no peer " + name)
}

func (t tree) image() string { return filepath.Join(t.dir, "image.squashfs") }

func (t tree) restic(args ...string) *exec.Cmd {
	cmd := exec.Command("restic", append([]string{"--repo", filepath.Join(t.dir, "restic"), "--no-cache", "--quiet"}, args...)...)
	cmd.Env = append(os.Environ(), "RESTIC_PASSWORD=bench")
	return cmd
}

func quiet(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, out)
	}
	return nil
}

// missing tells what of a peer is not installed.
func (p peer) missing() string {
	for _, program := range p.needs {
		if _, err := exec.LookPath(program); err != nil {
			return program + " is not installed: scripts/setup.sh squashfuse mksquashfs restic"
		}
	}
	return ""
}

// mounted is a peer that shows a tree.
type mounted struct {
	root   string // where the tree begins
	mnt    string
	server *exec.Cmd // nil when nothing is mounted
	gone   chan error
}

// startPatience is how long a server may take until it answers.
const startPatience = 30 * time.Second

// mount starts a peer's server and waits until it answers.
func (b *bench) mount(p peer, t tree) (*mounted, error) {
	if p.server == nil {
		return &mounted{root: t.plain}, nil
	}
	mnt, err := os.MkdirTemp(b.dir, "mnt-")
	if err != nil {
		return nil, err
	}
	m := &mounted{root: filepath.Join(mnt, p.below), mnt: mnt, server: p.server(b, t, mnt), gone: make(chan error, 1)}
	if err := m.server.Start(); err != nil {
		return nil, err
	}
	go func() { m.gone <- m.server.Wait() }()
	before := device(b.dir)
	for began := time.Now(); device(mnt) == before; time.Sleep(time.Millisecond) {
		select {
		case err := <-m.gone:
			return nil, fmt.Errorf("%s does not mount: %v", p.name, err)
		default:
		}
		if time.Since(began) > startPatience {
			return nil, errors.Join(fmt.Errorf("%s did not mount within %v", p.name, startPatience), m.end())
		}
	}
	m.root, err = filepath.EvalSymlinks(m.root)
	return m, err
}

// device numbers the file system at dir; 0 when it does not answer.
func device(dir string) uint64 {
	var st syscall.Stat_t
	if syscall.Stat(dir, &st) != nil {
		return 0
	}
	return uint64(st.Dev)
}

// end takes the mount away and waits for its server.
func (m *mounted) end() error {
	if m.server == nil {
		return nil
	}
	if err := quiet(exec.Command("fusermount3", "-uz", m.mnt)); err != nil {
		m.server.Process.Kill()
		return err
	}
	select {
	case <-m.gone:
	case <-time.After(startPatience):
		m.server.Process.Kill()
	}
	return os.Remove(m.mnt)
}
