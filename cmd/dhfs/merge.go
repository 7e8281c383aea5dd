package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/engine"
	"github.com/spf13/cobra"
)

// deciding holds the flags that decide conflicts.
type deciding struct {
	ours, theirs bool
	file         string
}

func (d *deciding) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&d.ours, "ours", false, "where both changed the same, keep what the branch has")
	cmd.Flags().BoolVar(&d.theirs, "theirs", false, "where both changed the same, take what comes in")
	cmd.Flags().StringVar(&d.file, "resolve", "", "a file that decides each conflict: what --format edn printed, with :take :ours, :take :theirs or :value V added")
}

func (a *app) mergeCommand() *cobra.Command {
	var (
		c    committing
		d    deciding
		into string
	)
	cmd := &cobra.Command{
		Use:   "merge DB FROM",
		Short: "bring what happened on another branch into a branch",
		Long: `Bring what happened up to FROM (a branch, tag or commit), since it and the branch parted,
into the branch, as one transaction: by entity, attribute and, where there are many,
value. New entities get new ids where both branches used the same. Where both
changed the same differently, the conflicts are listed, nothing is written and
dhfs exits 6. A branch without commits of its own only moves.`,
		Example: `  dhfs merge shop prices -m 'new prices'
  dhfs merge shop prices --into main --dry-run
  dhfs merge shop prices --format edn > conflicts.edn   # decide in the file
  dhfs merge shop prices --resolve conflicts.edn`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(rest) != 1 {
				return usageError{"want DB FROM"}
			}
			if into != "" && p.rev != "" {
				return usageError{"the branch is given twice: as DB@BRANCH and by --into"}
			}
			if into != "" {
				p.rev = into
			}
			return a.merge(cmd.Context(), p, rest[0], c, d)
		},
	}
	c.flags(cmd)
	d.flags(cmd)
	cmd.Flags().StringVar(&into, "into", "", "the branch that gets it (default main)")
	return cmd
}

func (a *app) merge(ctx context.Context, p place, from string, c committing, d deciding) error {
	conn, s, err := connect(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	theirs, err := engine.Resolve(ctx, s, trimAt(from), now())
	if err != nil {
		return err
	}
	choose, err := d.chooser(ctx, conn)
	if err != nil {
		return err
	}
	if c.message == "" {
		c.message = fmt.Sprintf("merge %s into %s", from, branchOf(p))
	}
	m, err := a.merged(c.dryRun,
		func() (engine.Merge, error) { return conn.TryMerge(ctx, theirs.ID, choose.choose) },
		func() (engine.Merge, error) { return conn.Merge(ctx, theirs.ID, choose.choose, c.meta()) })
	if err != nil {
		return a.explain(ctx, conn, err)
	}
	return a.reportMerge(ctx, m, choose)
}

func (a *app) revertCommand() *cobra.Command {
	var (
		c    committing
		d    deciding
		into string
	)
	cmd := &cobra.Command{
		Use:   "revert DB REV",
		Short: "undo what one commit did, as a new transaction",
		Long: `Undo what the commit REV did, as a new transaction on the branch. What came after it
stays; where that builds on what goes, it is a conflict as in dhfs merge.`,
		Example: `  dhfs revert shop t42
  dhfs revert shop main~1 --into main`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(rest) != 1 {
				return usageError{"want DB REV"}
			}
			if into != "" {
				p.rev = into
			}
			return a.revert(cmd.Context(), p, rest[0], c, d)
		},
	}
	c.flags(cmd)
	d.flags(cmd)
	cmd.Flags().StringVar(&into, "into", "", "the branch (default main)")
	return cmd
}

func (a *app) revert(ctx context.Context, p place, rev string, c committing, d deciding) error {
	conn, s, err := connect(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	undone, err := engine.Resolve(ctx, s, trimAt(rev), now())
	if err != nil {
		return err
	}
	choose, err := d.chooser(ctx, conn)
	if err != nil {
		return err
	}
	if c.message == "" {
		c.message = fmt.Sprintf("revert t%d", undone.T)
		if undone.Msg != "" {
			c.message += ": " + undone.Msg
		}
	}
	m, err := a.merged(c.dryRun,
		func() (engine.Merge, error) { return conn.TryRevert(ctx, undone.ID, choose.choose) },
		func() (engine.Merge, error) { return conn.Revert(ctx, undone.ID, choose.choose, c.meta()) })
	if err != nil {
		return a.explain(ctx, conn, err)
	}
	return a.reportMerge(ctx, m, choose)
}

// trimAt takes REV also as @REV.
func trimAt(rev string) string {
	if rev != "" && rev[0] == '@' {
		return rev[1:]
	}
	return rev
}

// merged runs one of two.
func (a *app) merged(dry bool, try, write func() (engine.Merge, error)) (engine.Merge, error) {
	if dry {
		return try()
	}
	return write()
}

// explain prints the conflicts that an error lists.
func (a *app) explain(ctx context.Context, conn *engine.Conn, err error) error {
	var found *engine.ConflictError
	if errors.Is(err, engine.ErrUnrelated) {
		return hinted{err, "only branches of one database can be merged"}
	}
	if !errors.As(err, &found) {
		return err
	}
	db, dbErr := conn.DB(ctx)
	if dbErr != nil {
		return dbErr
	}
	if printErr := a.printConflicts(ctx, db, found.Conflicts); printErr != nil {
		return printErr
	}
	return hinted{fmt.Errorf("%w: nothing was written", err), "--ours, --theirs, or --resolve FILE with what --format edn prints, decided"}
}

func (a *app) reportMerge(ctx context.Context, m engine.Merge, choose *chooser) error {
	if n := choose.unused(); n > 0 {
		a.say("%d decisions of the file are about no conflict", n)
	}
	switch {
	case m.After == m.Before:
		a.say("nothing to merge: the branch has all of it")
		return nil
	case m.Forward:
		a.say("the branch had nothing of its own: it moved to t%d", m.After.T())
	case len(m.Decided) > 0:
		a.say("%d conflicts decided", len(m.Decided))
	}
	return a.printReport(ctx, m.Report)
}
