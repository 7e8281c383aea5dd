//go:build unix

package main

import "syscall"

// detached puts the child into a session of its own, out of reach of the terminal's signals.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
