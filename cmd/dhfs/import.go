package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/ingest"
	"github.com/spf13/cobra"
)

type importFlags struct {
	committing
	ingest.Options
	kind string
}

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import DB FILE...",
		Short: "load CSV, TSV, JSON, JSON Lines or EDN tx data; makes the database if there is none",
		Long: `Load files. The kind of file is told by its ending. Rows become entities with
attributes KIND/COLUMN; types are inferred over the whole file and reported. A file imported twice adds nothing.`,
		Example: `  dhfs import shop customers.csv --as customer --key id
  dhfs import shop orders.csv --as order --key id --ref customer=customer/id`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, files, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(files) == 0 {
				return usageError{"which FILE?"}
			}
			return a.importFiles(cmd.Context(), p, files, f)
		},
	}
	f.committing.flags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.Kind, "as", "", "what the rows are: the namespace of their attributes (default: the name of the file)")
	flags.StringArrayVar(&f.Keys, "key", nil, "the column, or columns with commas, that identifies a row")
	flags.StringArrayVar(&f.Refs, "ref", nil, "COLUMN=KIND/KEY: the column holds the key of another entity")
	flags.StringArrayVar(&f.Types, "type", nil, "COLUMN=TYPE: the type of a column, where it should not be inferred")
	flags.StringArrayVar(&f.Nulls, "null", nil, `cells that mean nothing, besides empty ones (default: NULL and \N)`)
	flags.BoolVar(&f.Mend, "mend", false, "take rows of CSV with too many or too few cells where it is clear how")
	flags.StringVar((*string)(&f.Format), "input-format", "", "csv, tsv, json, jsonl or edn, whatever the name of the file")
	flags.IntVar(&f.Batch, "batch", ingest.DefaultBatch, "datoms in a transaction, about")
	return cmd
}

func (a *app) importFiles(ctx context.Context, p place, files []string, f importFlags) error {
	t, err := a.importTarget(ctx, p, f.dryRun)
	if err != nil {
		return err
	}
	defer t.Close()
	for _, file := range files {
		if err := a.importFile(ctx, t, file, f); err != nil {
			return err
		}
	}
	return t.finish(ctx)
}

// importFile reads the file once to decide, tells what was decided, and reads it again to load it.
func (a *app) importFile(ctx context.Context, t *importing, file string, f importFlags) error {
	r, err := os.Open(file)
	if err != nil {
		return err
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		return err
	}
	bar := a.progress("importing "+file, 2*info.Size())
	defer bar.done()
	o := f.Options
	o.Name, o.Schema = file, t.db.Schema()
	o.Progress = func(read, _ int64) { bar.set(read) }
	source, err := ingest.Open(ctx, r, o)
	if err != nil {
		return err
	}
	m := f.meta()
	if m.Msg == "" {
		m.Msg = "import " + file
	}
	before := t.loaded
	if err := t.load(ctx, source, m); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	bar.done()
	a.say("%s", source.Report())
	a.say("%s: %d datoms added", file, t.loaded-before)
	return nil
}

// importing is a database that files are loaded into; without a connection (dry run) only in memory.
type importing struct {
	store
	conn   *engine.Conn
	db     engine.DB
	loaded int // datoms added, those of transactions themselves left out
}

// importTarget opens or makes the database. A dry run on a database that does not exist works on an empty one in memory.
func (a *app) importTarget(ctx context.Context, p place, dryRun bool) (*importing, error) {
	t := &importing{}
	var err error
	if dryRun {
		t.store, err = openStore(ctx, p.url)
		if errors.Is(err, cas.ErrNotFound) {
			t.store, err = scratch{cas.NewMemory()}, nil
		}
	} else {
		t.store, err = openOrCreateStore(ctx, p.url)
	}
	if err != nil {
		return nil, err
	}
	if err := t.connect(ctx, branchOf(p), dryRun); err != nil {
		t.Close()
		return nil, fmt.Errorf("%s: %w", p, err)
	}
	return t, nil
}

// scratch is a store in memory.
type scratch struct{ *cas.Memory }

func (scratch) Close() error { return nil }

func (t *importing) connect(ctx context.Context, branch string, dryRun bool) error {
	conn, err := engine.Connect(ctx, t.store, branch)
	if errors.Is(err, cas.ErrNotFound) {
		conn, err = engine.Create(ctx, t.store, branch, engine.Options{}, now())
	}
	if err != nil {
		return err
	}
	if t.db, err = conn.DB(ctx); err == nil && !dryRun {
		t.conn = conn
		conn.Bulk(true)
	}
	return err
}

// load transacts the schema that is missing and then the batches, the schema with the first.
func (t *importing) load(ctx context.Context, source *ingest.Source, m engine.Meta) error {
	schema := source.Schema()
	for batch, err := range source.Batches(ctx) {
		if err != nil {
			return err
		}
		skip, err := t.done(ctx, batch)
		if err != nil {
			return err
		}
		if skip {
			continue
		}
		if err := t.transact(ctx, append(schema, batch.Forms...), m); err != nil {
			return err
		}
		schema = nil
	}
	return nil
}

// finish makes what was loaded quick to open.
func (t *importing) finish(ctx context.Context) error {
	if t.conn == nil {
		return nil
	}
	return t.conn.Flush(ctx)
}
