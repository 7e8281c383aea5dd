//go:build unix && !linux

package servers

import "syscall"

func endsWithUs(a *syscall.SysProcAttr) *syscall.SysProcAttr { return a }
