package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/spf13/cobra"
)

type gcFlags struct {
	last                     int
	within                   string
	purged, thorough, dryRun bool
}

func (a *app) gcCommand() *cobra.Command {
	var f gcFlags
	cmd := &cobra.Command{
		Use:   "gc DB",
		Short: "remove what no branch, tag or reader holds",
		Long: `Remove what no branch, tag or reader holds: commits of branches that were deleted or moved
back, and what interrupted commands have left. Every commit of every branch and tag is kept, unless
--keep-last or --keep-within say how much of the history is. Of older commits, log and @rev then
say that they were dropped. Mounts and commands that are running keep what they read.

It is safe at any time, beside writers too, and may be interrupted. Parts of the store that are
mostly live are left as they are, and what is garbage in them only becomes unreadable;
--thorough writes them anew, so that no byte of it stays.`,
		Example: `  dhfs gc shop --dry-run
  dhfs gc shop --keep-within 90d --keep-last 100
  dhfs gc shop --purged         # after a purge: the commits that still have what was purged`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, _, err := a.takePlace(args)
			if err != nil {
				return err
			}
			keep, err := f.retention()
			if err != nil {
				return err
			}
			return a.gc(cmd.Context(), p, keep, f)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&f.last, "keep-last", 0, "of the history of each branch and tag, keep the newest `N` commits")
	flags.StringVar(&f.within, "keep-within", "", "and those of the last `DURATION`, as 36h, 90d, 8w or 2y")
	flags.BoolVar(&f.purged, "purged", false, "drop the commits from before a purge, thoroughly")
	flags.BoolVar(&f.thorough, "thorough", false, "leave no byte of what is removed in the store")
	flags.BoolVar(&f.dryRun, "dry-run", false, "remove nothing; list what would go, with the bytes of each commit")
	return cmd
}

func (f gcFlags) retention() (engine.Retention, error) {
	keep := engine.Retention{Last: f.last, Purged: f.purged}
	if f.last < 0 {
		return keep, usageError{"--keep-last cannot be negative"}
	}
	if f.within != "" {
		d, err := parseSpan(f.within)
		if err != nil {
			return keep, usageError{"--keep-within: " + err.Error()}
		}
		keep.Since = now().Add(-d)
	}
	return keep, nil
}

// parseSpan reads 36h, 90d, 8w or 2y, or several of them in a row.
func parseSpan(text string) (span time.Duration, err error) {
	units := map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour, 'y': 365 * 24 * time.Hour}
	for rest := text; rest != ""; {
		i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if i <= 0 || units[rest[i]] == 0 {
			return 0, fmt.Errorf("%q is no duration: want numbers of h, d, w or y, as 90d or 1y30d", text)
		}
		n, err := strconv.ParseInt(rest[:i], 10, 32)
		if err != nil || n > int64((1<<62)/units[rest[i]]) {
			return 0, fmt.Errorf("%q is too long", text)
		}
		span += time.Duration(n) * units[rest[i]]
		rest = rest[i+1:]
	}
	if span <= 0 {
		return 0, fmt.Errorf("%q is no duration: want numbers of h, d, w or y, as 90d or 1y30d", text)
	}
	return span, nil
}

func (a *app) gc(ctx context.Context, p place, keep engine.Retention, f gcFlags) error {
	s, err := a.openAll(ctx, "gc", p)
	if err != nil {
		return err
	}
	defer s.Close()
	if f.dryRun {
		return a.listGarbage(ctx, s, keep)
	}
	bar := a.progress("reading what is live", 0)
	done, err := engine.GC(ctx, s, keep, f.thorough || f.purged, bar.set)
	bar.done()
	if err != nil {
		return fmt.Errorf("%s: %w", shown(p.url), err)
	}
	a.say("%d blocks removed; the store is %s", done.Blocks, change(done.Bytes))
	return a.adviseOnPurges(ctx, s, f.purged)
}

