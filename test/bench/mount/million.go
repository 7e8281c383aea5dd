//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// onMillion is the argument that makes this program measure one large database instead of several peers.
const onMillion = "million"

// million measures a mount of very many entities: how soon the first names of a flat directory come, diff -r of two
// commits with ten changes, and the server's memory after a walk of all.
func million(args []string) error {
	b := bench{}
	flags := flag.NewFlagSet(onMillion, flag.ExitOnError)
	n := flags.Int("entities", 1_000_000, "how many, with four files each")
	flags.StringVar(&b.dhfs, "dhfs", "bin/dhfs", "the binary to measure")
	flags.StringVar(&b.scratch, "dir", "/dev/shm", "where the database is made")
	flags.DurationVar(&b.patience, "patience", 15*time.Minute, "how long a walk may take")
	flags.BoolVar(&b.drop, "drop-caches", os.Geteuid() == 0, "drop the kernel's caches before each cold run")
	flags.Parse(args)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if b.dhfs, err = filepath.Abs(b.dhfs); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp(b.scratch, "dhfs-bench-million-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	t := tree{shape: shape{name: onMillion, entities: *n, files: 4, words: 2}, dir: b.dir, db: filepath.Join(b.dir, "db")}
	if err := b.makeLarge(ctx, t); err != nil {
		return err
	}
	fmt.Printf("%-34s  %10s  %10s  %10s  %8s\n", fmt.Sprintf("%d entities, %d files", t.entities, t.entities*t.files), "wall", "CPU", "server", "RSS")
	names := work{"first names of ls -U --page 0", "ls -U . | head -n 100 | grep -c '^n[0-9]*$' | grep -qx 100"}
	diff := fmt.Sprintf("test $(diff -r at/main~1/ head/ | grep -c '^diff ') = %d", largeChanges)
	walk := fmt.Sprintf("test $(find . -not -name '*+' | wc -l) = %d", 1+t.entities*(1+t.files))
	return errors.Join(
		b.large(ctx, t, "head/entities/item", []string{"--page", "0"}, names),
		b.large(ctx, t, "", nil, work{"diff -r, 10 changes, cold", diff}, work{"diff -r, 10 changes, warm", diff}),
		b.large(ctx, t, "head/entities/item", nil, work{"find", walk}))
}

// largeChanges is in how many entities the two newest commits differ.
const largeChanges = 10

// makeLarge imports the database and changes a few entities.
func (b *bench) makeLarge(ctx context.Context, t tree) error {
	csv := filepath.Join(t.dir, "data.csv")
	if err := t.write(csv); err != nil {
		return err
	}
	if err := quiet(exec.CommandContext(ctx, b.dhfs, "import", t.db, csv, "--as", "item", "--key", "id", "--quiet")); err != nil {
		return err
	}
	if err := os.Remove(csv); err != nil {
		return err
	}
	var forms strings.Builder
	for i := range largeChanges {
		fmt.Fprintf(&forms, `{:item/id "n%05d" :item/field-01 "changed"}`, i*t.entities/largeChanges)
	}
	return quiet(exec.CommandContext(ctx, b.dhfs, "tx", t.db, "["+forms.String()+"]"))
}

// large runs some works on a fresh mount, in the directory below, and prints what each cost.
func (b *bench) large(ctx context.Context, t tree, below string, flags []string, all ...work) (err error) {
	b.dropCaches()
	p := peer{name: "dhfs", below: below, server: func(b *bench, t tree, mnt string) *exec.Cmd {
		return exec.Command(b.dhfs, append([]string{"mount", t.db, mnt}, flags...)...)
	}}
	m, err := b.mount(p, t)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.end()) }()
	for _, w := range all {
		u, err := b.timed(ctx, m, w)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		fmt.Printf("%-34s  %8d ms  %8d ms  %8d ms  %5d MB\n", w.name, u.wall.Milliseconds(), u.cpu.Milliseconds(), u.server.Milliseconds(), m.rss()>>20)
	}
	return nil
}
