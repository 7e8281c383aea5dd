package main

import (
	"context"
	"errors"
	"fmt"
	iofs "io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/dhfs/dhfs/fs"
	"github.com/spf13/cobra"
)

func (a *app) runCommand() *cobra.Command {
	var f mountFlags
	var dir string
	cmd := &cobra.Command{
		Use:   "run [NAME=]DB... -- CMD [ARG...]",
		Short: "run a command inside a mount that lasts as long as it does",
		Long: `Run CMD with the mounted databases as its working directory, also named by DHFS_MOUNT, and unmount when it ends.
The exit code is that of CMD, 128+n when signal n ended it. Signals are passed on to it.`,
		Example: `  dhfs run shop -- grep -rl Berlin head/entities
  dhfs run infra=/srv/infra hr=/srv/hr -- bash`,
		RunE: func(cmd *cobra.Command, args []string) error {
			dash := cmd.ArgsLenAtDash()
			if a.db != "" && dash >= 0 {
				args, dash = append([]string{a.db}, args...), dash+1
			}
			if dash < 1 || dash == len(args) {
				return hinted{usageError{"want DB -- CMD"}, "dhfs run DB -- bash"}
			}
			return a.runInside(cmd.Context(), args[:dash], args[dash:], dir, f)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "mount here instead of on a temporary directory")
	f.add(cmd.Flags())
	a.page.flag(cmd)
	return cmd
}

// runInside mounts, runs the command to its end, and unmounts in any case.
func (a *app) runInside(ctx context.Context, dbs, command []string, dir string, f mountFlags) (err error) {
	if command[0], err = program(command[0]); err != nil {
		return err
	}
	if dir == "" {
		if dir, err = os.MkdirTemp("", "dhfs-run-*"); err != nil {
			return err
		}
		defer os.Remove(dir)
	}
	if f.queries == "" {
		f.queries = noQueries // a script begins with an empty query/ unless it is told otherwise
	}
	// An interrupt is for the command: the mount stays until it has ended.
	served, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	m, err := a.openMount(served, dbs, dir, f)
	if err != nil {
		return err
	}
	code, err := a.runCode(m.server.Dir(), command)
	end() // what the command has left behind must not keep the mount
	if uerr := errors.Join(m.server.Unmount(), m.close()); err == nil {
		err = uerr
	}
	if err == nil && code != exitOK {
		err = status(code)
	}
	return err
}

// program is the path of a command, found from here and not from inside the mount.
func program(name string) (string, error) {
	path, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, iofs.ErrNotExist) {
		return "", fmt.Errorf("%s: no such command: %w", name, iofs.ErrNotExist)
	}
	if err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

// enter makes the mount the working directory. A shell does so: this process is the server, and must not
// wait for itself between fork and exec.
const enter = `cd "$DHFS_MOUNT" && exec "$@"`

// runCode runs a command in dir and returns its exit code.
func (a *app) runCode(dir string, command []string) (int, error) {
	cmd := exec.Command("/bin/sh", append([]string{"-c", enter, "sh"}, command...)...)
	cmd.Env = append(os.Environ(), "DHFS_MOUNT="+dir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.in, a.out, a.err
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, passedOn...)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				if !sharesTerminal(s) {
					cmd.Process.Signal(s) // fails only where the command has ended
				}
			case <-ended:
				return
			}
		}
	}()
	err := cmd.Wait()
	close(ended)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exitCode(exit.ProcessState), nil
	}
	return 0, err
}

// checkNames refuses names of databases that could not be told apart in the mount, or hide another name of it.
func checkNames(dbs []fs.Database) error {
	if len(dbs) < 2 {
		return nil
	}
	seen := map[string]bool{"query": true}
	for _, d := range dbs {
		switch {
		case d.Name == "query":
			return hinted{usageError{`no database can be called "query": the mount has a directory of that name`}, "NAME=DB gives another name"}
		case seen[d.Name]:
			return hinted{usageError{fmt.Sprintf("two databases are called %q", d.Name)}, "NAME=DB gives another name"}
		case d.Name == "" || d.Name[0] == '.' || strings.ContainsAny(d.Name, "/\x00"):
			return hinted{usageError{fmt.Sprintf("%q is no name for a directory of the mount", d.Name)}, "NAME=DB, without a slash or a leading dot"}
		}
		seen[d.Name] = true
	}
	return nil
}
