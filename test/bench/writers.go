//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// Processes that write to one branch at once, and how long.
const (
	writers     = 8
	writersTime = 5 * time.Second
)

// writerStore names the store that this program, run again by itself, writes to as one of the writers.
const writerStore = "DHFS_BENCH_WRITER"

// competing has processes commit to one branch, none of which is a server.
func (b *bench) competing() error {
	if err := b.emptyDatabase("shared"); err != nil {
		return err
	}
	alone, err := b.race("shared", 1)
	if err != nil {
		return err
	}
	all, err := b.race("shared", writers)
	if err != nil {
		return err
	}
	b.row("transactions/s of one process, all in one file store", rate(alone.total()), "–", "")
	b.row(fmt.Sprintf("  and of %d processes on one branch", writers), rate(all.total()), "–", "")
	b.row("  of each", all.each(), "–", "")
	b.row("  Jain's index of fairness", fmt.Sprintf("%.3f", all.jain()), "≥ 0.95", "")
	b.row("  attempts a transaction, and at most", fmt.Sprintf("%.3f, %d", float64(all.attempts())/float64(all.total()), all.most()), "–", "")
	b.row("  longest wait of one transaction", ms(all.longest()), "–", "")
	return nil
}

func rate(n int) string { return fmt.Sprintf("%.0f", float64(n)/writersTime.Seconds()) }

func (b *bench) emptyDatabase(name string) error {
	s, err := casfile.Create(context.Background(), b.path(name), casfile.Options{})
	if err != nil {
		return err
	}
	if _, err := engine.Create(context.Background(), s, "main", engine.Options{SchemaOnRead: true}, time.Now()); err != nil {
		return err
	}
	return s.Close()
}

// raced is what one writer did.
type raced struct {
	commits, attempts, most int
	longest                 time.Duration
}

type results []raced

func (r results) total() (n int) {
	for _, w := range r {
		n += w.commits
	}
	return n
}

func (r results) attempts() (n int) {
	for _, w := range r {
		n += w.attempts
	}
	return n
}

func (r results) most() (n int) {
	for _, w := range r {
		n = max(n, w.most)
	}
	return n
}

func (r results) longest() (d time.Duration) {
	for _, w := range r {
		d = max(d, w.longest)
	}
	return d
}

func (r results) each() string {
	var each []string
	for _, w := range r {
		each = append(each, rate(w.commits))
	}
	return strings.Join(each, " ")
}

// jain is (Σx)²/(n·Σx²) of the commits: 1 when all have as many, 1/n when one has them all.
func (r results) jain() float64 {
	squares := 0.0
	for _, w := range r {
		squares += float64(w.commits) * float64(w.commits)
	}
	return float64(r.total()) * float64(r.total()) / (float64(len(r)) * squares)
}

// race starts n writers at the same time and waits for them.
func (b *bench) race(store string, n int) (results, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	in, start, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	cmds, outs := make([]*exec.Cmd, n), make([]bytes.Buffer, n)
	for i := range cmds {
		cmds[i] = exec.Command(self)
		cmds[i].Env = append(os.Environ(), writerStore+"="+b.path(store))
		cmds[i].Stdin, cmds[i].Stdout, cmds[i].Stderr = in, &outs[i], os.Stderr
		if err := cmds[i].Start(); err != nil {
			start.Close()
			return nil, err
		}
	}
	time.Sleep(500 * time.Millisecond) // they open the store meanwhile
	start.Close()
	all := make(results, n)
	for i, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			return nil, err
		}
		w := &all[i]
		if _, err := fmt.Sscan(outs[i].String(), &w.commits, &w.attempts, &w.most, &w.longest); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// write is one of the writers: it begins at the end of standard input, and prints what it did.
func write(dir string) error {
	ctx := context.Background()
	s, err := casfile.Open(ctx, dir, casfile.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	c, err := engine.Connect(ctx, s, "main")
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	var did raced
	for begin := time.Now(); time.Since(begin) < writersTime; did.commits++ {
		form, err := edn.ParseAll(fmt.Sprintf(`{:note/by %d :note/n %d}`, os.Getpid(), did.commits))
		if err != nil {
			return err
		}
		start := time.Now()
		r, err := c.Transact(ctx, form, engine.Meta{})
		if err != nil {
			return err
		}
		did.longest = max(did.longest, time.Since(start))
		did.attempts, did.most = did.attempts+r.Attempts, max(did.most, r.Attempts)
	}
	fmt.Println(did.commits, did.attempts, did.most, int64(did.longest))
	return nil
}
