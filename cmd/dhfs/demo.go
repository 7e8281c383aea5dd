package main

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

//go:embed demo
var demoFiles embed.FS

// demoTour is what dhfs demo runs, after "dhfs ".
var demoTour = [][]string{
	{"import", "library", "authors.csv", "--as", "author", "--key", "id"},
	{"import", "library", "books.csv", "--as", "book", "--key", "id", "--ref", "author=author/id"},
	{"ls", "library", "head/entities/author"},
	{"cat", "library", "head/entities/book/b3/title"},
	{"query", "library", `[:find ?name (count ?b) :where [?b :book/author ?a] [?a :author/name ?name]]`},
	{"set", "library", "book/b3", "year=1872", "-m", "the first edition"},
	{"diff", "library@main~1", "library"},
	{"log", "library"},
}

func (a *app) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo [DIR]",
		Short: "make a small library in DIR and show what can be done with it",
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "dhfs-demo"
			if len(args) > 1 {
				return usageError{"want one DIR"}
			}
			if len(args) == 1 {
				dir = args[0]
			}
			return a.demo(cmd, dir)
		},
	}
}

// demo unpacks its files, then runs each command of the tour and shows it with what it prints.
func (a *app) demo(cmd *cobra.Command, dir string) error {
	if err := unpackDemo(dir); err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	for _, args := range demoTour {
		fmt.Fprintf(a.out, "\n$ dhfs %s\n", shellWords(args))
		code := run(cmd.Context(), args, a.stdio)
		if code != exitOK && args[0] != "diff" {
			return status(code)
		}
	}
	_, err := fmt.Fprintf(a.out, "\nGo on by yourself:\n  cd %s\n  mkdir mnt && dhfs mount library mnt --daemon && ls mnt/head/entities\n", dir)
	return err
}

func unpackDemo(dir string) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return hinted{usageError{dir + " is not empty"}, "name a directory that does not exist yet"}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"authors.csv", "books.csv"} {
		data, err := demoFiles.ReadFile("demo/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
