package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
	"github.com/spf13/cobra"
)

func (a *app) watchCommand() *cobra.Command {
	var most int
	cmd := &cobra.Command{
		Use:   "watch DB [PATTERN] [-- CMD...]",
		Short: "print what each new commit changes, or run a command for it",
		Long: `Print what each new commit on a branch changes, by whatever process it is made, until
interrupted. PATTERN is a datom with _ for anything: only changes like it count.
With CMD, run that for each commit instead: the changes are on its standard input,
DHFS_T and DHFS_COMMIT in its environment; a command that fails ends the watch.
DB@t5 begins with what came after transaction 5.`,
		Example: `  dhfs watch shop
  dhfs watch shop '[_ :customer/city _]'
  dhfs watch shop -- make report`,
		RunE: func(cmd *cobra.Command, args []string) error {
			args, command := splitDash(cmd, args)
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(rest) > 1 {
				return usageError{fmt.Sprintf("unexpected %q; a command comes after --", rest[1])}
			}
			return a.watch(cmd.Context(), p, strings.Join(rest, ""), command, most)
		},
	}
	cmd.Flags().IntVarP(&most, "max-count", "n", 0, "end after so many commits (0: never)")
	return cmd
}

// splitDash splits the arguments at --.
func splitDash(cmd *cobra.Command, args []string) (before, after []string) {
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		return args[:n], args[n:]
	}
	return args, nil
}

// watch follows the branch of p, or main from the revision of p on.
func (a *app) watch(ctx context.Context, p place, pattern string, command []string, most int) error {
	conn, s, from, err := follow(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	db, err := conn.DB(ctx)
	if err != nil {
		return err
	}
	var match datomPattern
	if pattern != "" {
		if match, err = parsePattern(ctx, db, pattern); err != nil {
			return err
		}
	}
	n := 0
	for c, err := range conn.Watch(ctx, from) {
		if err != nil {
			return err
		}
		done, err := a.watched(ctx, conn, s, c, match, command)
		if err != nil {
			return err
		}
		if done {
			n++
		}
		if most > 0 && n >= most {
			return nil
		}
	}
	return nil
}

// follow connects to the branch that p names, or to main with the commit to begin after.
func follow(ctx context.Context, p place) (*engine.Conn, store, cid.Cid, error) {
	s, err := openStore(ctx, p.url)
	if err != nil {
		return nil, nil, cid.Undef, err
	}
	branch, from := branchOf(p), cid.Undef
	if _, err := s.Ref(ctx, string(engine.Branch)+branch); err != nil && p.rev != "" {
		c, err := engine.Resolve(ctx, s, p.rev, now())
		if err != nil {
			s.Close()
			return nil, nil, cid.Undef, err
		}
		branch, from = mainBranch, c.ID
	}
	conn, err := engine.Connect(ctx, s, branch)
	if err != nil {
		s.Close()
		return nil, nil, cid.Undef, fmt.Errorf("%s: %w", p, err)
	}
	return conn, s, from, nil
}

// watched tells of one commit, unless nothing in it is like the pattern.
func (a *app) watched(ctx context.Context, conn *engine.Conn, s store, c engine.Commit, match datomPattern, command []string) (bool, error) {
	db, err := conn.Open(ctx, c.ID)
	if err != nil {
		return false, err
	}
	tx, err := engine.ReadTx(ctx, s, c)
	if err != nil {
		return false, err
	}
	datoms, err := resolved(ctx, db, tx.Datoms)
	if err != nil {
		return false, err
	}
	var b strings.Builder
	for _, d := range datoms {
		if _, isTx := engine.TxOf(d.E); isTx && match.any() || !match.fits(d) {
			continue
		}
		fmt.Fprintf(&b, "%d\t%s\t%s\t%s\n", c.T, c.At.UTC().Format(timeLayout), op(d), datomText(db, d))
	}
	if b.Len() == 0 && !match.any() {
		return false, nil
	}
	if len(command) == 0 {
		_, err := io.WriteString(a.out, b.String())
		return true, err
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(b.String()), a.out, a.err
	cmd.Env = append(os.Environ(), "DHFS_T="+strconv.FormatUint(c.T, 10), "DHFS_COMMIT="+c.ID.String())
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		a.say("%s: %v, at t%d", command[0], err, c.T)
		return true, status(exit.ExitCode())
	}
	return true, err
}

// datomPattern selects datoms; what is not set matches anything.
type datomPattern struct {
	e engine.Opt[engine.ID]
	a engine.Opt[engine.ID]
	v engine.Opt[engine.Value]
}

func (p datomPattern) any() bool { return !p.e.Set && !p.a.Set && !p.v.Set }

func (p datomPattern) fits(d engine.Datom) bool {
	return (!p.e.Set || d.E == p.e.Val) && (!p.a.Set || d.A == p.a.Val) && (!p.v.Set || d.V == p.v.Val)
}

// parsePattern reads [entity attribute value], of which the end may be left out.
func parsePattern(ctx context.Context, db engine.DB, s string) (datomPattern, error) {
	var p datomPattern
	form, err := edn.Parse(s)
	if err != nil {
		return p, err
	}
	items := form.Items()
	if form.Kind() != edn.Vector || len(items) > 3 {
		return p, hinted{usageError{fmt.Sprintf("%s is no pattern", s)}, "[entity attribute value] with _ for anything, as in '[_ :person/name _]'"}
	}
	named := func(i int) bool { return i < len(items) && items[i].Kind() != edn.Symbol }
	if named(0) {
		id, err := findEntity(ctx, db, items[0].String())
		if err != nil {
			return p, err
		}
		p.e = engine.Some(id)
	}
	if !named(1) {
		if named(2) {
			return p, usageError{"a value needs its attribute"}
		}
		return p, nil
	}
	attr, ok := db.Schema().ByIdent(items[1].Text())
	if !ok {
		return p, unknownAttribute(db, items[1].Text())
	}
	p.a = engine.Some(attr.ID)
	if named(2) {
		v, err := db.Schema().FromEDN(attr, items[2])
		if err != nil {
			return p, err
		}
		p.v = engine.Some(v)
	}
	return p, nil
}

func (a *app) waitCommand() *cobra.Command {
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "wait DB[@>tN]",
		Short: "wait until a database has a transaction newer than tN, or than now",
		Long:  "Wait until the branch main has a transaction newer than tN, or than the newest of now, and print its t and commit.\nWith --timeout it gives up after a time and exits 9.",
		Example: `  dhfs wait 'shop@>t5'
  dhfs wait shop --timeout 1m`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return usageError{fmt.Sprintf("unexpected %q", rest[0])}
			}
			return a.wait(cmd.Context(), p, timeout)
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "give up after so long (0: never)")
	return cmd
}

