//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// timed runs a command, which must succeed, and returns its wall time and output.
func timed(name string, args ...string) (time.Duration, string, error) {
	cmd := exec.Command(name, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if err != nil {
		return took, out.String(), fmt.Errorf("%s %s: %w: %s", filepath.Base(name), strings.Join(args, " "), err, errs.String())
	}
	return took, out.String(), nil
}

// median runs f several times and returns the median of what it measures.
func (b *bench) median(f func() (time.Duration, error)) (time.Duration, error) {
	times := make([]time.Duration, 0, b.runs)
	for range b.runs {
		d, err := f()
		if err != nil {
			return 0, err
		}
		times = append(times, d)
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// medianOf is median of a whole command.
func (b *bench) medianOf(name string, args ...string) (time.Duration, error) {
	return b.median(func() (time.Duration, error) {
		d, _, err := timed(name, args...)
		return d, err
	})
}

// diskBytes adds up the sizes of all files below dir.
func diskBytes(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
