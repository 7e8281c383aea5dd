package datahike

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// Value opens what a revision names with as little reading as can be; ok is false for what takes more.
func (p *InPlace) Value(ctx context.Context, rev string) (db engine.DB, ok bool, err error) {
	c, ok, err := p.src.Resolve(ctx, rev)
	if err != nil || !ok {
		return db, false, err
	}
	p.id(c, c.MaxTx)
	return c.DB(ctx, p)
}

// refName is the ref of a branch.
func refName(branch string) string { return "heads/" + branchName(branch, "main") }

// Ref implements cas.Refs.
func (p *InPlace) Ref(ctx context.Context, name string) (cid.Cid, error) {
	if name == refName(MainBranch) {
		return p.head(ctx, MainBranch)
	}
	if !strings.HasPrefix(name, "heads/") {
		return cid.Undef, fmt.Errorf("ref %s: %w", name, cas.ErrNotFound)
	}
	branches, err := p.src.Branches(ctx)
	if err != nil {
		return cid.Undef, err
	}
	for _, b := range branches {
		if refName(b) == name {
			return p.head(ctx, b)
		}
	}
	return cid.Undef, fmt.Errorf("ref %s: %w", name, cas.ErrNotFound)
}

func (p *InPlace) head(ctx context.Context, branch string) (cid.Cid, error) {
	c, err := p.src.Head(ctx, branch)
	if err != nil {
		return cid.Undef, err
	}
	return p.last(ctx, c)
}

// Refs implements cas.Refs.
func (p *InPlace) Refs(ctx context.Context) (refs []cas.Ref, err error) {
	branches, err := p.src.Branches(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range branches {
		id, err := p.head(ctx, b)
		if err != nil {
			return nil, err
		}
		refs = append(refs, cas.Ref{Name: refName(b), CID: id})
	}
	slices.SortFunc(refs, func(a, b cas.Ref) int { return strings.Compare(a.Name, b.Name) })
	return refs, nil
}
