package fs

import (
	"context"
	iofs "io/fs"
	"iter"
	"slices"
)

// databaseDir is the top directory of one database.
type databaseDir struct{ db *database }

func (d databaseDir) Stat(ctx context.Context) (Stat, error) {
	return d.db.movingDir(ctx)
}

// movingDir is the stat of the directories that follow the refs.
func (d *database) movingDir(ctx context.Context) (Stat, error) {
	_, at, err := d.refs(ctx)
	return Stat{Mode: dirMode, MTime: at, Moves: true}, err
}

// databaseNames are what a database's directory lists. Making README.md or
// log.tsv reads much of the database, so a listing does not.
var databaseNames = []Entry{
	{Name: "README.md"},
	{Name: "branches", Mode: iofs.ModeDir},
	{Name: "commits", Mode: iofs.ModeDir},
	{Name: "diff", Mode: iofs.ModeDir},
	{Name: "at", Mode: iofs.ModeDir},
	{Name: "head", Mode: iofs.ModeSymlink},
	{Name: "log.tsv"},
	{Name: "query", Mode: iofs.ModeDir},
	{Name: "tags", Mode: iofs.ModeDir},
}

func (d databaseDir) Lookup(ctx context.Context, name string) (Node, error) {
	switch name {
	case "README.md":
		return d.db.readme(ctx)
	case "at":
		return atDir(d), nil
	case "branches":
		return refDir{d.db, "heads/"}, nil
	case "commits":
		return commitsDir(d), nil
	case "diff":
		return diffDir(d), nil
	case "head":
		return d.db.headLink(ctx)
	case "log.tsv":
		return d.db.logNode(ctx)
	case "query":
		return d.db.query, nil
	case "tags":
		return refDir{d.db, "tags/"}, nil
	case ".dhfs":
		return d.db.tree.errors, nil
	}
	return nil, missing(name)
}

func (d databaseDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	all := slices.Clone(databaseNames)
	for i, e := range all {
		if e.Mode == 0 {
			continue
		}
		// A head that cannot be read must not hide the rest: its look-up tells why.
		if n, err := d.Lookup(ctx, e.Name); err == nil {
			all[i].Node = n
		}
	}
	return listed(all, from)
}

func (d *database) headLink(ctx context.Context) (Node, error) {
	c, err := d.head(ctx)
	if err != nil {
		return nil, err
	}
	return link{target: commitLink(0, c.ID), mtime: c.At, moves: true}, nil
}
