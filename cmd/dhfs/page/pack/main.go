// Command pack compresses files with brotli: pack QUALITY DIR FILE… writes DIR/NAME.br for each, unless it is there already, packed as well or better.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/andybalholm/brotli"
)

// maxEngine is how many bytes of the engine a page may have to load, at the best quality. Better leave something out than let it grow.
const maxEngine = 3_000_000

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: pack QUALITY DIR FILE...")
		os.Exit(2)
	}
	quality, err := strconv.Atoi(os.Args[1])
	for i := 3; err == nil && i < len(os.Args); i++ {
		err = pack(quality, os.Args[2], os.Args[i])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(quality int, dir, name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	target := filepath.Join(dir, filepath.Base(name)+".br")
	mark := filepath.Join(dir, "."+filepath.Base(name)+".quality")
	if same(target, data) && packedWith(mark) >= quality {
		return nil
	}
	if quality > 9 && len(data) > 1<<20 {
		fmt.Fprintf(os.Stderr, "pack: %s takes a minute or two, once (BROTLI=9: seconds, and 0.4 MB more)\n", filepath.Base(name))
	}
	var out bytes.Buffer
	w := brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: quality, LGWin: 24})
	if _, err := w.Write(data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if filepath.Base(name) == "dhfs.wasm" && quality == brotli.BestCompression && out.Len() > maxEngine {
		return fmt.Errorf("%s has %d bytes with brotli, and %d is the most", name, out.Len(), maxEngine)
	}
	if err := os.WriteFile(target, out.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(mark, []byte(strconv.Itoa(quality)), 0o644)
}

// same tells whether a packed file has this content: unpacking is fast, packing well is not.
func same(target string, data []byte) bool {
	packed, err := os.ReadFile(target)
	if err != nil {
		return false
	}
	there, err := io.ReadAll(brotli.NewReader(bytes.NewReader(packed)))
	return err == nil && bytes.Equal(there, data)
}

// packedWith is the quality that a file was packed with, 0 when nobody knows.
func packedWith(mark string) int {
	text, _ := os.ReadFile(mark)
	quality, _ := strconv.Atoi(string(text))
	return quality
}
