//go:build linux

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc: USER_HZ is 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpu is the time that the server has run for, in itself and in the kernel.
func (m *mounted) cpu() time.Duration {
	if m.server == nil {
		return 0
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.server.Process.Pid))
	if err != nil {
		return 0
	}
	// The fields are counted from the end of the name, which may hold anything.
	_, after, _ := strings.Cut(string(line), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick
}

// rss is the server's memory that was resident at most.
func (m *mounted) rss() int64 {
	if m.server == nil {
		return 0
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.server.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	kb, _ := strconv.ParseInt(fields[0], 10, 64)
	return kb << 10
}
