package main

import (
	"archive/zip"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// datahikeStores are stores that Datahike wrote.
const datahikeStores = "../../engine/datahike/testdata/stores.zip"

// unpacked puts one of the stores into a directory.
func unpacked(zipFile, name, dir string) error {
	all, err := zip.OpenReader(zipFile)
	if err != nil {
		return err
	}
	defer all.Close()
	files, err := fs.Sub(all, name)
	if err != nil {
		return err
	}
	return os.CopyFS(dir, files)
}

// unpackDatahike NAME DIR unpacks a store of Datahike.
func unpackDatahike(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: datahike NAME DIR")
	}
	ts.Check(unpacked(filepath.Join(ts.Getenv("DATA"), "../../engine/datahike/testdata/stores.zip"), args[0], ts.MkAbs(args[1])))
}

// The README's commands about a Datahike database print what it says.
func TestReadmeOfDatahike(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## I have a Datahike database\n")
	section, _, _ = strings.Cut(section, "\n## ")
	dir := t.TempDir()
	if err := unpacked(datahikeStores, "small", filepath.Join(dir, "films")); err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, part := range strings.Split(section, "\n    $ ")[1:] {
		command, rest, _ := strings.Cut(part, "\n")
		var want strings.Builder
		for _, line := range strings.Split(rest, "\n") {
			text, ok := strings.CutPrefix(line, "    ")
			if !ok {
				break
			}
			want.WriteString(text + "\n")
		}
		cmd := exec.Command("bash", "-c", command)
		cmd.Dir = dir
		got, err := cmd.CombinedOutput()
		if err != nil || string(got) != want.String() {
			t.Errorf("%s\n%v\ngot\n%swant\n%s", command, err, got, want.String())
		}
		commands++
	}
	if commands < 5 {
		t.Errorf("%d commands", commands)
	}
}
