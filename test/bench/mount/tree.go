//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// shape is how a tree looks: so many entities with so many attributes, each a file.
type shape struct {
	name            string
	entities, files int
	words           int // in each file
}

func (s shape) title() string { return s.name }

var allShapes = []shape{
	{name: "wide", entities: 1000, files: 100, words: 40},
	{name: "deep", entities: 20_000, files: 5, words: 2},
	{name: "small", entities: 1000, files: 5, words: 2}, // to try the benchmark itself
}

// tree is the same files as a database and as a directory.
type tree struct {
	shape
	dir   string // holds all of this
	db    string
	plain string
}

// shown is where a mount of the database shows the tree.
const shown = "head/entities/item"

// makeTree imports the database and copies what it shows, so that the files,
// names and times are the same for all.
func (b *bench) makeTree(ctx context.Context, s shape) (t tree, err error) {
	if t, err = b.makeDatabase(ctx, s); err != nil {
		return t, err
	}
	t.plain = filepath.Join(t.dir, "plain")
	m, err := b.mount(byName("dhfs"), t)
	if err != nil {
		return t, err
	}
	defer m.end()
	out, err := exec.CommandContext(ctx, "cp", "-a", m.root, t.plain).CombinedOutput()
	if err != nil {
		return t, fmt.Errorf("copy: %w: %s", err, out)
	}
	return t, exec.Command("chmod", "-R", "u+w", t.plain).Run()
}

// makeDatabase makes a tree that is only a database.
func (b *bench) makeDatabase(ctx context.Context, s shape) (t tree, err error) {
	t = tree{shape: s, dir: filepath.Join(b.dir, s.name)}
	t.db = filepath.Join(t.dir, "db")
	if err := os.Mkdir(t.dir, 0o755); err != nil {
		return t, err
	}
	return t, b.importCSV(ctx, t, s.write)
}

// importCSV adds what write writes to a database.
func (b *bench) importCSV(ctx context.Context, t tree, write func(path string) error) error {
	csv := filepath.Join(t.dir, "data.csv")
	if err := write(csv); err != nil {
		return err
	}
	defer os.Remove(csv)
	out, err := exec.CommandContext(ctx, b.dhfs, "import", t.db, csv, "--as", "item", "--key", "id", "--quiet").CombinedOutput()
	if err != nil {
		return fmt.Errorf("import: %w: %s", err, out)
	}
	return nil
}

// vocabulary does not have the word that grep looks for.
var vocabulary = strings.Fields("amber basin cedar delta ember fjord grove harbor island juniper kelp lagoon meadow north ocean prairie quarry river summit tundra")

// write writes the data as CSV, the same in every run.
func (s shape) write(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	r := rand.New(rand.NewPCG(7, 20))
	fmt.Fprint(w, "id")
	for i := 1; i < s.files; i++ {
		fmt.Fprintf(w, ",field-%02d", i)
	}
	for e := range s.entities {
		fmt.Fprintf(w, "\nn%05d", e)
		for range s.files - 1 {
			fmt.Fprintf(w, ",%d", r.IntN(100_000))
			for range s.words {
				fmt.Fprintf(w, " %s", vocabulary[r.IntN(len(vocabulary))])
			}
		}
	}
	fmt.Fprintln(w)
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
