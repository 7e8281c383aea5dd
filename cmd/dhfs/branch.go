package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/spf13/cobra"
)

// naming holds what branch and tag were told to do.
type naming struct {
	label                 engine.Label
	remove, drop, to, rep bool
}

func (a *app) branchCommand() *cobra.Command {
	n := naming{label: engine.Branch}
	cmd := &cobra.Command{
		Use:   "branch DB [NAME [REV]]",
		Short: "list, make, move, rename or delete branches",
		Long: `Without NAME, list the branches. With NAME, make a branch at REV, else at DB@rev, else at
the head. A branch costs one ref: nothing is copied. DB@NAME reads it, and
dhfs tx DB@NAME commits to it.`,
		Example: `  dhfs branch shop prices
  dhfs branch shop@main~3 before-the-change
  dhfs branch shop -m prices new-prices
  dhfs branch shop -d new-prices`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.naming(cmd.Context(), args, n) },
	}
	cmd.Flags().BoolVarP(&n.remove, "delete", "d", false, "delete the branch, if another name reaches its commits")
	cmd.Flags().BoolVarP(&n.drop, "drop", "D", false, "delete the branch, and all commits that nothing else reaches")
	cmd.Flags().BoolVarP(&n.to, "move", "m", false, "rename: branch DB -m OLD NEW")
	cmd.Flags().BoolVarP(&n.rep, "force", "f", false, "move a branch that is there already to REV")
	return cmd
}

func (a *app) tagCommand() *cobra.Command {
	n := naming{label: engine.Tag}
	cmd := &cobra.Command{
		Use:   "tag DB [NAME [REV]]",
		Short: "list, make or delete tags",
		Long:  "Without NAME, list the tags. With NAME, give REV, else DB@rev, else the head, a name that stays.",
		Example: `  dhfs tag shop 2026-q3 2026-09-30
  dhfs query shop@2026-q3 '[:find (count ?o) . :where [?o :order/id]]'`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.naming(cmd.Context(), args, n) },
	}
	cmd.Flags().BoolVarP(&n.drop, "delete", "d", false, "delete the tag")
	return cmd
}

// naming runs branch or tag.
func (a *app) naming(ctx context.Context, args []string, n naming) error {
	p, rest, err := a.takePlace(args)
	if err != nil {
		return err
	}
	s, err := openReading(ctx, p.url)
	if err != nil {
		return err
	}
	defer s.Close()
	if n.to && (n.rep || n.remove || n.drop) || n.rep && (n.remove || n.drop) {
		return usageError{"-m, -f, -d and -D: give one"}
	}
	most := 2
	if n.remove || n.drop {
		most = 1
	}
	switch {
	case len(rest) > most:
		return usageError{fmt.Sprintf("unexpected %q", rest[most])}
	case n.to && len(rest) != 2:
		return usageError{"want DB -m OLD NEW"}
	case len(rest) == 0 && (n.remove || n.drop || n.rep):
		return usageError{fmt.Sprintf("which %s?", n.label)}
	case len(rest) == 0:
		return a.listNames(ctx, s, n.label)
	case n.to:
		return n.there(n.label.Rename(ctx, s, rest[0], rest[1]), rest[1])
	case n.remove || n.drop:
		return n.delete(ctx, s, rest[0])
	}
	rev := p.rev
	if len(rest) == 2 {
		rev = strings.TrimPrefix(rest[1], "@")
	}
	return n.make(ctx, s, rest[0], rev)
}

func (a *app) listNames(ctx context.Context, s store, label engine.Label) error {
	refs, err := label.List(ctx, s)
	if err != nil {
		return err
	}
	t := newTable("name", "t", "time", "commit", "author", "message")
	for _, r := range refs {
		c, err := engine.ReadCommit(ctx, s, r.CID)
		if err != nil {
			return fmt.Errorf("%s %s: %w", label, r.Name, err)
		}
		t.add(text(r.Name), number(c.T), instant(c.At), text(c.ID.String()), text(c.By), text(c.Msg))
	}
	return a.write(t.result())
}

func (n naming) make(ctx context.Context, s store, name, rev string) error {
	c, err := engine.Resolve(ctx, s, rev, now())
	if err != nil {
		return err
	}
	if n.rep {
		old, err := s.Ref(ctx, string(n.label)+name)
		if err == nil {
			return n.label.Move(ctx, s, name, old, c.ID)
		}
		if !errors.Is(err, cas.ErrNotFound) {
			return err
		}
	}
	return n.there(n.label.Create(ctx, s, name, c.ID), name)
}

// there explains that a name is taken.
func (n naming) there(err error, name string) error {
	if !errors.Is(err, cas.ErrConflict) {
		return err
	}
	hint := "dhfs branch DB -f " + name + " REV moves it"
	if n.label == engine.Tag {
		hint = "a tag stays: choose another name, or dhfs tag DB -d " + name + " first"
	}
	return hinted{taken{fmt.Sprintf("there is a %s %s already", n.label, name)}, hint}
}

// taken says that a name is in use.
type taken struct{ msg string }

func (e taken) Error() string { return e.msg }

func (taken) Unwrap() error { return cas.ErrConflict }

func (n naming) delete(ctx context.Context, s store, name string) error {
	ref := string(n.label) + name
	at, err := s.Ref(ctx, ref)
	if err != nil {
		return hinted{fmt.Errorf("%s %s: %w", n.label, name, err), fmt.Sprintf("dhfs %s DB lists them", n.label)}
	}
	if n.label == engine.Branch {
		if err := n.mayDelete(ctx, s, name, ref); err != nil {
			return err
		}
	}
	return n.label.Delete(ctx, s, name, at)
}

// mayDelete refuses to delete the only branch, and, unless that is wanted, one with commits that nothing else reaches.
func (n naming) mayDelete(ctx context.Context, s store, name, ref string) error {
	all, err := engine.Branch.List(ctx, s)
	if err != nil {
		return err
	}
	if len(all) == 1 {
		return hinted{taken{fmt.Sprintf("%s is the only branch", name)}, "dhfs branch DB NAME makes another one first"}
	}
	if n.drop {
		return nil
	}
	at, err := s.Ref(ctx, ref)
	if err != nil {
		return err
	}
	holders, err := engine.Holders(ctx, s, at, ref)
	if err != nil {
		return err
	}
	if len(holders) == 0 {
		return hinted{taken{fmt.Sprintf("branch %s has commits that no other name reaches", name)},
			fmt.Sprintf("dhfs merge DB %s first, or dhfs branch DB -D %s to lose them", name, name)}
	}
	return nil
}
