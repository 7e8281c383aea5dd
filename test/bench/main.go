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
	"strings"
	"text/tabwriter"
)

// bench is one run: its binary, its scratch directory and its table.
type bench struct {
	dhfs, dir    string
	people, runs int
	out          *tabwriter.Writer
}

func main() {
	if dir := os.Getenv(writerStore); dir != "" {
		if err := write(dir); err != nil {
			fmt.Fprintln(os.Stderr, "bench: writer:", err)
			os.Exit(1)
		}
		return
	}
	var b bench
	only := flag.String("only", "", "one of its steps: "+strings.Join(stepNames(), ", "))
	flag.StringVar(&b.dhfs, "dhfs", "bin/dhfs", "the binary to measure")
	flag.IntVar(&b.people, "people", 200_000, "entities of five attributes to import")
	flag.IntVar(&b.runs, "runs", 7, "runs of each timed command")
	flag.Parse()
	if err := b.run(*only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// step is a part of the benchmarks. Some read what those before them made.
type step struct {
	name string
	do   func(*bench) error
}

var steps = []step{
	{"import", (*bench).importing}, {"tx", (*bench).transacting}, {"query", (*bench).querying}, {"write", (*bench).writing},
	{"writers", (*bench).competing}, {"keep", (*bench).keeping}, {"mount", (*bench).mounting}, {"diff", (*bench).diffing}, {"ask", (*bench).asking},
}

func stepNames() (names []string) {
	for _, s := range steps {
		names = append(names, s.name)
	}
	return names
}

func (b *bench) run(only string) error {
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
	for _, s := range steps {
		if only != "" && only != s.name {
			continue
		}
		if err := s.do(b); err != nil {
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
