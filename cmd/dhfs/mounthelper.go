package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// mount(8) calls a program for file systems that it does not know, also for lines
// of /etc/fstab: mount.dhfs or mount.fuse.dhfs SOURCE DIR [-sfnv] [-o OPTIONS], if
// there is one, and else mount.fuse, which calls dhfs SOURCE DIR -o OPTIONS.

// helperNames are the names under which the program is such a helper.
var helperNames = []string{"mount.dhfs", "mount.fuse.dhfs"}

// commandLine is what a call asks for: its arguments, or those of the dhfs mount
// that mount(8) means.
func commandLine(argv []string) ([]string, error) {
	args := argv[1:]
	viaFuse := len(args) == 4 && args[2] == "-o"
	if !viaFuse && !slices.Contains(helperNames, filepath.Base(argv[0])) {
		return args, nil
	}
	if len(args) < 2 {
		return nil, usageError{"want SOURCE and DIR, as mount(8) gives them"}
	}
	flags, err := helperFlags(args[2:])
	if err != nil {
		return nil, err
	}
	return append([]string{"mount", args[0], args[1]}, flags...), nil
}

// helperFlags turns what follows SOURCE and DIR into flags of dhfs mount.
func helperFlags(args []string) ([]string, error) {
	flags := []string{"--daemon"}
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "-o":
			if i++; i == len(args) {
				return nil, usageError{"-o: which options?"}
			}
			more, err := mountOptions(args[i])
			if err != nil {
				return nil, err
			}
			flags = append(flags, more...)
		case "-t", "-N": // a type, which is this, or a namespace, which is entered already
			i++
		case "-f":
			return nil, usageError{"-f: a mount that is not made cannot be tried"}
		}
	}
	return flags, nil
}

// generic are the options that mean nothing here, or what is so in any case.
var generic = []string{
	"defaults", "ro", "rw", "suid", "nosuid", "dev", "nodev", "exec", "noexec", "auto", "noauto", "user", "nouser", "users", "owner", "group",
	"nofail", "_netdev", "async", "sync", "atime", "noatime", "relatime", "norelatime", "strictatime", "lazytime", "nolazytime", "diratime", "nodiratime",
	"default_permissions", "nonempty",
}

// mountOptions turns the options of an fstab line into flags.
func mountOptions(list string) (flags []string, err error) {
	for _, o := range strings.Split(list, ",") {
		name, value, _ := strings.Cut(o, "=")
		switch {
		case o == "allow_other":
			flags = append(flags, "--allow-other")
		case o == "xattrs":
			flags = append(flags, "--xattrs")
		case name == "inodes":
			flags = append(flags, "--inodes="+value)
		case o == "", slices.Contains(generic, o), name == "comment", strings.HasPrefix(o, "x-"), strings.HasPrefix(o, "X-"):
		default:
			return nil, hinted{usageError{fmt.Sprintf("-o %s: no such option", o)}, "-o allow_other, xattrs, inodes=unique, and what every file system takes"}
		}
	}
	return flags, nil
}
