//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// mounted mounts db for the time of f.
func (b *bench) mounted(db string, f func(dir string) error) (err error) {
	dir, err := os.MkdirTemp(b.dir, "mnt-")
	if err != nil {
		return err
	}
	if _, _, err := timed(b.dhfs, "mount", db, dir, "--daemon"); err != nil {
		return err
	}
	defer func() {
		_, _, uerr := timed(b.dhfs, "umount", dir)
		err = errors.Join(err, uerr)
	}()
	return f(dir)
}

// mounting times the way from nothing to the first value read.
func (b *bench) mounting() error {
	took, err := b.median(func() (time.Duration, error) {
		start := time.Now()
		var read time.Duration
		err := b.mounted(b.path("people"), func(dir string) error {
			_, _, err := timed("cat", filepath.Join(dir, "head/entities/person/777/age"))
			read = time.Since(start)
			return err
		})
		return read, err
	})
	if err != nil {
		return err
	}
	b.row("mount and first cat", ms(took), "≤ 50 ms", "")
	return nil
}

// diffs is how many files differ.
const diffs = 10

// diffing compares two commits of 100,000 files, of which 10 differ.
func (b *bench) diffing() error {
	csv, db := b.path("small.csv"), b.path("small")
	if err := writePeople(csv, 20_000); err != nil {
		return err
	}
	if _, _, err := timed(b.dhfs, "import", db, csv, "--as", "person", "--key", "id"); err != nil {
		return err
	}
	var changes strings.Builder
	for i := range diffs {
		fmt.Fprintf(&changes, "{:person/id %d :person/age 200}", 2000*i+1)
	}
	if _, _, err := timed(b.dhfs, "tx", db, "["+changes.String()+"]"); err != nil {
		return err
	}
	took, err := b.median(func() (time.Duration, error) { return b.diffOnce(db) })
	if err != nil {
		return err
	}
	b.row("diff -r, 2 × 100,000 files, 10 changes, cold", seconds(took), "≤ 0.3 s", "")
	return nil
}

func (b *bench) diffOnce(db string) (took time.Duration, err error) {
	err = b.mounted(db, func(dir string) error {
		cmd := exec.Command("diff", "-r", filepath.Join(dir, "at/main~1"), filepath.Join(dir, "head"))
		start := time.Now()
		out, err := cmd.Output()
		took = time.Since(start)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || strings.Count(string(out), "\n< ") != diffs {
			return fmt.Errorf("diff -r did not print exactly %d changes: %v\n%s", diffs, err, out)
		}
		return nil
	})
	return took, err
}

// asking writes a query file over 100,000 entities and reads its result.
func (b *bench) asking() error {
	csv, db := b.path("asked.csv"), b.path("asked")
	if err := writePeople(csv, 100_000); err != nil {
		return err
	}
	if _, _, err := timed(b.dhfs, "import", db, csv, "--as", "person", "--key", "id"); err != nil {
		return err
	}
	query := `[:find ?name (avg ?age) :where [?p :person/name ?name] [?p :person/age ?age]]`
	took, err := b.median(func() (time.Duration, error) {
		var d time.Duration
		err := b.mounted(db, func(dir string) error {
			start := time.Now()
			if err := os.WriteFile(filepath.Join(dir, "query/ages.dl"), []byte(query), 0o644); err != nil {
				return err
			}
			out, err := os.ReadFile(filepath.Join(dir, "query/ages.tsv"))
			d = time.Since(start)
			if err == nil && strings.Count(string(out), "\n") != len(firstNames)+1 {
				err = fmt.Errorf("ages.tsv: want %d rows, got:\n%s", len(firstNames), out)
			}
			return err
		})
		return d, err
	})
	if err != nil {
		return err
	}
	b.row("query file, two-clause join, 100,000 entities, cold", seconds(took), "≤ 2 s", "")
	return nil
}
