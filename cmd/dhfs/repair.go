package main

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"github.com/spf13/cobra"
)

func (a *app) repairCommand() *cobra.Command {
	var from string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "repair DB --from OTHER",
		Short: "fetch what is missing or damaged from another store",
		Long: `Hash everything that the refs reach, and fetch what is missing or damaged from another store: a copy, or one
that has the same commits. Blocks have the same name in every store, so nothing else is looked at there. Refs stay where they are.
Exits 0 when all is whole then, and 8 when OTHER does not have some of it either.`,
		Example: "  dhfs repair shop --from /backup/shop --dry-run",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, _, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if from == "" {
				return hinted{usageError{"repair from where?"}, "dhfs repair " + p.url + " --from OTHER"}
			}
			return a.repair(cmd.Context(), p, parsePlace(from), dryRun)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the store that has what is missing")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "fetch nothing; list what would be")
	return cmd
}

func (a *app) repair(ctx context.Context, p, from place, dryRun bool) error {
	s, err := a.openAll(ctx, "repair", p)
	if err != nil {
		return err
	}
	defer s.Close()
	other, err := openStore(ctx, from.url)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	defer other.Close()
	refs, err := s.Refs(ctx)
	if err != nil {
		return err
	}
	absent, err := cas.ReadAbsent(ctx, s)
	if err != nil {
		return err
	}
	heads := make([]cid.Cid, len(refs))
	for i, r := range refs {
		heads[i] = r.CID
	}
	bar := a.progress("verifying", 0)
	done, err := cas.Repair(ctx, s, other, heads, absent.Missing(ctx, s), dryRun, func(v cas.Verified) { bar.set(v.Bytes) })
	bar.done()
	if err != nil {
		return err
	}
	verb := "fetched"
	if dryRun {
		verb = "can be fetched"
	}
	t := newTable("block", "outcome")
	for _, id := range done.Mended {
		t.add(text(id.String()), text(verb))
	}
	for _, f := range done.Faults {
		t.add(text(f.CID.String()), text("not in "+from.url+" either: "+f.String()))
	}
	if len(done.Mended)+len(done.Faults) > 0 {
		if err := a.write(t.result()); err != nil {
			return err
		}
	}
	a.say("%d blocks, %d bytes; %d %s, %d cannot be had", done.Blocks, done.Bytes, len(done.Mended), verb, len(done.Faults))
	if len(done.Faults) > 0 {
		return status(exitCorrupt)
	}
	return nil
}
