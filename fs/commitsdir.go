package fs

import (
	"context"
	iofs "io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// commitsDir is commits/: it lists what the refs reach and finds any commit of the store.
type commitsDir struct{ db *database }

func (d commitsDir) Stat(ctx context.Context) (Stat, error) { return d.db.movingDir(ctx) }

func (d commitsDir) Lookup(ctx context.Context, name string) (Node, error) {
	id, err := cid.Decode(name)
	if err != nil || id.String() != name {
		return nil, missing(name)
	}
	has, err := d.db.store.Has(ctx, id)
	if err := asMissing(name, has, err); err != nil {
		return nil, err
	}
	info, err := engine.ReadCommit(ctx, d.db.blocks, id)
	if err != nil {
		return nil, notCommit(ctx, name, err)
	}
	return &commitDir{d.db, info}, nil
}

// notCommit is the error of entering a block: one that can be read but is no
// commit has no directory.
func notCommit(ctx context.Context, name string, err error) error {
	if damaged(err) || ctx.Err() != nil {
		return err
	}
	return missing(name)
}

// commitDir is commits/<id>/. The commit is opened when the directory is
// entered: a listing shows many and few are entered.
type commitDir struct {
	db   *database
	info engine.Commit
}

func (d *commitDir) Stat(context.Context) (Stat, error) {
	return Stat{Mode: dirMode, MTime: d.info.At, Ino: inodeOf(inoDir, d.info.At, d.info.ID.Bytes())}, nil
}

func (d *commitDir) Lookup(ctx context.Context, name string) (Node, error) {
	c, err := d.db.commit(ctx, d.info.ID)
	if err != nil {
		return nil, err
	}
	return c.lookup(ctx, name)
}

func (d *commitDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	c, err := d.db.commit(ctx, d.info.ID)
	if err != nil {
		return failed(err)
	}
	return c.list(ctx, from)
}

func (d commitsDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	refs, _, err := d.db.refs(ctx)
	if err != nil {
		return failed(err)
	}
	ids, err := d.db.reach(ctx, refs)
	if err != nil {
		return failed(err)
	}
	return func(yield func(Entry, error) bool) {
		for _, id := range ids[min(from, uint64(len(ids))):] {
			info, err := engine.ReadCommit(ctx, d.db.blocks, id)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if !yield(Entry{Name: id.String(), Mode: iofs.ModeDir, Node: &commitDir{d.db, info}}, nil) {
				return
			}
		}
	}
}

// reached are the commits that some refs reach, sorted.
type reached struct {
	refs []cas.Ref
	ids  []cid.Cid
}

// reach walks from the refs over all parents. The answer is kept: a listing is
// asked for a few hundred names at a time.
func (d *database) reach(ctx context.Context, refs []cas.Ref) ([]cid.Cid, error) {
	d.mu.Lock()
	last := d.listing
	d.mu.Unlock()
	if last.refs != nil && equalRefs(last.refs, refs) {
		return last.ids, nil
	}
	ids, err := ancestors(ctx, d.store, refs)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.listing = reached{refs, ids}
	d.mu.Unlock()
	return ids, nil
}

func ancestors(ctx context.Context, g cas.Getter, refs []cas.Ref) ([]cid.Cid, error) {
	var ids, todo []cid.Cid
	known := map[cid.Cid]bool{}
	visit := func(id cid.Cid) {
		if !known[id] {
			known[id] = true
			todo = append(todo, id)
		}
	}
	for _, r := range refs {
		visit(r.CID)
	}
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		c, err := engine.ReadCommit(ctx, g, id)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
		for _, p := range c.Parents {
			visit(p)
		}
	}
	slices.SortFunc(ids, func(a, b cid.Cid) int { return strings.Compare(a.KeyString(), b.KeyString()) })
	return ids, nil
}
