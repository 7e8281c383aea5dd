//go:build linux

// Command mount measures dhfs mount beside other ways to show the same files:
// a server that has them in memory, the file system below, and peers. Every
// one of them runs the same programs in the same run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == serveMemory {
		exitOn(serve(os.Args[2], os.Args[3]))
		return
	}
	if len(os.Args) > 1 && os.Args[1] == serveCounted {
		exitOn(profiled(os.Args[4], func() error { return serveCounting(os.Args[2], os.Args[3]) }))
		return
	}
	if len(os.Args) > 1 && os.Args[1] == onMillion {
		exitOn(million(os.Args[2:]))
		return
	}
	var b bench
	var trees, peers, works, singles string
	flag.StringVar(&b.dhfs, "dhfs", "bin/dhfs", "the binary to measure")
	flag.StringVar(&b.scratch, "dir", "/dev/shm", "where the files and databases are made, and rsync copies to: a tmpfs, or a disk")
	flag.StringVar(&trees, "trees", "wide,deep", "which trees: "+strings.Join(names(allShapes), ", "))
	flag.StringVar(&peers, "peers", strings.Join(names(allPeers), ","), "which to run")
	flag.StringVar(&works, "work", strings.Join(names(allWork), ","), "which programs to run")
	flag.StringVar(&singles, "single", strings.Join(names(allSingles), ","), "what to measure of dhfs alone: diff -r of two commits, the first cat after mount")
	flag.IntVar(&b.runs, "runs", 3, "fresh mounts for each program; the tables have medians")
	flag.DurationVar(&b.patience, "patience", 20*time.Second, "how long a program may take; the slow peers run once, and not again where they took longer")
	flag.DurationVar(&b.within, "within", 11*time.Minute, "how long all may take: what is left after two thirds of it runs once, and peers are left out after it")
	flag.StringVar(&b.profiles, "profiles", "", "a directory for CPU profiles of dhfs, one for each tree and program")
	flag.BoolVar(&b.drop, "drop-caches", os.Geteuid() == 0, "drop the kernel's caches before each cold run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := b.choose(trees, peers, works, singles)
	if err == nil {
		err = b.run(ctx)
	}
	exitOn(err)
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-mount:", err)
		os.Exit(1)
	}
}

// bench is one run of all measurements.
type bench struct {
	dhfs, scratch string
	profiles      string
	runs          int
	patience      time.Duration
	within        time.Duration
	drop          bool

	shapes  []shape
	peers   []peer
	work    []work
	singles []single
	dir     string // of this run
	began   time.Time
	late    map[string]bool // what ran out of patience, by peer and work
}

func (b *bench) choose(trees, peers, works, singles string) (err error) {
	if b.shapes, err = named(allShapes, trees); err != nil {
		return err
	}
	if b.peers, err = named(allPeers, peers); err != nil {
		return err
	}
	if b.work, err = named(allWork, works); err != nil {
		return err
	}
	if b.singles, err = named(allSingles, singles); err != nil {
		return err
	}
	if b.runs < 1 {
		return fmt.Errorf("-runs %d: want 1 or more", b.runs)
	}
	b.dhfs, err = filepath.Abs(b.dhfs)
	return err
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp(b.scratch, "dhfs-bench-mount-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	b.began, b.late = time.Now(), map[string]bool{}
	if err := b.singly(ctx); err != nil {
		return err
	}
	for _, s := range b.shapes {
		if err := b.tree(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// tree measures everything on one tree.
func (b *bench) tree(ctx context.Context, s shape) error {
	t, err := b.makeTree(ctx, s)
	if err != nil {
		return err
	}
	defer os.RemoveAll(t.dir)
	var all []column
	for _, p := range b.peers {
		all = append(all, b.column(ctx, p, t))
	}
	counts, err := b.requests(ctx, t)
	if err != nil {
		return err
	}
	b.print(t, all, counts)
	return nil
}

// column measures one peer on one tree. What goes wrong with a peer is a note below the table.
func (b *bench) column(ctx context.Context, p peer, t tree) column {
	c := column{name: p.name, cells: map[string]cell{}}
	if why := p.missing(); why != "" {
		c.notes = []string{why}
		return c
	}
	if p.prepare != nil {
		if err := p.prepare(b, t); err != nil {
			c.notes = []string{err.Error()}
			return c
		}
	}
	for _, w := range b.work {
		if ctx.Err() != nil {
			return c
		}
		if why := b.leftOut(p, w); why != "" {
			c.notes = append(c.notes, w.name+": "+why)
			continue
		}
		got, err := b.measure(ctx, p, t, w)
		if err != nil {
			c.notes = append(c.notes, fmt.Sprintf("%s: %v", w.name, err))
			b.late[p.name+" "+w.name] = errors.Is(err, errLate)
			continue
		}
		c.cells[w.name] = got
		c.rss = max(c.rss, got.rss)
	}
	return c
}

// leftOut tells why a peer does not run a work.
func (b *bench) leftOut(p peer, w work) string {
	switch {
	case p.central:
		return ""
	case b.late[p.name+" "+w.name]:
		return "left out, since it took too long before"
	case time.Since(b.began) > b.within:
		return "left out: there was no time left (-within)"
	}
	return ""
}

// choice is something that a flag can name.
type choice interface{ title() string }

func names[T choice](all []T) []string {
	list := make([]string, len(all))
	for i, one := range all {
		list[i] = one.title()
	}
	return list
}

// named picks by a list of names separated by commas.
func named[T choice](all []T, list string) (picked []T, err error) {
next:
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		for _, one := range all {
			if one.title() == name {
				picked = append(picked, one)
				continue next
			}
		}
		return nil, fmt.Errorf("there is no %q; want some of %s", name, strings.Join(names(all), ","))
	}
	return picked, nil
}