func (a *app) wait(ctx context.Context, p place, timeout time.Duration) error {
	after, isT := strings.CutPrefix(p.rev, ">t")
	if p.rev != "" && !isT {
		return hinted{usageError{fmt.Sprintf("%s names no time to wait for", p.rev)}, "DB@>t5, or DB for the next transaction"}
	}
	if timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, timeout, errWaited)
		defer stop()
	}
	conn, s, err := connect(ctx, place{url: p.url})
	if err != nil {
		return err
	}
	defer s.Close()
	db, err := conn.DB(ctx)
	if err != nil {
		return err
	}
	t := db.T()
	if isT {
		if t, err = strconv.ParseUint(after, 10, 42); err != nil {
			return usageError{fmt.Sprintf("%s is no transaction", p.rev)}
		}
	}
	if db.T() > t {
		return a.arrived(db.T(), db.Commit())
	}
	for c, err := range conn.Watch(ctx, db.Commit()) {
		if context.Cause(ctx) == errWaited {
			return fmt.Errorf("%w for a transaction after t%d", errWaited, t)
		}
		if err != nil {
			return err
		}
		if c.T > t {
			return a.arrived(c.T, c.ID)
		}
	}
	return nil
}

var errWaited = fmt.Errorf("waited too long: %w", context.DeadlineExceeded)

func (a *app) arrived(t uint64, commit cid.Cid) error {
	out := newTable("t", "commit")
	out.add(number(t), text(commit.String()))
	return a.write(out.result())
}
