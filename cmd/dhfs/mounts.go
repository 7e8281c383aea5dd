package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/dhfs/dhfs/fs"
	"github.com/spf13/cobra"
)

func (a *app) mountsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "mounts",
		Short: "list the mounts, and whether they answer",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{"mounts takes no arguments"}
			}
			all, err := fs.Mounts()
			if err != nil {
				return err
			}
			t := newTable("dir", "databases", "state")
			for _, m := range all {
				t.add(text(m.Dir), text(m.Name), text(mountState(cmd.Context(), m.Dir)))
			}
			return a.write(t.result())
		},
	}
}

// States of a mount.
const (
	mountAnswers = "ok"
	mountStale   = "stale"     // the server is gone
	mountStalled = "no answer" // the server is there, or its store is not
)

// patience is how long a mount may take to answer before it is reported.
const patience = 2 * time.Second

// mountState tells whether the server of a mount answers.
func mountState(ctx context.Context, dir string) string {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := untilDone(ctx, func() (os.FileInfo, error) { return os.Stat(dir) })
	switch {
	case err == nil:
		return mountAnswers
	case errors.Is(err, syscall.ENOTCONN), errors.Is(err, syscall.ENXIO):
		return mountStale
	}
	return mountStalled
}

// answers tells whether dir is a mount of a tree whose server is alive.
func answers(dir string) bool {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	// First the look, which fails where a killed server left its mount, then the
	// list: the other way round, a mount that is being healed would pass as the new one.
	if _, err := os.Stat(abs); err != nil {
		return false
	}
	all, err := fs.Mounts()
	return err == nil && slices.ContainsFunc(all, func(m fs.Mounted) bool { return m.Dir == abs })
}
