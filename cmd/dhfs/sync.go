package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
	"github.com/spf13/cobra"
)

func (a *app) cloneCommand() *cobra.Command {
	var o engine.SyncOptions
	cmd := &cobra.Command{
		Use:   "clone SRC DST",
		Short: "copy a database with its branches, tags and history into a new store",
		Long: `Copy a database, with its branches, tags and history, from any store into a new one.
Interrupted, it may be run again and goes on where it was, until branches are there; then dhfs sync does.`,
		Example: "  dhfs clone https://example.org/shop shop\n  dhfs clone shop s3://bucket/shop",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.between(cmd.Context(), args, 2, &o, (*app).clone)
		},
	}
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "write nothing; tell what would travel, which is read for that")
	return cmd
}

func (a *app) syncCommand() *cobra.Command {
	var o engine.SyncOptions
	cmd := &cobra.Command{
		Use:   "sync SRC DST [REF...]",
		Short: "bring what is new in one store into another",
		Long: `Bring what is new in one store into another: all branches and tags, or the named ones. REF is a branch or
tag, or NAME:OTHER for it to have another name in DST. Only what DST lacks travels: of a history that
both share the transactions since, which are done again, in DST or on the way there, and have to
lead to the same roots. Branches move last, and only forward. Where both have what the other has not, both
commits and the one that they come from are told, the branch stays, and dhfs exits 6.
What SRC does not have stays in DST. It is safe to interrupt; the next sync goes on from there.`,
		Example: `  dhfs sync shop /backup/shop
  dhfs sync https://example.org/shop shop main:theirs && dhfs merge shop theirs`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.between(cmd.Context(), args, -1, &o, (*app).sync)
		},
	}
	cmd.Flags().BoolVar(&o.Force, "force", false, "move branches and tags to where SRC has them, whatever only DST has")
	cmd.Flags().BoolVar(&o.Prune, "prune", false, "remove branches and tags from DST that SRC does not have")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "write nothing; tell what would travel, which is read for that")
	return cmd
}

// between takes two stores and refs from the arguments and runs a command with the first one open.
func (a *app) between(ctx context.Context, args []string, most int, o *engine.SyncOptions, run func(*app, context.Context, store, place, place, engine.SyncOptions) error) error {
	from, rest, err := a.takePlace(args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return usageError{"where to? want SRC and DST"}
	}
	if most > 0 && len(rest) > most-1 {
		return usageError{fmt.Sprintf("unexpected %q", rest[most-1])}
	}
	to := parsePlace(rest[0])
	for _, p := range []place{from, to} {
		if p.rev != "" {
			return hinted{usageError{fmt.Sprintf("%s@%s: it is about stores, not about one revision", shown(p.url), p.rev)}, fmt.Sprintf("dhfs sync SRC DST %s", p.rev)}
		}
	}
	o.Refs = rest[1:]
	ctx = uncached(ctx) // each block is read once
	src, err := openStore(ctx, from.url)
	if err != nil {
		return err
	}
	defer src.Close()
	if src, err = pinnedStore(ctx, src); err != nil {
		return err
	}
	return run(a, ctx, src, from, to, *o)
}

