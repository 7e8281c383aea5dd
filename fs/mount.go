package fs

import (
	"errors"

	"github.com/sirupsen/logrus"
)

// ErrNoMount says that this machine cannot mount: the system has no FUSE, or
// what it needs is not installed. The same paths can be read without a mount.
var ErrNoMount = errors.New("no mount is possible here")

// ErrMountPoint says that a directory cannot be mounted on.
var ErrMountPoint = errors.New("cannot be mounted on")

// Subtype is the type of the mounts, as mount(8) shows it: fuse.dhfs.
const Subtype = "dhfs"

// MountOptions say how a tree is mounted.
type MountOptions struct {
	// Name is shown as the mounted device; "dhfs" when empty.
	Name string
	// AllowOther lets other users see the tree.
	AllowOther bool
	// XAttrs shows extended attributes, user.dhfs.*; the kernel then asks for them
	// with every ls -l.
	XAttrs bool
	// StoreDirs are the directories that the stores live in: a mount point
	// inside one of them is refused.
	StoreDirs []string
	// Requests, when not nil, is told the name of every request of the kernel.
	Requests func(op string)
	// Log gets go-fuse's complaints; they are dropped when it is nil.
	Log logrus.FieldLogger
}

// Mounted is one mount of a tree, of this process or another.
type Mounted struct {
	Dir  string
	Name string // MountOptions.Name
}

// States of a Finding.
const (
	Good    = "ok"
	Note    = "note"    // nothing is wrong, but not all is possible
	Problem = "problem" // no mount until it is mended
)

// Finding is what was found out about one thing that mounts need.
type Finding struct {
	What  string
	State string
	Says  string
	Mend  string // the one line that mends it; empty where nothing is to be mended
}
