package main

import (
	"context"
	"errors"
	"fmt"
	iofs "io/fs"
	"path"

	"github.com/spf13/cobra"
)

func (a *app) lsCommand() *cobra.Command {
	var long bool
	cmd := &cobra.Command{
		Use:   "ls DB[@rev] [PATH...]",
		Short: "list a directory of the tree, as the mount shows it",
		Long: `List directories of the tree, as the mount shows them. What cannot be told of one entry or path
is an error of its own; all others are listed, and the exit code is that of the first error.`,
		Example: "  dhfs ls shop head/entities/customer\n  dhfs ls shop@t42 entities -l",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, paths, err := a.takePaths(args)
			if err != nil {
				return err
			}
			l := &lister{app: a, cmd: cmd, long: long}
			for _, name := range paths {
				if err := l.place(cmd.Context(), p, name); err != nil {
					return err
				}
			}
			if l.code != exitOK {
				return l.code
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&long, "long", "l", false, "mode, size, time and link targets too")
	a.page.flag(cmd)
	return cmd
}

// lister lists, and goes on after what it cannot tell.
type lister struct {
	*app
	cmd  *cobra.Command
	long bool
	code status // of the first error
}

// failed tells of something that could not be listed.
func (l *lister) failed(err error) {
	code := status(l.report(l.cmd, err))
	if l.code == exitOK {
		l.code = code
	}
}

// place lists one path. The error is one after which nothing can be listed.
func (l *lister) place(ctx context.Context, p place, name string) error {
	v, name, err := l.openView(ctx, p, name)
	if err != nil {
		return err
	}
	defer v.Close()
	info, err := iofs.Stat(v, name)
	if err != nil {
		l.failed(err)
		return nil
	}
	if !info.IsDir() {
		return l.entry(v, path.Dir(name), iofs.FileInfoToDirEntry(info))
	}
	var unprinted writeError
	err = eachEntry(v, name, func(e iofs.DirEntry) error { return l.entry(v, name, e) })
	if err != nil && !errors.As(err, &unprinted) {
		l.failed(err)
		return nil
	}
	return err
}

// writeError is that a line could not be printed.
type writeError struct{ error }

func (e writeError) Unwrap() error { return e.error }

// entry prints one line, or what keeps it from being told.
func (l *lister) entry(v *view, dir string, e iofs.DirEntry) error {
	line := e.Name()
	if l.long {
		var err error
		if line, err = longLine(v, dir, e); err != nil {
			l.failed(fmt.Errorf("%s: %w", path.Join(dir, e.Name()), err))
			return nil
		}
	}
	if _, err := fmt.Fprintln(l.out, line); err != nil {
		return writeError{err}
	}
	return nil
}

// longLine is mode, size, time, name and the target of a link.
func longLine(v *view, dir string, e iofs.DirEntry) (string, error) {
	info, err := e.Info()
	if err != nil {
		return "", err
	}
	target := ""
	if info.Mode()&iofs.ModeSymlink != 0 {
		if target, err = iofs.ReadLink(v, path.Join(dir, e.Name())); err != nil {
			return "", err
		}
		target = " -> " + target
	}
	return fmt.Sprintf("%s %10d %s %s%s", info.Mode(), info.Size(), info.ModTime().UTC().Format(timeLayout), e.Name(), target), nil
}
