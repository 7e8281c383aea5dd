package main

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
	"github.com/spf13/cobra"
)

func (a *app) verifyCommand() *cobra.Command {
	var deep bool
	cmd := &cobra.Command{
		Use:   "verify DB",
		Short: "hash everything that the refs reach again, and replay each head against its root",
		Long: `Hash everything that the refs reach again, and replay each head against its root. --deep makes the trees of
every commit anew from the log, beginning with an empty database, and compares them with what the commits say.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, _, err := a.takePlace(args)
			if err != nil {
				return err
			}
			return a.verify(cmd.Context(), p, deep)
		},
	}
	cmd.Flags().BoolVar(&deep, "deep", false, "make the trees of every commit anew from the log")
	return cmd
}

func (a *app) verify(ctx context.Context, p place, deep bool) error {
	s, err := openStore(ctx, p.url)
	if err != nil {
		return err
	}
	defer s.Close()
	refs, err := s.Refs(ctx)
	if err != nil {
		return err
	}
	if len(refs) == 0 {
		return hinted{fmt.Errorf("%s: no refs: %w", p.url, cas.ErrNotFound), "dhfs init " + p.url}
	}
	absent, err := cas.ReadAbsent(ctx, s)
	if err != nil {
		return err
	}
	heads := make([]cid.Cid, len(refs))
	for i, r := range refs {
		heads[i] = r.CID
	}
	damaged, err := a.verifyBlocks(ctx, s, heads, absent)
	if err != nil {
		return err
	}
	for _, r := range refs {
		if r.Name == cas.AbsentRef {
			continue
		}
		if _, err := engine.Open(ctx, s, r.CID); err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		if !deep {
			continue
		}
		if err := a.rebuild(ctx, s, r); err != nil {
			return err
		}
	}
	if damaged > 0 {
		return status(exitCorrupt)
	}
	return nil
}

// verifyBlocks prints each fault and a summary.
func (a *app) verifyBlocks(ctx context.Context, s store, heads []cid.Cid, absent cas.Absent) (damaged int, err error) {
	bar := a.progress("verifying", 0)
	found, err := cas.Verify(ctx, s, heads, absent.Missing(ctx, s), func(v cas.Verified) { bar.set(v.Bytes) })
	bar.done()
	if len(found.Faults) > 0 {
		t := newTable("block", "fault")
		for _, f := range found.Faults {
			t.add(text(f.CID.String()), text(f.String()))
		}
		if err := a.write(t.result()); err != nil {
			return len(found.Faults), err
		}
	}
	a.say("%d blocks, %d bytes, %d damaged", found.Blocks, found.Bytes, len(found.Faults))
	return len(found.Faults), err
}

// rebuild makes the trees of a ref's commits anew.
func (a *app) rebuild(ctx context.Context, s store, r cas.Ref) error {
	var bar progress
	done, err := engine.Rebuild(ctx, s, r.CID, func(n, of int) {
		if n == 1 {
			bar = a.progress("rebuilding "+r.Name, int64(of))
		}
		bar.set(int64(n))
	})
	bar.done()
	if err != nil {
		return fmt.Errorf("%s: %w", r.Name, err)
	}
	a.say("%s: %d transactions after t%d rebuilt; %d purges were taken as they are", r.Name, done.Transactions, done.From, done.Purges)
	return nil
}
