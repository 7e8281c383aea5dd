package main

import (
	"context"
	"os"
	"os/exec"

	"github.com/dhfs/dhfs/engine"
	"github.com/spf13/cobra"
)

// tidyCommand is what transact begins in a process of its own.
func (a *app) tidyCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "tidy DB",
		Hidden: true,
		Short:  "make the storage smaller, if that is due and no other process does it",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, _, err := a.takePlace(args)
			if err != nil {
				return err
			}
			s, err := openStore(cmd.Context(), p.url)
			if err != nil {
				return err
			}
			defer s.Close()
			if _, err := s.Refs(cmd.Context()); err != nil { // a bucket's tell how much was stored
				return err
			}
			_, err = engine.TidyIfDue(cmd.Context(), s)
			return err
		},
	}
}

// tidier sees to it that a command ends with its transaction, and that the storage is made smaller all the same.
type tidier struct {
	p    place
	conn *engine.Conn
	due  bool
}

// tidierOf is for a conn that is about to transact. In the first process of a container nothing goes on when that has ended, so it
// does the work itself.
func tidierOf(p place, conn *engine.Conn) *tidier {
	t := &tidier{p: p, conn: conn}
	if os.Getpid() != 1 {
		conn.TidyElsewhere(func() { t.due = true })
	}
	return t
}

// end begins what is due in a process of its own, when all is said. Where there can be none, the next transaction tries again.
func (t *tidier) end(ctx context.Context) {
	if !t.due {
		_ = t.conn.Tidied(ctx)
		return
	}
	self, err := os.Executable()
	if err != nil {
		return
	}
	child := exec.Command(self, "tidy")
	child.Args[0] = "dhfs"                                                 // whatever this one was called as
	child.Env = append(os.Environ(), "DHFS_DB="+t.p.url+"@"+branchOf(t.p)) // a URL is not for the list of processes
	child.SysProcAttr = detached()
	if child.Start() == nil {
		_ = child.Process.Release()
	}
}
