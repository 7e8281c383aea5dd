//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"text/tabwriter"
	"time"
)

// single is something that only dhfs is measured with, and what it should take.
type single struct {
	name    string
	shape   shape
	goal    time.Duration
	measure func(b *bench, ctx context.Context, t tree) (cell, error)
}

func (s single) title() string { return s.name }

var allSingles = []single{
	{"diff", shape{name: "commits", entities: 20_000, files: 5, words: 2}, 300 * time.Millisecond, (*bench).diff},
	{"first", shape{name: "million", entities: 200_000, files: 5, words: 2}, 100 * time.Millisecond, (*bench).first},
}

// singly measures the chosen ones and prints a table of them.
func (b *bench) singly(ctx context.Context) error {
	if len(b.singles) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 2, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "dhfs alone\t\twall\tcpu\tserver\tgoal\t")
	for _, s := range b.singles {
		t, err := b.makeDatabase(ctx, s.shape)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		c, err := s.measure(b, ctx, t)
		if err = errors.Join(err, os.RemoveAll(t.dir)); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		for _, row := range []struct {
			state string
			usage
		}{{"cold", c.cold}, {"warm", c.warm}} {
			if row.wall > 0 {
				fmt.Fprintf(w, "%s\t%s\t%.3f\t%.3f\t%.3f\t%.3f\t\n", s.name, row.state,
					row.wall.Seconds(), row.cpu.Seconds(), row.server.Seconds(), s.goal.Seconds())
			}
		}
	}
	fmt.Fprintln(w)
	return w.Flush()
}

// changed is how many files differ between the two commits that are compared.
const changed = 10

// diff compares two commits by diff -r.
func (b *bench) diff(ctx context.Context, t tree) (cell, error) {
	err := b.importCSV(ctx, t, func(path string) error {
		data := []byte("id,field-01\n")
		for i := range changed {
			data = fmt.Appendf(data, "n%05d,changed\n", i*t.entities/changed)
		}
		return os.WriteFile(path, data, 0o644)
	})
	if err != nil {
		return cell{}, err
	}
	return b.measure(ctx, b.wholeMount(), t, work{"diff", fmt.Sprintf(`test "$(diff -rq at/main~1/entities head/entities | wc -l)" = %d`, changed)})
}

// first is the time from the start of the server until a file was read. Nothing is warm about it.
func (b *bench) first(ctx context.Context, t tree) (c cell, err error) {
	var all []usage
	for range b.runs {
		b.dropCaches()
		start := time.Now()
		m, err := b.mount(b.wholeMount(), t)
		if err != nil {
			return c, err
		}
		u, err := b.timed(ctx, m, work{"first", `cat head/entities/item/n07777/field-01 >/dev/null`})
		u.wall = time.Since(start)
		u.cpu += m.cpu() - u.server // since it was started
		u.server = m.cpu()
		if err = errors.Join(err, m.end()); err != nil {
			return c, err
		}
		all = append(all, u)
	}
	c.cold = middle(all)
	return c, nil
}

// wholeMount is dhfs with all that a mount of it shows.
func (b *bench) wholeMount() peer {
	return peer{name: "dhfs", central: true, server: func(b *bench, t tree, mnt string) *exec.Cmd {
		return exec.Command(b.dhfs, "mount", t.db, mnt)
	}}
}