func change(freed int64) string {
	if freed < 0 {
		return fmt.Sprintf("%d bytes larger", -freed)
	}
	return fmt.Sprintf("%d bytes smaller", freed)
}

// openAll opens a store for a command that is about all of it, not about one revision.
func (a *app) openAll(ctx context.Context, command string, p place) (store, error) {
	if p.rev != "" {
		return nil, hinted{usageError{fmt.Sprintf("%s %s: it is about the whole store, not about one revision", command, p)}, fmt.Sprintf("dhfs %s %s", command, shown(p.url))}
	}
	return openStore(uncached(ctx), p.url)
}

// listGarbage prints what a gc would remove.
func (a *app) listGarbage(ctx context.Context, s store, keep engine.Retention) error {
	bar := a.progress("reading", 0)
	dropped, err := engine.Garbage(ctx, s, keep, bar.set)
	bar.done()
	if err != nil {
		return err
	}
	t := newTable("commit", "t", "time", "message", "blocks", "bytes")
	var total engine.Amount
	for _, d := range dropped {
		total.Blocks, total.Bytes = total.Blocks+d.Blocks, total.Bytes+d.Bytes
		if !d.Commit.ID.Defined() {
			t.add(text("(no commit)"), text(""), text(""), text(""), number(d.Blocks), number(d.Bytes))
			continue
		}
		t.add(text(d.Commit.ID.String()), number(d.Commit.T), instant(d.Commit.At), text(d.Commit.Msg), number(d.Blocks), number(d.Bytes))
	}
	if err := a.write(t.result()); err != nil {
		return err
	}
	a.say("%d blocks, %d bytes would be removed, less what is being read; nothing was", total.Blocks, total.Bytes)
	return nil
}

// adviseOnPurges says so where commits from before a purge are still there.
func (a *app) adviseOnPurges(ctx context.Context, s store, purged bool) error {
	before, holders, err := engine.BeforePurges(ctx, s)
	switch {
	case err != nil || before == 0:
		return err
	case len(holders) > 0:
		a.say("%d commits from before a purge are kept by %s and have what was purged", before, strings.Join(holders, ", "))
	case purged:
		a.say("%d commits from before a purge are being read and have what was purged; end the mounts and commands on this store, then run it again", before)
	default:
		a.say("%d commits from before a purge are kept and have what was purged; dhfs gc --purged drops them", before)
	}
	return nil
}

func (a *app) duCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "du DB",
		Short: "what takes the room in a store: live, history, garbage",
		Long: `What takes the room in a store, all its branches together.
  live     what branches and tags show now
  history  what only their older commits show
  garbage  what nothing leads to: dhfs gc removes it
  files    all of the store's files or tables: indexes and heads too, and garbage that is not readable any more`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, _, err := a.takePlace(args)
			if err != nil {
				return err
			}
			return a.du(cmd.Context(), p)
		},
	}
}

func (a *app) du(ctx context.Context, p place) error {
	s, err := a.openAll(ctx, "du", p)
	if err != nil {
		return err
	}
	defer s.Close()
	bar := a.progress("reading", 0)
	u, err := engine.Measure(ctx, s, bar.set)
	bar.done()
	if err != nil {
		return fmt.Errorf("%s: %w", shown(p.url), err)
	}
	t := newTable("what", "blocks", "bytes")
	t.add(text("live"), number(u.Live.Blocks), number(u.Live.Bytes))
	t.add(text("history"), number(u.History.Blocks), number(u.History.Bytes))
	t.add(text("garbage"), number(u.Garbage.Blocks), number(u.Garbage.Bytes))
	if m, ok := cas.As[measured](s); ok {
		st, err := m.Totals(ctx)
		if err == nil {
			t.add(text("files"), number(st.Blocks), number(st.Disk))
		} else if !errors.Is(err, cas.ErrUnsupported) {
			return err
		}
	}
	return a.write(t.result())
}
