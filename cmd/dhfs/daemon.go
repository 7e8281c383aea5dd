package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// daemonDeadline is how long a mount may take to answer before --daemon gives up on it.
const daemonDeadline = 30 * time.Second

// daemonize runs this same command line without --daemon in a process of its own, and returns when the
// mount on dir answers, or with the child's own error and exit code when it ended before.
//
// The child's messages go to a file and not to a pipe: writing to a pipe
// whose reader has gone would kill it.
func (a *app) daemonize(ctx context.Context, dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	messages, err := os.CreateTemp("", "dhfs-mount-*")
	if err != nil {
		return err
	}
	defer messages.Close()
	defer os.Remove(messages.Name())
	child := exec.Command(self, foreground(a.args)...)
	child.Args[0] = "dhfs" // whatever this one was called as
	child.Env = append(os.Environ(), "DHFS_DAEMON=false")
	child.Stderr = messages
	child.SysProcAttr = detached()
	if err := child.Start(); err != nil {
		return err
	}
	return a.awaitMount(ctx, child, messages, dir)
}

// foreground is the command line less --daemon.
func foreground(args []string) []string {
	var kept []string
	for _, arg := range args {
		if arg != "--daemon" && !strings.HasPrefix(arg, "--daemon=") {
			kept = append(kept, arg)
		}
	}
	return kept
}

// awaitMount returns when the mount answers or the child has ended, and then passes on what it said.
func (a *app) awaitMount(ctx context.Context, child *exec.Cmd, messages io.ReadSeeker, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, daemonDeadline)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for {
		select {
		case err := <-ended:
			return a.ended(err, messages)
		case <-ctx.Done():
			child.Process.Kill()
			return fmt.Errorf("mount %s: no answer after %s: %w", dir, daemonDeadline, ctx.Err())
		case <-time.After(2 * time.Millisecond):
			if answers(dir) {
				return nil
			}
		}
	}
}

// ended passes on the words and the exit code of a child that could not mount.
func (a *app) ended(err error, messages io.ReadSeeker) error {
	if _, serr := messages.Seek(0, io.SeekStart); serr != nil {
		return serr
	}
	if _, cerr := io.Copy(a.err, messages); cerr != nil {
		return cerr
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return status(exit.ExitCode())
	}
	if err == nil {
		err = errors.New("the mount ended at once")
	}
	return err
}
