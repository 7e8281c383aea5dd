package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
	"github.com/spf13/cobra"
)

func (a *app) diffCommand() *cobra.Command {
	var stat bool
	cmd := &cobra.Command{
		Use:   "diff DB@a [DB@b]",
		Short: "what must be retracted from a and added to make it b; exits 1 when they differ",
		Long: `What must be retracted from a and added to make it b. Without b, the head of a's
database. Exits 0 when there is no difference and 1 when there is one, as diff does.
--format tx gives tx data that turns a into b.`,
		Example: `  dhfs diff shop@main~1 shop
  dhfs diff shop@2026-09-30 shop@main --stat`,
		RunE: func(cmd *cobra.Command, args []string) error {
			from, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			to, err := a.otherPlace(from, rest)
			if err != nil {
				return err
			}
			return a.diff(cmd.Context(), from, to, stat)
		},
	}
	cmd.Flags().BoolVar(&stat, "stat", false, "only how many datoms of each attribute")
	return cmd
}

// otherPlace is the second of two places: the rest's only argument, or the head of the first.
func (a *app) otherPlace(from place, rest []string) (place, error) {
	switch {
	case len(rest) == 0:
		return place{url: from.url}, nil
	case len(rest) > 1:
		return place{}, usageError{fmt.Sprintf("unexpected %q", rest[1])}
	case strings.HasPrefix(rest[0], "@"):
		return place{url: from.url, rev: rest[0][1:]}, nil
	}
	return parsePlace(rest[0]), nil
}

func (a *app) diff(ctx context.Context, from, to place, stat bool) error {
	before, after, closeBoth, err := openBoth(ctx, from, to)
	if err != nil {
		return err
	}
	defer closeBoth()
	return a.printDiff(ctx, before, after, stat)
}

// openBoth opens two values to compare them, and their stores, which are closed by closeBoth.
func openBoth(ctx context.Context, from, to place) (before, after engine.DB, closeBoth func(), err error) {
	if from.url == to.url {
		s, err := openReading(ctx, from.url)
		if err != nil {
			return before, after, nil, err
		}
		if before, after, err = openBothIn(ctx, s, from, to); err != nil {
			s.Close()
		}
		return before, after, func() { s.Close() }, err
	}
	before, s, err := openRead(ctx, from)
	if err != nil {
		return before, after, nil, err
	}
	after, other, err := openRead(ctx, to)
	if err != nil {
		s.Close()
		return before, after, nil, err
	}
	return before, after, func() { s.Close(); other.Close() }, nil
}

// openBothIn opens two values of a store. Their transactions are compared, not done again: only where both say that they lead to the same is it looked at whether they do.
func openBothIn(ctx context.Context, s store, from, to place) (before, after engine.DB, err error) {
	var ids [2]cid.Cid
	for i, p := range []place{from, to} {
		c, err := engine.Resolve(ctx, s, p.rev, now())
		if err != nil {
			return before, after, fmt.Errorf("%s: %w", p, err)
		}
		ids[i] = c.ID
	}
	if before, after, err = engine.OpenToCompare(ctx, s, ids[0], ids[1]); err == nil {
		_, err = pin(ctx, s, ids[:]...)
	}
	if err != nil {
		return before, after, fmt.Errorf("%s and %s: %w", from, to, err)
	}
	if ids[0] != ids[1] && before.Root() == after.Root() {
		for i, p := range []place{from, to} {
			if _, err := engine.Check(ctx, s, ids[i]); err != nil {
				return before, after, fmt.Errorf("%s: %w", p, err)
			}
		}
	}
	return before, after, nil
}

// printDiff prints what must be retracted from one value and added to make it another, and fails with status 1 where there is anything.
func (a *app) printDiff(ctx context.Context, before, after engine.DB, stat bool) error {
	if before.Root() == after.Root() {
		return nil
	}
	if !stat && (a.format == "tx" || a.format == "edn") {
		return a.diffForms(ctx, before, after)
	}
	printer, err := a.diffPrinter(before, after, stat)
	if err != nil {
		return err
	}
	differ := false
	for d, err := range engine.Diff(ctx, before, after) {
		if err != nil {
			return err
		}
		if _, isTx := engine.TxOf(d.E); isTx {
			continue
		}
		differ = true
		if d.V, err = sideOf(before, after, d).Resolve(ctx, d.V); err != nil {
			return err
		}
		if err := printer.add(d); err != nil {
			return err
		}
	}
	if err := printer.close(); err != nil {
		return err
	}
	if differ {
		return status(exitFailed)
	}
	return nil
}

// datomPrinter prints the datoms of a difference in one of its forms.
type datomPrinter struct {
	add   func(engine.Datom) error
	close func() error
}

func (a *app) diffPrinter(before, after engine.DB, stat bool) (datomPrinter, error) {
	if stat {
		return a.statPrinter(before, after), nil
	}
	out, err := a.stream("op", "e", "a", "v")
	if err != nil {
		return datomPrinter{}, err
	}
	return datomPrinter{
		add: func(d engine.Datom) error {
			db := sideOf(before, after, d)
			return out.Add(text(op(d)), number(d.E), edn.MakeKeyword(identOf(db, d.A)), engine.ToEDN(d.V))
		},
		close: out.Close,
	}, nil
}

// sideOf is the database that knows the datom's attribute.
func sideOf(before, after engine.DB, d engine.Datom) engine.DB {
	if d.Added {
		return after
	}
	return before
}

// diffForms prints tx data that turns before into after, one form a line.
func (a *app) diffForms(ctx context.Context, before, after engine.DB) error {
	forms, err := engine.Changes(ctx, before, after)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.out)
	for _, f := range forms {
		if _, err := out.Write(append(edn.Append(nil, f), '\n')); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if len(forms) > 0 {
		return status(exitFailed)
	}
	return nil
}

// statPrinter counts by attribute.
func (a *app) statPrinter(before, after engine.DB) datomPrinter {
	type count struct{ added, retracted int }
	counts, order := map[string]*count{}, []string(nil)
	return datomPrinter{
		add: func(d engine.Datom) error {
			ident := identOf(sideOf(before, after, d), d.A)
			c, ok := counts[ident]
			if !ok {
				c = &count{}
				counts[ident], order = c, append(order, ident)
			}
			if d.Added {
				c.added++
			} else {
				c.retracted++
			}
			return nil
		},
		close: func() error {
			t := newTable("attribute", "added", "retracted")
			for _, ident := range order {
				t.add(edn.MakeKeyword(ident), number(counts[ident].added), number(counts[ident].retracted))
			}
			return a.write(t.result())
		},
	}
}
