package fs

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// CheckMounting looks at all that mounts need of the system.
func CheckMounting() []Finding { return []Finding{checkDevice(), checkHelper(), checkAllowOther()} }

// loadFuse is what brings /dev/fuse.
const loadFuse = "modprobe fuse; in a container, --device /dev/fuse --cap-add SYS_ADMIN"

// checkDevice looks for the kernel's side of FUSE. Users need to be able to open
// it too: fusermount3 does so with their rights.
func checkDevice() Finding {
	f := Finding{What: "/dev/fuse", State: Problem, Mend: loadFuse}
	if _, err := os.Stat(f.What); err != nil {
		f.Says = "/dev/fuse is missing"
		return f
	}
	dev, err := os.OpenFile(f.What, os.O_RDWR, 0)
	switch {
	case err != nil && os.Geteuid() != 0:
		f.Says, f.Mend = fmt.Sprint("it cannot be used: ", err), "as root: chmod 666 /dev/fuse"
		return f
	case err != nil:
		f.Says = fmt.Sprint("it cannot be used: ", err)
		return f
	}
	dev.Close()
	if os.Geteuid() == 0 && !mayMount() {
		f.Says = "root may not mount here (no CAP_SYS_ADMIN)"
		return f
	}
	return Finding{What: f.What, State: Good, Says: "it is there"}
}

// mayMount tells whether root has not lost the right to mount.
func mayMount() bool {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	err := unix.Capget(&head, &data[0])
	return err != nil || data[0].Effective&(1<<unix.CAP_SYS_ADMIN) != 0
}

// checkHelper looks for the program that mounts for users who are not root.
func checkHelper() Finding {
	f := Finding{What: "fusermount3", State: Good}
	path, err := fusermount()
	switch {
	case err == nil:
		f.Says = path
	case os.Geteuid() == 0:
		f.State, f.Says, f.Mend = Note, "fusermount3 is not installed: only root can mount", "apt install fuse3"
	default:
		f.State, f.Says, f.Mend = Problem, "fusermount3 is not installed", "apt install fuse3"
	}
	return f
}

// fuseConf is where an administrator lets users let others in.
const fuseConf = "/etc/fuse.conf"

func checkAllowOther() Finding {
	f := Finding{What: "--allow-other", State: Good, Says: "root may"}
	if os.Geteuid() == 0 {
		return f
	}
	conf, _ := os.ReadFile(fuseConf) // without the file, nothing is allowed
	for line := range strings.Lines(string(conf)) {
		if strings.TrimSpace(line) == "user_allow_other" {
			f.Says = "users may"
			return f
		}
	}
	f.State, f.Says = Note, fuseConf+" has no line user_allow_other, so only root may let other users in"
	f.Mend = "echo user_allow_other >> " + fuseConf
	return f
}
