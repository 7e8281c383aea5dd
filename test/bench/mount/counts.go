//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/fs"
)

// serveCounted is the argument that makes this program serve a database and,
// when the mount is gone, write how often the kernel asked.
const serveCounted = "serve-counted"

// requests tells how many requests of each kind a work makes of dhfs: numbers that do not depend on
// the machine. They are counted in mounts of their own, in order not to slow down what is timed.
func (b *bench) requests(ctx context.Context, t tree) (map[string]map[string]int, error) {
	all := map[string]map[string]int{}
	for _, w := range b.work {
		counts := filepath.Join(t.dir, "counts")
		p := peer{name: "counted dhfs", below: shown, server: func(_ *bench, t tree, mnt string) *exec.Cmd {
			return exec.Command("/proc/self/exe", serveCounted, t.db, mnt, counts)
		}}
		m, err := b.mount(p, t)
		if err != nil {
			return nil, err
		}
		_, err = b.timed(ctx, m, w)
		if ended := m.end(); err == nil {
			err = ended
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		data, err := os.ReadFile(counts)
		if err != nil {
			return nil, err
		}
		var n map[string]int
		if err := json.Unmarshal(data, &n); err != nil {
			return nil, err
		}
		all[w.name] = n
	}
	return all, nil
}

// serveCounting mounts a database and, when the mount is gone, writes what was asked.
func serveCounting(db, mnt, counts string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	store, err := casfile.Open(ctx, db, casfile.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	var mu sync.Mutex
	n := map[string]int{}
	count := func(op string) {
		mu.Lock()
		defer mu.Unlock()
		n[op]++
	}
	server, err := fs.Mount(ctx, fs.New([]fs.Database{{Name: "db", Store: store}}, fs.Options{}), mnt, fs.MountOptions{Requests: count})
	if err != nil {
		return err
	}
	server.Wait()
	mu.Lock()
	defer mu.Unlock()
	data, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return os.WriteFile(counts, data, 0o644)
}
