package main

import (
	"slices"
	"strings"
	"testing"
)

func TestCommandLineOfMountHelpers(t *testing.T) {
	for _, c := range []struct{ call, want string }{
		{"dhfs mount shop mnt", "mount shop mnt"},
		{"dhfs query shop q", "query shop q"},
		{"dhfs", ""},
		{"dhfs shop mnt -o rw", "mount shop mnt --daemon"},
		{"dhfs shop mnt -o rw,allow_other,dev,suid", "mount shop mnt --daemon --allow-other"},
		{"/sbin/mount.dhfs shop mnt", "mount shop mnt --daemon"},
		{"/sbin/mount.dhfs shop mnt -n -v -o ro,x-gvfs-show,comment=a", "mount shop mnt --daemon"},
		{"/sbin/mount.fuse.dhfs shop mnt -o xattrs,inodes=unique -t fuse.dhfs", "mount shop mnt --daemon --xattrs --inodes=unique"},
	} {
		got, err := commandLine(strings.Fields(c.call))
		if err != nil || !slices.Equal(got, strings.Fields(c.want)) {
			t.Errorf("%s: %q %v, want %s", c.call, got, err, c.want)
		}
	}
	for call, want := range map[string]string{
		"mount.dhfs shop":                    "want SOURCE and DIR",
		"mount.dhfs shop mnt -o":             "which options?",
		"mount.dhfs shop mnt -o ro,color=on": "color=on: no such option",
		"mount.dhfs shop mnt -f":             "cannot be tried",
	} {
		if _, err := commandLine(strings.Fields(call)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", call, err, want)
		}
	}
}
