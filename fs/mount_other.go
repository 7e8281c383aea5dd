//go:build !linux && !darwin

package fs

import (
	"context"
	"fmt"
	"runtime"
)

// Server is a mounted tree.
type Server struct{}

// Mount fails: there is no FUSE on this system.
func Mount(context.Context, *Tree, string, MountOptions) (*Server, error) {
	return nil, fmt.Errorf("mount on %s: %w", runtime.GOOS, ErrNoMount)
}

// Wait returns at once.
func (s *Server) Wait() {}

// Unmount does nothing.
func (s *Server) Unmount() error { return nil }

// Unmount fails: there is no FUSE on this system.
func Unmount(string) error { return fmt.Errorf("unmount on %s: %w", runtime.GOOS, ErrNoMount) }

// Mounts lists nothing: there are none on this system.
func Mounts() ([]Mounted, error) { return nil, nil }

// Dir is the mount point.
func (s *Server) Dir() string { return "" }

// CheckMounting finds that no mount is possible.
func CheckMounting() []Finding {
	return []Finding{{What: "FUSE", State: Problem, Says: ErrNoMount.Error() + ": " + runtime.GOOS, Mend: "use dhfs ls, cat, find and query"}}
}
