package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dhfs/dhfs/engine"
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
