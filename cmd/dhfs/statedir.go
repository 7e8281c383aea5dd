package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dhfs/dhfs/fs"
)

// noQueries as --queries says that what is written into query/ is forgotten with the mount.
const noQueries = "none"

// queriesDir is where the queries of a mount are kept: what --queries says, else a directory for just these
// databases below $XDG_STATE_HOME.
func queriesDir(flag string, dbs []fs.Database, paths []string) (string, error) {
	switch {
	case flag == noQueries:
		return "", nil
	case flag != "":
		return filepath.Abs(flag)
	}
	state := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // the specification says to ignore a relative one
		home, err := os.UserHomeDir()
		if err != nil {
			return "", nil // a user without a home, as services have: nowhere to keep them
		}
		state = filepath.Join(home, ".local", "state")
	}
	var names []string
	sum := sha256.New()
	for i, d := range dbs {
		path, err := filepath.Abs(paths[i])
		if err != nil {
			return "", err
		}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		fmt.Fprintf(sum, "%q=%q\n", d.Name, path)
		names = append(names, filepath.Base(path))
	}
	name := strings.Join(names, "+")
	return filepath.Join(state, "dhfs", "queries", fmt.Sprintf("%.60s-%x", name, sum.Sum(nil)[:8])), nil
}
