//go:build linux

package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// column is what was measured of one peer.
type column struct {
	name  string
	cells map[string]cell
	rss   int64
	notes []string // why something is missing
}

// print prints one table: a line for each work, cold and warm, of each peer.
func (b *bench) print(t tree, all []column, requests map[string]asked) {
	fmt.Printf("%s: %d directories of %d files; seconds; cpu is that of programs and server\n\n", t.name, t.entities, t.files)
	w := tabwriter.NewWriter(os.Stdout, 2, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "work\t\tpeer\twall\tcpu\tserver\twall ÷ memory\tcpu ÷ memory\twall ÷ plain\t")
	for _, job := range b.work {
		for _, warm := range []bool{false, true} {
			for _, c := range all {
				line(w, job.name, warm, c, all)
			}
		}
	}
	w.Flush()
	fmt.Println()
	for _, c := range all {
		if c.rss > 0 {
			fmt.Printf("%s: server at most %d MB\n", c.name, c.rss>>20)
		}
		for _, note := range c.notes {
			fmt.Printf("%s: %s\n", c.name, note)
		}
	}
	for _, job := range b.work {
		fmt.Printf("requests of %s, cold: %v\n", job.name, requests[job.name].cold)
		fmt.Printf("requests of %s, warm: %v\n", job.name, requests[job.name].warm)
	}
	fmt.Println()
}

func line(w *tabwriter.Writer, job string, warm bool, c column, all []column) {
	u, ok := c.usage(job, warm)
	state := "cold"
	if warm {
		state = "warm"
	}
	if !ok {
		fmt.Fprintf(w, "%s\t%s\t%s\t–\t–\t–\t–\t–\t–\t\n", job, state, c.name)
		return
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%.2f\t%.2f\t%.2f", job, state, c.name, u.wall.Seconds(), u.cpu.Seconds(), u.server.Seconds())
	wall := func(u usage) time.Duration { return u.wall }
	cpu := func(u usage) time.Duration { return u.cpu }
	for _, against := range []struct {
		peer string
		of   func(usage) time.Duration
	}{{"memory", wall}, {"memory", cpu}, {"plain", wall}} {
		fmt.Fprintf(w, "\t%s", ratio(u, against.of, against.peer, job, warm, all))
	}
	fmt.Fprintln(w, "\t")
}

func (c column) usage(job string, warm bool) (usage, bool) {
	got, ok := c.cells[job]
	if warm {
		return got.warm, ok
	}
	return got.cold, ok
}

// ratio compares with another peer, where that was measured.
func ratio(u usage, of func(usage) time.Duration, peer, job string, warm bool, all []column) string {
	for _, c := range all {
		if other, ok := c.usage(job, warm); ok && c.name == peer && of(other) > 0 {
			return fmt.Sprintf("%.2f", float64(of(u))/float64(of(other)))
		}
	}
	return "–"
}

// String lists the counts by name, after their sum.
func (n counts) String() string {
	total := 0
	var parts []string
	for _, op := range slices.Sorted(maps.Keys(n)) {
		total += n[op]
		parts = append(parts, fmt.Sprintf("%s %d", op, n[op]))
	}
	return fmt.Sprintf("%d (%s)", total, strings.Join(parts, ", "))
}
