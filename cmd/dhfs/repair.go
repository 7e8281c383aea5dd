package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"github.com/spf13/cobra"
)

// repairing is what repair was told.
type repairing struct {
	from     string
	refsFrom string
	asFound  bool
	dryRun   bool
}

func (a *app) repairCommand() *cobra.Command {
	var r repairing
	cmd := &cobra.Command{
		Use:   "repair DB --from OTHER",
		Short: "fetch what is missing or damaged from another store",
		Long: `Hash everything that the refs reach, and fetch what is missing or damaged from another store: a copy, or one
that has the same commits. Blocks have the same name in every store, so nothing else is looked at there.
Exits 0 when all is whole then, and 8 when OTHER does not have some of it either.

Where the journal of a file store is damaged, it may have held the last moves of refs. It is then written anew from all that is
whole in it, and what it was is set aside in the store's directory. Which refs may be older than they were is
listed; nothing is written until you say where they are to point:
  --refs-from STORE  as in STORE, where that has what is here and more; what is newer here stays
  --refs-as-found    as in the last whole record`,
		Example: `  dhfs repair shop --from /backup/shop --dry-run
  dhfs repair shop --from /backup/shop --refs-from /backup/shop    # after damage to the journal`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, _, err := a.takePlace(args)
			if err != nil {
				return err
			}
			return a.repair(cmd.Context(), p, r)
		},
	}
	cmd.Flags().StringVar(&r.from, "from", "", "the store that has what is missing (default: that of --refs-from)")
	cmd.Flags().StringVar(&r.refsFrom, "refs-from", "", "where the journal was damaged: the store that tells where refs point")
	cmd.Flags().BoolVar(&r.asFound, "refs-as-found", false, "where the journal was damaged: leave refs where its last whole record has them")
	cmd.Flags().BoolVar(&r.dryRun, "dry-run", false, "write nothing; list what would be")
	return cmd
}

func (a *app) repair(ctx context.Context, p place, r repairing) error {
	if r.from == "" {
		r.from = r.refsFrom
	}
	s, err := a.openWhole(ctx, p, r)
	if err != nil {
		return err
	}
	defer s.Close()
	if r.from == "" && r.asFound {
		return a.verify(ctx, p, verifying{})
	}
	if r.from == "" {
		return hinted{usageError{"repair from where?"}, "dhfs repair " + shown(p.url) + " --from OTHER"}
	}
	other, err := openStore(uncached(ctx), parsePlace(r.from).url)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	defer other.Close()
	return a.fetchMissing(ctx, s, other, r)
}

// openWhole opens a store whose journal is whole, or has been recovered.
func (a *app) openWhole(ctx context.Context, p place, r repairing) (store, error) {
	s, err := a.openAll(ctx, "repair", p)
	if err == nil {
		if _, err = s.Refs(ctx); err == nil {
			return s, nil
		}
		s.Close()
	}
	var corrupt *cas.CorruptError
	if !errors.As(err, &corrupt) {
		return nil, err
	}
	if err := a.recoverJournal(ctx, p, r); err != nil {
		return nil, err
	}
	return a.openAll(ctx, "repair", p)
}

// fetchMissing takes from other what s lacks.
func (a *app) fetchMissing(ctx context.Context, s, other store, r repairing) error {
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
	done, err := cas.Repair(ctx, s, other, heads, absent.Missing(ctx, s), r.dryRun, func(v cas.Verified) { bar.set(v.Bytes) })
	bar.done()
	if err != nil {
		return err
	}
	verb := "fetched"
	if r.dryRun {
		verb = "can be fetched"
	}
	t := newTable("block", "outcome")
	for _, id := range done.Mended {
		t.add(text(id.String()), text(verb))
	}
	for _, f := range done.Faults {
		t.add(text(f.CID.String()), text("not in "+r.from+" either: "+f.String()))
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
