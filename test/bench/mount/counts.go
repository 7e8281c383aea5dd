//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"sync"
	"syscall"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/fs"
)

// serveCounted is the argument that makes this program serve a database and tell
// how often the kernel asked: for each line that it reads, it writes the counts
// since the last.
const serveCounted = "serve-counted"

// counts are numbers of requests, by name.
type counts map[string]int

// asked is what a work asked for on a fresh mount and done again.
type asked struct{ cold, warm counts }

// requests tells how many requests of each kind a work makes of dhfs: numbers that do not depend on
// the machine. They are counted in mounts of their own, in order not to slow down what is timed.
func (b *bench) requests(ctx context.Context, t tree) (map[string]asked, error) {
	all := map[string]asked{}
	for _, w := range b.work {
		a, err := b.counted(ctx, t, w)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		all[w.name] = a
	}
	return all, nil
}

func (b *bench) counted(ctx context.Context, t tree, w work) (a asked, err error) {
	var lines io.Writer
	var answers *json.Decoder
	m, err := b.mount(peer{name: "counted dhfs", below: shown, server: func(b *bench, t tree, mnt string) *exec.Cmd {
		cmd := exec.Command("/proc/self/exe", serveCounted, t.db, mnt, b.profile(t, w))
		in, out := pipes(cmd)
		lines, answers = in, json.NewDecoder(out)
		return cmd
	}}, t)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, m.end()) }()
	for _, n := range []*counts{&a.cold, &a.warm} {
		if _, err = b.timed(ctx, m, w); err != nil {
			return a, err
		}
		if _, err = fmt.Fprintln(lines); err == nil {
			err = answers.Decode(n)
		}
		if err != nil {
			return a, err
		}
	}
	return a, nil
}

// pipes are those to and from a program that was not started. Making them fails only
// when a process has too many files open, and starting the program then fails too.
func pipes(cmd *exec.Cmd) (in io.Writer, out io.Reader) {
	in, _ = cmd.StdinPipe()
	out, _ = cmd.StdoutPipe()
	return in, out
}

// profile is the file for the profile of the server during a work, empty when none is wanted.
func (b *bench) profile(t tree, w work) string {
	if b.profiles == "" {
		return ""
	}
	return filepath.Join(b.profiles, t.name+"-"+w.name+".pprof")
}

// profiled runs do and writes where it spent its time to a file, if one is named.
func profiled(name string, do func() error) error {
	if name == "" {
		return do()
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return do()
}

// serveCounting mounts a database until the mount is taken away.
func serveCounting(db, mnt string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	store, err := casfile.Open(ctx, db, casfile.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	var mu sync.Mutex
	n := counts{}
	count := func(op string) {
		mu.Lock()
		defer mu.Unlock()
		n[op]++
	}
	server, err := fs.Mount(ctx, fs.New([]fs.Database{{Name: "db", Store: store}}, fs.Options{}), mnt, fs.MountOptions{Requests: count})
	if err != nil {
		return err
	}
	go func() {
		answers := json.NewEncoder(os.Stdout)
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			mu.Lock()
			_ = answers.Encode(n) // who does not listen does not want to know
			n = counts{}
			mu.Unlock()
		}
	}()
	server.Wait()
	return nil
}
