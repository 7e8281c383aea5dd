package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/spf13/cobra"
)

func (a *app) logCommand() *cobra.Command {
	var (
		most int
		keys string
	)
	cmd := &cobra.Command{
		Use:   "log DB [ENTITY]",
		Short: "list the transactions, or the changes of an entity, newest first",
		Long:  "List the transactions, newest first, or with ENTITY all that was added to it and retracted from it. What was purged, or has no history, is not listed.\nsigner is the key that signed it, by the name that it has in the file --keys, else by its fingerprint.",
		Example: `  dhfs log shop -n 10
  dhfs log shop@2026-09-30 customer/ALFKI`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if most < 0 {
				return usageError{"--max-count cannot be negative"}
			}
			switch len(rest) {
			case 0:
				known, err := readSigners(keys)
				if err != nil {
					return err
				}
				return a.log(cmd.Context(), p, most, known)
			case 1:
				return a.entityLog(cmd.Context(), p, rest[0], most)
			}
			return usageError{"want DB and at most one ENTITY"}
		},
	}
	cmd.Flags().IntVarP(&most, "max-count", "n", 0, "at most so many (0: all)")
	keysFlag(cmd, &keys)
	return cmd
}

func (a *app) log(ctx context.Context, p place, most int, known signers) error {
	db, s, err := openRead(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	out, err := a.stream("t", "time", "commit", "author", "signer", "added", "retracted", "purged", "message")
	if err != nil {
		return err
	}
	n := 0
	for c, err := range engine.Log(ctx, s, db.Commit()) {
		if errors.Is(err, engine.ErrPruned) {
			defer a.say("older transactions were dropped by dhfs gc")
			break
		}
		if err != nil {
			return err
		}
		if c, err = engine.Counted(ctx, s, c); err != nil {
			return err
		}
		if err := out.Add(number(c.T), instant(c.At), text(c.ID.String()), text(c.By), text(known.seal(c).text(known)), number(c.Added), number(c.Retracted), number(c.Purged), text(c.Msg)); err != nil {
			return err
		}
		if n++; n == most {
			break
		}
	}
	return out.Close()
}

func (a *app) showCommand() *cobra.Command {
	var keys string
	cmd := &cobra.Command{
		Use:   "show DB@rev",
		Short: "show one commit: who, when, why, and what it changed",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, _, err := a.takePlace(args)
			if err != nil {
				return err
			}
			known, err := readSigners(keys)
			if err != nil {
				return err
			}
			return a.show(cmd.Context(), p, known)
		},
	}
	keysFlag(cmd, &keys)
	return cmd
}

func (a *app) show(ctx context.Context, p place, known signers) error {
	db, s, err := openRead(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	c, err := engine.ReadCommit(ctx, s, db.Commit())
	if err != nil {
		return err
	}
	tx, err := engine.ReadTx(ctx, s, c)
	if err != nil {
		return err
	}
	if tx.Datoms, err = resolved(ctx, db, tx.Datoms); err != nil {
		return err
	}
	if a.format != "" && a.format != "table" {
		t := newTable("e", "a", "v", "t", "added")
		for _, d := range tx.Datoms {
			t.add(datomForm(db, d).Items()...)
		}
		return a.write(t.result())
	}
	_, err = io.WriteString(a.out, commitText(c, known)+"\n"+changesText(db, tx.Datoms))
	return err
}

func commitText(c engine.Commit, known signers) string {
	var b strings.Builder
	fmt.Fprintf(&b, "commit\t%s\n", c.ID)
	for _, p := range c.Parents {
		fmt.Fprintf(&b, "parent\t%s\n", p)
	}
	fmt.Fprintf(&b, "root\t%s\nt\t%d\ntime\t%s\n", c.Root, c.T, c.At.UTC().Format(timeLayout))
	if c.By != "" {
		fmt.Fprintf(&b, "author\t%s\n", c.By)
	}
	if by := known.seal(c).text(known); by != "" {
		fmt.Fprintf(&b, "signer\t%s\n", by)
	}
	if c.Msg != "" {
		fmt.Fprintf(&b, "message\t%s\n", c.Msg)
	}
	if c.Purged > 0 {
		fmt.Fprintf(&b, "purged\t%d\n", c.Purged)
	}
	return b.String()
}

// timeLayout is RFC 3339 with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

func changesText(db engine.DB, datoms []engine.Datom) string {
	var b strings.Builder
	for _, d := range datoms {
		fmt.Fprintf(&b, "%s\t%s\n", op(d), datomText(db, d))
	}
	return b.String()
}

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
	before, s, err := openRead(ctx, from)
	if err != nil {
		return err
	}
	defer s.Close()
	var after engine.DB
	if from.url == to.url { // what both share is known by the store
		if after, err = dbAt(ctx, s, to.rev); err != nil {
			return fmt.Errorf("%s: %w", to, err)
		}
	} else {
		var other store
		if after, other, err = openRead(ctx, to); err != nil {
			return err
		}
		defer other.Close()
	}
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
