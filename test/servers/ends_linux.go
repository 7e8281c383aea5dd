package servers

import "syscall"

// endsWithUs has the system end the server when the tests end, however they do.
func endsWithUs(a *syscall.SysProcAttr) *syscall.SysProcAttr {
	a.Pdeathsig = syscall.SIGKILL
	return a
}
