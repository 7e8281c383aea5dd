package main

import (
	"context"
	"errors"
	"fmt"
	iofs "io/fs"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/datahike"
)

// datahikeBackend is a store of Datahike as a database that can only be read.
var datahikeBackend = backend{
	form: "datahike:PATH or datahike:URL",
	open: func(_ context.Context, url string) (store, error) { return openDatahike(url) },
	create: func(_ context.Context, url string) (store, error) {
		return nil, onlyRead(url)
	},
	shown: shownDatahike,
	name:  nameOfDatahike,
}

func onlyRead(url string) error {
	url = shownDatahike(url)
	return hinted{fmt.Errorf("%s: stores of Datahike are only read: %w", url, iofs.ErrPermission), "dhfs import DB " + url + " makes a database of it that can be written"}
}

// importDatahike brings a store of Datahike into the database at p, and tells what was compared.
func (a *app) importDatahike(ctx context.Context, p place, url string, f importFlags) error {
	if f.message != "" || f.author != author() {
		return usageError{"the commits of a Datahike database keep what it says of them: --message and --author do not go with it"}
	}
	from, err := openDatahikeSource(url)
	if err != nil {
		return err
	}
	defer from.Close()
	src := from.Store
	url = shownDatahike(url)
	var dst cas.RefStore = cas.NewMemory()
	pending := -1
	s, err := openStore(ctx, p.url)
	switch {
	case err == nil:
		defer s.Close()
		if pending, err = datahike.Pending(ctx, s, src); err != nil {
			return err
		}
		if !f.dryRun {
			dst = s
		}
	case !errors.Is(err, cas.ErrNotFound):
		return err
	case !f.dryRun:
		if s, err = openOrCreateStore(ctx, p.url); err != nil {
			return err
		}
		defer s.Close()
		dst = s
	}
	bar := a.progress("importing "+url, 0)
	o := datahike.ImportOptions{Main: branchOf(p), Key: f.says.Key, Progress: func(done, _ int) { bar.set(int64(done)) }}
	done, err := datahike.Import(ctx, dst, src, o)
	bar.done()
	if err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	if f.dryRun && pending >= 0 {
		a.say("%s: %s would come over", url, counted(pending, "commit"))
		return nil
	}
	a.tellDatahike(url, done, f.dryRun)
	return nil
}

// tellDatahike says what came over, what was compared and what is different.
func (a *app) tellDatahike(url string, done *datahike.Imported, dryRun bool) {
	verb := "came over"
	if dryRun {
		verb = "would come over"
	}
	a.say("%s: %s in %s %s, %d were there", url, counted(done.Transactions, "transaction"), counted(done.Commits, "commit"), verb, done.Before)
	for _, b := range done.Branches {
		var n int64
		for _, attr := range b.Attributes {
			n += attr.Datoms
		}
		a.say("  branch %s: t %d, %d datoms hold; %s with %d datoms of history are the same in both", b.Name, b.T, b.Datoms, counted(len(b.Attributes), "attribute"), n)
	}
	for _, note := range done.Notes {
		a.say("  %s", note)
	}
}

// statInPlace tells what the records of a store of Datahike say. To count more would be to read it all.
func (a *app) statInPlace(ctx context.Context, t *table, s inPlace, db engine.DB) error {
	n, err := s.Counts(ctx, db.Commit())
	if err != nil {
		return err
	}
	t.add(text("commit of Datahike"), text(n.Commit.String()))
	t.add(text("datoms"), number(n.Current))
	t.add(text("datoms in the temporal index"), number(n.Temporal))
	attributes := 0
	for range db.Schema().Attributes() {
		attributes++
	}
	t.add(text("attributes"), number(attributes))
	return a.write(t.result())
}

// verifyDatahike reads a store of Datahike as a whole, and computes the ids that come from contents.
func (a *app) verifyDatahike(ctx context.Context, url string) error {
	from, err := openDatahikeSource(url)
	if err != nil {
		return err
	}
	defer from.Close()
	src := from.Store
	url = shownDatahike(url)
	bar := a.progress("verifying "+url, 0)
	v, err := src.Verify(ctx, func(done, _ int) { bar.set(int64(done)) })
	bar.done()
	if err != nil {
		return err
	}
	ids := "its ids do not come from contents (:crypto-hash? false)"
	if v.Hashed {
		ids = "all ids are those of the contents"
	}
	a.say("%s: %s, %s and %s read; trees are whole; %s", url, counted(v.Files, "file"), counted(v.Nodes, "node"), counted(v.Commits, "commit"), ids)
	return nil
}