// pinnedStore is s with what its refs lead to kept, where garbage can be removed from it. Of stores behind a network that is what refs lead to now, so
// that many blocks can still be asked for at once.
func pinnedStore(ctx context.Context, s store) (store, error) {
	if _, ok := cas.As[cas.Collector](s); !ok {
		return s, nil
	}
	if _, far := cas.As[cas.Batcher](s); !far {
		return newPinning(ctx, s)
	}
	refs, err := s.Refs(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range refs {
		if _, err := pin(ctx, s, r.CID); err != nil && !errors.Is(err, cas.ErrNotFound) { // it was moved and collected meanwhile
			return nil, err
		}
	}
	return s, nil
}

// exportRefs makes dst a copy of src.
func (a *app) exportRefs(ctx context.Context, dst cas.RefStore, src store) error {
	bar := a.progress("exporting", 0)
	defer bar.done()
	_, err := engine.Sync(ctx, dst, src, engine.SyncOptions{Force: true, Prune: true, Progress: func(s engine.Sent) { bar.set(s.Bytes) }})
	return err
}

func (a *app) clone(ctx context.Context, src store, from, to place, o engine.SyncOptions) error {
	if o.DryRun {
		return a.transfer(ctx, "copying", cas.NewMemory(), src, rawSize(ctx, src), o)
	}
	dst, err := openOrCreateStore(ctx, to.url)
	if err != nil {
		return err
	}
	defer dst.Close()
	refs, err := dst.Refs(ctx)
	if err != nil {
		return err
	}
	for _, r := range refs {
		if r.Name != cas.AbsentRef {
			return hinted{fmt.Errorf("%s is a database already: %w", shown(to.url), cas.ErrConflict), fmt.Sprintf("dhfs sync %s %s", shown(from.url), shown(to.url))}
		}
	}
	return a.transfer(ctx, "copying", dst, src, rawSize(ctx, src), o)
}

func (a *app) sync(ctx context.Context, src store, from, to place, o engine.SyncOptions) error {
	dst, err := openStore(ctx, to.url)
	if errors.Is(err, cas.ErrNotFound) {
		return hinted{err, fmt.Sprintf("dhfs clone %s %s", shown(from.url), shown(to.url))}
	}
	if err != nil {
		return err
	}
	defer dst.Close()
	total := int64(0)
	if a.showsProgress() { // a question more
		total = max(0, rawSize(ctx, src)-rawSize(ctx, dst)) // about: what only dst has, and what is sent as transactions, is not known yet
	}
	err = a.transfer(ctx, "sending", dst, src, total, o)
	var diverged *engine.DivergedError
	if errors.As(err, &diverged) {
		name := diverged.Refs[0].Name
		return hinted{err, fmt.Sprintf("dhfs sync %s %s %s:theirs, and then dhfs merge; or --force, which gives up what only %s has", shown(from.url), shown(to.url), name, shown(to.url))}
	}
	return err
}

// transfer syncs two stores and tells what became of each ref. total is about how many bytes that is, 0 if that is not known.
func (a *app) transfer(ctx context.Context, what string, dst, src cas.RefStore, total int64, o engine.SyncOptions) error {
	bar := a.progress(what, total)
	o.Progress = func(s engine.Sent) { bar.set(s.Bytes) }
	done, err := engine.Sync(ctx, dst, src, o)
	bar.done()
	if len(done.Refs) > 0 {
		if err := a.write(syncedTable(done.Refs).result()); err != nil {
			return err
		}
	}
	if err != nil && len(done.Refs) == 0 {
		return err
	}
	verb := "sent"
	if o.DryRun {
		verb = "would be sent; nothing was"
	}
	how := ""
	if done.Transactions > 0 {
		how = fmt.Sprintf("; as %d transactions, done again and checked", done.Transactions)
	}
	a.say("%d blocks, %d bytes %s%s", done.Blocks, done.Bytes, verb, how)
	return err
}

func syncedTable(refs []engine.SyncedRef) *table {
	t := newTable("ref", "outcome", "source", "target", "base")
	name := func(id cid.Cid) string {
		if !id.Defined() {
			return ""
		}
		return id.String()
	}
	for _, r := range refs {
		t.add(text(r.Name), text(string(r.Outcome)), text(name(r.Source)), text(name(r.Target)), text(name(r.Base)))
	}
	return t
}

// rawSize is how many bytes all blocks of a store have, 0 if it does not know.
func rawSize(ctx context.Context, s store) int64 {
	if p, ok := s.(*pinning); ok {
		s = p.store
	}
	m, ok := cas.As[measured](s)
	if !ok {
		return 0
	}
	st, err := m.Totals(ctx)
	if err != nil {
		return 0
	}
	return st.Raw
}
