//go:build linux

package sessions

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDuringAnImport walks a mount with the usual programs while another process imports.
func TestDuringAnImport(t *testing.T) {
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "first.csv"), filepath.Join(dir, "second.csv")}
	for i, file := range files {
		if err := os.WriteFile(file, numbered(i*1_000, 1_000+i*7_000), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	play(t, "during.sh", files, func(t *testing.T, out string) {
		lines(t, out, "text 7\n1000\nthe same bytes\n9000\na line for each transaction\n")
	})
}

// numbered is rows in CSV, numbered from one number to before another.
func numbered(from, n int) []byte {
	var b strings.Builder
	b.WriteString("id,text,number\n")
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&b, "r%05d,text %d,%d\n", i, i, i*7)
	}
	return []byte(b.String())
}
