package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/car"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// carStore is a CAR file as a store that one branch is synced from.
type carStore struct {
	cas.RefStore // its refs
	file         *car.File
}

// Get implements cas.Getter.
func (s carStore) Get(ctx context.Context, id cid.Cid) (cas.Block, error) { return s.file.Get(ctx, id) }

// Has implements cas.Store.
func (s carStore) Has(ctx context.Context, id cid.Cid) (bool, error) {
	return s.file.Has(id), ctx.Err()
}

// importCAR brings the commit that a file has into the branch of p.
func (a *app) importCAR(ctx context.Context, p place, name string, dryRun bool) error {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	bar := a.progress("reading "+name, info.Size())
	file, err := car.Open(ctx, in, info.Size(), bar.set)
	bar.done()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	src, err := branchInCAR(ctx, file, branchOf(p))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	o := engine.SyncOptions{DryRun: dryRun}
	var dst cas.RefStore = cas.NewMemory()
	if s, err := openStore(ctx, p.url); err == nil {
		defer s.Close()
		dst = s
	} else if !errors.Is(err, cas.ErrNotFound) {
		return err
	} else if !dryRun {
		s, err := openOrCreateStore(ctx, p.url)
		if err != nil {
			return err
		}
		defer s.Close()
		dst = s
	}
	return a.transfer(ctx, "importing "+name, dst, src, file.Bytes(), o)
}

// branchInCAR is the file's commit as a branch. A second root is the list of what is missing on purpose.
func branchInCAR(ctx context.Context, file *car.File, branch string) (cas.RefStore, error) {
	roots := file.Roots()
	c, err := engine.ReadCommit(ctx, file, roots[0])
	if err != nil {
		return nil, hinted{fmt.Errorf("its root is no commit of a database: %w", err), "dhfs export DB --format car makes such files"}
	}
	refs := cas.NewMemory()
	if err := refs.SetRef(ctx, "heads/"+branch, cid.Undef, c.ID); err != nil {
		return nil, err
	}
	if len(roots) > 2 {
		return nil, fmt.Errorf("%d roots: want a commit, and perhaps the list of what gc has dropped", len(roots))
	}
	if len(roots) == 2 {
		if err := refs.SetRef(ctx, cas.AbsentRef, cid.Undef, roots[1]); err != nil {
			return nil, err
		}
	}
	return carStore{refs, file}, nil
}
