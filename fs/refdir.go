package fs

import (
	"context"
	"errors"
	iofs "io/fs"
	"iter"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// refDir is branches/ or tags/: a link to a commit for each ref.
type refDir struct {
	db     *database
	prefix string // "heads/" or "tags/"
}

func (d refDir) Stat(ctx context.Context) (Stat, error) { return d.db.movingDir(ctx) }

func (d refDir) Lookup(ctx context.Context, name string) (Node, error) {
	ref := d.prefix + revOf(name)
	if cas.CheckRefName(ref) != nil {
		return nil, missing(name) // no store could have it
	}
	id, err := d.db.store.Ref(ctx, ref)
	if errors.Is(err, cas.ErrNotFound) {
		return nil, missing(name)
	}
	if err != nil {
		return nil, err
	}
	return d.link(ctx, id)
}

func (d refDir) link(ctx context.Context, id cid.Cid) (Node, error) {
	c, err := engine.ReadCommit(ctx, d.db.blocks, id)
	if err != nil {
		return nil, err
	}
	return link{target: commitLink(1, id), mtime: c.At, moves: true}, nil
}

// List is never paged: links to commits cost little, and nothing below them is listed.
func (d refDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	refs, _, err := d.db.refs(ctx)
	if err != nil {
		return failed(err)
	}
	return func(yield func(Entry, error) bool) {
		at := uint64(0)
		for _, r := range refs {
			name, ok := strings.CutPrefix(r.Name, d.prefix)
			if !ok {
				continue
			}
			if at++; at <= from {
				continue
			}
			n, err := d.link(ctx, r.CID)
			if !yield(Entry{Name: engine.FileName(name), Mode: iofs.ModeSymlink, Node: n}, err) || err != nil {
				return
			}
		}
	}
}

// atDir is at/: any rev, by look-up only.
type atDir struct{ db *database }

func (d atDir) Stat(ctx context.Context) (Stat, error) { return d.db.movingDir(ctx) }

func (d atDir) Lookup(ctx context.Context, name string) (Node, error) {
	c, err := d.db.resolve(ctx, revOf(name))
	if err != nil {
		return nil, err
	}
	return link{target: commitLink(1, c.ID), mtime: c.At, moves: true}, nil
}

func (d atDir) List(context.Context, uint64) iter.Seq2[Entry, error] { return nothing }
