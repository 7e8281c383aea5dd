//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// work is one thing that programs do with a tree. The script runs in the
// tree's directory; $OUT is an empty directory.
type work struct{ name, script string }

func (w work) title() string { return w.name }

var allWork = []work{
	{"find", `find . >/dev/null`},
	{"ls", `ls -lR . >/dev/null`},
	{"grep", `! grep -r zyzzyva .`},
	{"tar", `tar -cf - . | cat >/dev/null`}, // to /dev/null itself GNU tar reads no file
	{"rsync", `rsync -a ./ $OUT/`},
}

// errLate says that a program was stopped.
var errLate = errors.New("took longer than -patience")

// usage is what a command cost.
type usage struct {
	wall   time.Duration
	cpu    time.Duration // of the programs and the server
	server time.Duration // of the server alone
}

// cell is the cost of one work: on a fresh mount and done again.
type cell struct {
	cold, warm usage
	rss        int64 // of the server when all was done, in bytes
}

// measure takes medians of several fresh mounts; of one where a peer is slow or time runs out.
func (b *bench) measure(ctx context.Context, p peer, t tree, w work) (cell, error) {
	var cold, warm []usage
	var got cell
	for range b.runs {
		c, err := b.once(ctx, p, t, w)
		if err != nil {
			return got, err
		}
		cold, warm, got.rss = append(cold, c.cold), append(warm, c.warm), max(got.rss, c.rss)
		slow := c.cold.wall+c.warm.wall > b.patience/4
		if slow && !p.central || time.Since(b.began) > b.within*2/3 {
			break
		}
	}
	got.cold, got.warm = middle(cold), middle(warm)
	return got, nil
}

// once runs a work twice on a fresh mount.
func (b *bench) once(ctx context.Context, p peer, t tree, w work) (c cell, err error) {
	b.dropCaches()
	m, err := b.mount(p, t)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, m.end()) }()
	if c.cold, err = b.timed(ctx, m, w); err != nil {
		return c, err
	}
	if c.warm, err = b.timed(ctx, m, w); err != nil {
		return c, err
	}
	c.rss = m.rss()
	return c, nil
}

// dropCaches makes the kernel forget what it read, where that is allowed.
func (b *bench) dropCaches() {
	if b.drop {
		syscall.Sync()
		_ = os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0)
	}
}

func (b *bench) timed(ctx context.Context, m *mounted, w work) (u usage, err error) {
	out, err := os.MkdirTemp(b.dir, "out-")
	if err != nil {
		return u, err
	}
	defer os.RemoveAll(out)
	ctx, cancel := context.WithTimeout(ctx, b.patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", w.script)
	cmd.Dir, cmd.Env = m.root, append(os.Environ(), "LC_ALL=C", "OUT="+out)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	before, start := m.cpu(), time.Now()
	said, err := cmd.CombinedOutput()
	u.wall = time.Since(start)
	u.server = m.cpu() - before
	if cmd.ProcessState == nil { // it was never begun
		return u, errors.Join(err, ctx.Err())
	}
	u.cpu = u.server + cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if errors.Is(ctx.Err(), context.Canceled) {
		return u, ctx.Err()
	}
	if ctx.Err() != nil {
		return u, fmt.Errorf("%w (%v)", errLate, b.patience)
	}
	if err != nil {
		return u, fmt.Errorf("%s: %w: %s", w.script, err, said)
	}
	return u, nil
}

// middle takes the median of each number by itself.
func middle(all []usage) usage {
	of := func(get func(usage) time.Duration) time.Duration {
		list := make([]time.Duration, len(all))
		for i, u := range all {
			list[i] = get(u)
		}
		slices.Sort(list)
		return list[len(list)/2]
	}
	return usage{
		wall:   of(func(u usage) time.Duration { return u.wall }),
		cpu:    of(func(u usage) time.Duration { return u.cpu }),
		server: of(func(u usage) time.Duration { return u.server }),
	}
}
