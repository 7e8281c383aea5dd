//go:build unix

package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// transacting makes one transaction of as many datoms as the import has. It is one value, so unlike an
// import it is held as a whole: text, forms and datoms.
func (b *bench) transacting() error {
	file := b.path("people.edn")
	if err := writeForms(file, b.people); err != nil {
		return err
	}
	if _, _, err := timed(b.dhfs, "init", b.path("large"), "--schema", "read"); err != nil {
		return err
	}
	cmd := exec.Command(b.dhfs, "tx", b.path("large"), "-f", file)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("tx: %w", err)
	}
	b.row(fmt.Sprintf("one transaction of %d datoms", 5*b.people), seconds(time.Since(start)), "–", "")
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		b.row("  peak memory", fmt.Sprintf("%d MB", u.Maxrss/1024), "≤ 1000 MB", "")
	}
	return nil
}

// writeForms writes n entities of five attributes as tx data.
func writeForms(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	r := rand.New(rand.NewPCG(7, 20))
	fmt.Fprintln(w, "[")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(w, "{:db/id %d :p/id %d :p/name %q :p/last-name %q :p/age %d :p/salary %d}\n", i, i, pick(r, firstNames), pick(r, lastNames), 1+r.IntN(100), r.IntN(100_000))
	}
	fmt.Fprintln(w, "]")
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
