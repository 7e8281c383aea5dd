package fs

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// commitsDir is commits/: it lists what the refs reach, in pages when that is much, and finds any commit of the store.
type commitsDir struct{ db *database }

// pages is the directory as refs make it: of the commits that they reach.
func (d commitsDir) pages() catalogDir { return catalogDir{of: d.db.commits} }

func (d commitsDir) Stat(ctx context.Context) (Stat, error) { return d.db.movingDir(ctx) }

func (d commitsDir) Lookup(ctx context.Context, name string) (Node, error) {
	if _, ok := isPage(name); ok {
		return d.pages().Lookup(ctx, name)
	}
	return d.db.commitNamed(ctx, name, 0)
}

func (d commitsDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	return d.pages().List(ctx, from)
}

// commitNamed is the directory of any commit of the store, so many pages below commits/.
func (d *database) commitNamed(ctx context.Context, name string, depth int) (Node, error) {
	id, err := cid.Decode(name)
	if err != nil || id.String() != name {
		return nil, missing(name)
	}
	has, err := d.isValue(id), error(nil)
	if !has {
		has, err = d.store.Has(ctx, id)
	}
	if err := asMissing(name, has, err); err != nil {
		return nil, err
	}
	return d.commitDir(ctx, name, depth)
}

// commitDir is the directory of a commit that is there.
func (d *database) commitDir(ctx context.Context, name string, depth int) (Node, error) {
	id, err := cid.Decode(name)
	if err != nil {
		return nil, err
	}
	info, err := d.readCommit(ctx, id)
	if err != nil {
		return nil, notCommit(ctx, name, err)
	}
	return &commitDir{d, info, depth}, nil
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
	db    *database
	info  engine.Commit
	depth int // how many pages of commits/ lead to it
}

func (d *commitDir) Stat(context.Context) (Stat, error) {
	return Stat{Mode: dirMode, MTime: d.info.At, Ino: inodeOf(inoDir, d.info.At, d.info.ID.Bytes())}, nil
}

func (d *commitDir) Lookup(ctx context.Context, name string) (Node, error) {
	c, err := d.db.commitIn(ctx, d.info.ID, d.depth)
	if err != nil {
		return nil, err
	}
	return c.lookup(ctx, name)
}

func (d *commitDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	c, err := d.db.commitIn(ctx, d.info.ID, d.depth)
	if err != nil {
		return failed(err)
	}
	return c.list(ctx, from)
}

// commits are the commits that the refs reach.
func (d *database) commits(ctx context.Context) (*catalog, error) {
	refs, at, err := d.refs(ctx)
	if err != nil {
		return nil, err
	}
	names, err := d.reach(ctx, refs)
	return &catalog{
		names: names,
		limit: d.tree.opt.pageLimit(),
		stat:  func(context.Context, span) (Stat, error) { return Stat{Mode: dirMode, MTime: at, Moves: true}, nil },
		node:  d.commitDir,
	}, err
}

// reached are the names of the commits that some refs reach, sorted.
type reached struct {
	refs  []cas.Ref
	names []string
}

// reach walks from the refs over all parents. The answer is kept: a listing is
// asked for a few hundred names at a time. Where refs only went on, what they reached before is not walked again.
func (d *database) reach(ctx context.Context, refs []cas.Ref) ([]string, error) {
	d.mu.Lock()
	last := d.listing
	d.mu.Unlock()
	if last.refs != nil && equalRefs(last.refs, refs) {
		return last.names, nil
	}
	w := ancestry{blocks: d.blocks, old: last.names}
	names, err := w.walk(ctx, refs)
	if err == nil && !w.met(last.refs) {
		w = ancestry{blocks: d.blocks}
		names, err = w.walk(ctx, refs)
	}
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.listing = reached{refs, names}
	d.mu.Unlock()
	return names, nil
}

// ancestry walks commits.
type ancestry struct {
	blocks cas.Getter
	old    []string // commits beyond which nothing is new, sorted
	known  map[cid.Cid]bool
}

// walk returns the sorted names of what the refs reach, and of what is old.
func (w *ancestry) walk(ctx context.Context, refs []cas.Ref) ([]string, error) {
	w.known = map[cid.Cid]bool{}
	names := slices.Clone(w.old)
	var todo []cid.Cid
	visit := func(id cid.Cid) {
		if w.known[id] {
			return
		}
		w.known[id] = true
		name := id.String()
		if _, isOld := slices.BinarySearch(w.old, name); !isOld {
			todo, names = append(todo, id), append(names, name)
		}
	}
	for _, r := range refs {
		visit(r.CID)
	}
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		c, err := engine.ReadCommit(ctx, w.blocks, id)
		if errors.Is(err, engine.ErrPruned) {
			names = slices.DeleteFunc(names, func(name string) bool { return name == id.String() })
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, p := range c.Parents {
			visit(p)
		}
	}
	slices.Sort(names)
	return names, nil
}

// met tells whether the walk came to all refs.
func (w *ancestry) met(refs []cas.Ref) bool {
	return !slices.ContainsFunc(refs, func(r cas.Ref) bool { return !w.known[r.CID] })
}
