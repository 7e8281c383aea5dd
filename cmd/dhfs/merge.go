package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
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

// joining is a command that does to a branch what lies between two other commits: merge and revert.
type joining struct {
	want    string // the arguments, for whoever gives others
	try     func(c *engine.Conn, ctx context.Context, id cid.Cid, choose func(engine.Conflict) engine.Choice) (engine.Merge, error)
	write   func(c *engine.Conn, ctx context.Context, id cid.Cid, choose func(engine.Conflict) engine.Choice, m engine.Meta) (engine.Merge, error)
	message func(p place, rev string, c engine.Commit) string // where none is given

	committing
	deciding
	into string
}

func (a *app) mergeCommand() *cobra.Command {
	return a.joiningCommand(&cobra.Command{
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
	}, &joining{
		want: "DB FROM", try: (*engine.Conn).TryMerge, write: (*engine.Conn).Merge,
		message: func(p place, rev string, _ engine.Commit) string {
			return fmt.Sprintf("merge %s into %s", rev, branchOf(p))
		},
	})
}

func (a *app) revertCommand() *cobra.Command {
	return a.joiningCommand(&cobra.Command{
		Use:   "revert DB REV",
		Short: "undo what one commit did, as a new transaction",
		Long: `Undo what the commit REV did, as a new transaction on the branch. What came after it
stays; where that builds on what goes, it is a conflict as in dhfs merge.`,
		Example: `  dhfs revert shop t42
  dhfs revert shop main~1 --into main`,
	}, &joining{
		want: "DB REV", try: (*engine.Conn).TryRevert, write: (*engine.Conn).Revert,
		message: func(_ place, _ string, c engine.Commit) string {
			return strings.TrimSuffix(fmt.Sprintf("revert t%d: %s", c.T, c.Msg), ": ")
		},
	})
}

// joiningCommand gives a command what merge and revert have in common.
func (a *app) joiningCommand(cmd *cobra.Command, j *joining) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		p, rest, err := a.takePlace(args)
		switch {
		case err != nil:
			return err
		case len(rest) != 1:
			return usageError{"want " + j.want}
		case j.into != "" && p.rev != "":
			return usageError{"the branch is given twice: as DB@BRANCH and by --into"}
		case j.into != "":
			p.rev = j.into
		}
		return a.join(cmd.Context(), p, strings.TrimPrefix(rest[0], "@"), j)
	}
	j.committing.flags(cmd)
	j.deciding.flags(cmd)
	cmd.Flags().StringVar(&j.into, "into", "", "the branch that gets it (default main)")
	return cmd
}

func (a *app) join(ctx context.Context, p place, rev string, j *joining) error {
	meta, err := a.meta(ctx, &j.committing)
	if err != nil {
		return err
	}
	conn, s, err := connect(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	c, err := engine.Resolve(ctx, s, rev, now())
	if err != nil {
		return err
	}
	choose, err := j.chooser(ctx, conn)
	if err != nil {
		return err
	}
	if meta.Msg == "" {
		meta.Msg = j.message(p, rev, c)
	}
	var m engine.Merge
	if j.dryRun {
		m, err = j.try(conn, ctx, c.ID, choose.choose)
	} else {
		m, err = j.write(conn, ctx, c.ID, choose.choose, meta)
	}
	if err != nil {
		return a.explain(ctx, conn, err)
	}
	return a.reportMerge(ctx, m, choose)
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
