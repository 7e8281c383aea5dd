//go:build linux || darwin

package fs

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/hanwen/go-fuse/v2/fuse"
	"github.com/sirupsen/logrus"
)

// Server is a mounted tree.
type Server struct {
	dir    string
	inner  *fuse.Server
	raw    *raw
	ending func() bool // whether the mount is to go even while it is used

	mu   sync.Mutex
	gone bool
}

// Mount shows t at the empty directory dir, which must exist, until the mount is taken
// away from outside, Unmount is called or ctx is done. It returns when the mount
// answers. A mount that a killed server left at dir is cleared first. The error wraps
// ErrNoMount where no mount is possible at all, ErrMountPoint where dir is the reason.
func Mount(ctx context.Context, t *Tree, dir string, o MountOptions) (*Server, error) {
	dir, err := prepare(dir, o.StoreDirs)
	if err != nil {
		return nil, err
	}
	if err := canMount(o); err != nil {
		return nil, err
	}
	s := &Server{dir: dir, raw: newRaw(t, o), ending: func() bool { return ctx.Err() != nil }}
	opts := fuseOptions(o)
	opts.PanicHandler = func(fault any) fuse.Status {
		t.errors.add("", fmt.Sprintf("panic: %v: %s", fault, debug.Stack()), "this is a mistake in dhfs: please report it")
		return fuse.EIO
	}
	if s.inner, err = fuse.NewServer(s.raw, dir, opts); err != nil {
		return nil, fmt.Errorf("mount %s: %w", dir, err)
	}
	go s.inner.Serve()
	if err := s.inner.WaitMount(); err != nil {
		return nil, fmt.Errorf("mount %s: the kernel does not answer: %w", dir, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = s.Unmount() }) // nobody is left to tell
	go func() {
		s.inner.Wait()
		stop()
	}()
	return s, nil
}

// Dir is the absolute path of the mount point.
func (s *Server) Dir() string { return s.dir }

// Wait returns when the tree is no longer mounted, and nothing reads its stores for the mount.
func (s *Server) Wait() {
	s.inner.Wait()
	s.raw.comings.end()
}

// Unmount takes the mount away. While a program uses it that is an error, and
// the mount stays; once the context of Mount is done it goes in any case, and
// programs keep what they have open until they close it.
func (s *Server) Unmount() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, mounted := mountAt(s.dir); s.gone || !mounted {
		return nil
	}
	err := s.inner.Unmount()
	if err != nil && s.ending() {
		err = detach(s.dir)
	}
	if err != nil {
		return busy(s.dir, err)
	}
	s.gone = true
	return nil
}

func fuseOptions(o MountOptions) *fuse.MountOptions {
	opts := &fuse.MountOptions{
		FsName:               "dhfs",
		Name:                 Subtype,
		AllowOther:           o.AllowOther,
		DirectMount:          os.Geteuid() == 0,
		DirectMountFlags:     mountFlags,
		Options:              []string{"nosuid", "nodev", "noexec"},
		DisableXAttrs:        !o.XAttrs,
		DisableSplice:        true,
		EnableSymlinkCaching: true,
		MaxBackground:        64,
	}
	if o.Name != "" {
		opts.FsName = strings.ReplaceAll(o.Name, ",", ";")
	}
	if o.AllowOther {
		// The kernel has to keep the others from query files that are not theirs to write.
		opts.Options = append(opts.Options, "default_permissions")
	}
	opts.Logger = log.New(complaints{o.Log}, "", 0)
	return opts
}

// complaints passes what go-fuse logs on as warnings.
type complaints struct{ to logrus.FieldLogger }

func (c complaints) Write(line []byte) (int, error) {
	if c.to != nil {
		c.to.Warn(strings.TrimSpace(string(line)))
	}
	return len(line), nil
}

// prepare makes sure that dir can be mounted on, and returns its real path.
func prepare(dir string, stores []string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := heal(abs); err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(abs)
	if os.IsNotExist(err) {
		return "", fmt.Errorf("%s %w: there is no such directory; make it first: mkdir %s", dir, ErrMountPoint, dir)
	}
	if err != nil {
		return "", fmt.Errorf("%s %w: %w", dir, ErrMountPoint, err)
	}
	for _, store := range stores {
		if inside(real, store) {
			return "", fmt.Errorf("%s %w: it is inside the store %s", dir, ErrMountPoint, store)
		}
	}
	if m, ok := mountAt(real); ok {
		return "", fmt.Errorf("%s %w: %s is mounted there already; dhfs umount %s", dir, ErrMountPoint, m.Name, dir)
	}
	return real, checkEmpty(dir, real)
}

func checkEmpty(dir, real string) error {
	d, err := os.Open(real)
	if err != nil {
		return fmt.Errorf("%s %w: %w", dir, ErrMountPoint, err)
	}
	defer d.Close()
	names, err := d.Readdirnames(1)
	switch {
	case len(names) > 0:
		return fmt.Errorf("%s %w: it is not empty (%s)", dir, ErrMountPoint, names[0])
	case err != io.EOF:
		return fmt.Errorf("%s %w: it is not a directory", dir, ErrMountPoint)
	}
	return nil
}

// inside tells whether dir is store or lies below it.
func inside(dir, store string) bool {
	abs, err := filepath.Abs(store)
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	rel, err := filepath.Rel(abs, dir)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}
