//go:build unix

// Command bench runs the whole-process benchmarks of dhfs and prints one table:
// what was done, dhfs, the goal, and a peer where the machine has one.
//
// Data comes from a fixed seed. Times are medians of several runs; they depend on
// the machine, so compare them only with others of the same run.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
)

// bench is one run: its binary, its scratch directory and its table.
type bench struct {
	dhfs, dir    string
	people, runs int
	out          *tabwriter.Writer
}

func main() {
	var b bench
	flag.StringVar(&b.dhfs, "dhfs", "bin/dhfs", "the binary to measure")
	flag.IntVar(&b.people, "people", 200_000, "entities of five attributes to import")
	flag.IntVar(&b.runs, "runs", 7, "runs of each timed command")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run() error {
	dir, err := os.MkdirTemp("", "dhfs-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b.dir = dir
	if b.dhfs, err = filepath.Abs(b.dhfs); err != nil {
		return err
	}
	b.out = tabwriter.NewWriter(os.Stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(b.out, "work\tdhfs\tgoal\tSQLite")
	for _, step := range []func() error{b.importing, b.transacting, b.querying, b.writing, b.keeping, b.mounting, b.diffing, b.asking} {
		if err := step(); err != nil {
			return err
		}
		b.out.Flush()
	}
	return nil
}

// row prints one line of the table; peer may be empty.
func (b *bench) row(work, dhfs, goal, peer string) {
	if peer == "" {
		peer = "–"
	}
	fmt.Fprintf(b.out, "%s\t%s\t%s\t%s\n", work, dhfs, goal, peer)
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }
