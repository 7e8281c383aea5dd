package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/ingest"
	"github.com/spf13/cobra"
)

type importFlags struct {
	committing
	ingest.Options
	says engine.Meta // what the commits say of themselves
}

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import DB FILE...",
		Short: "load CSV, TSV, JSON, JSON Lines, EDN tx data, a tree of files or a git repository; makes the database if there is none",
		Long: `Load files. The kind of file is told by its ending. Rows become entities with
attributes KIND/COLUMN; types are inferred over the whole file and reported. A file imported twice adds nothing.
Each vector of EDN tx data is a transaction, and each map {:tx-data [...] :tx-meta {...} :by "…" :msg "…"}; :tx-meta
has attributes of the transaction itself, :db/txInstant #inst "2024-03-31" gives its time, :by and :msg go before the flags.

A directory is a commit as a mount shows it: a copy of MOUNT/head/ (rsync -a), or what export --format tree wrote. An
empty database becomes what the tree shows, at the times of its files; with the .history.edn of an export, the very same
database: past, authors, messages and numbers. Another database gets what the tree has and it lacks; nothing is removed.

git:DIR (or git:DIR@REV) is the history of a git repository: each commit that HEAD reaches becomes a transaction with its author,
subject and, so far as times rise, its time: commit, person, file and change entities, with files and lines as git log -M --numstat
tells them. Again, it adds what is new.

datahike:PATH is a database of Datahike (a file store; datahike:s3://BUCKET/STORE-ID or datahike:postgres://USER@HOST/DATABASE?table=NAME where
konserve keeps it there): all commits of all branches come over, transaction by transaction, with the ids of
entities, times, metadata and parents, and are then compared, datom by datom. Its branch :db becomes main, its transaction
536870912 + t has the number t. Again, it adds the commits that are new.

An EDN file of datoms, [e a v t added], as datoms --history --format edn prints them, or in a log as Datomic's ({:t 8 :data [datom ...]})
and the reports of Datahike ({:tx-data [datom ...]}) have them, becomes the same transactions again, in their order, with the ids of entities;
attributes are idents, or the numbers of entities that the log names. With the whole history the root is the same.
What DataScript's serializable makes, as JSON or EDN, and #datascript/DB {...} come over like that, with types found in the values.

x.car is a database as export --format car wrote it, with its history: the branch is made, or goes forward to it.`,
		Example: `  dhfs import shop customers.csv --as customer --key id
  dhfs import shop orders.csv --as order --key id --ref customer=customer/id
  dhfs import history git:.
  dhfs import shop datahike:/srv/datahike/shop`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, files, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(files) == 0 {
				return usageError{"which FILE?"}
			}
			if f.says, err = a.meta(cmd.Context(), &f.committing); err != nil {
				return err
			}
			if len(files) == 1 && strings.HasSuffix(files[0], ".car") {
				return a.importCAR(cmd.Context(), p, files[0], f.dryRun)
			}
			if len(files) == 1 && schemeOf(files[0]) == "datahike" {
				return a.importDatahike(cmd.Context(), p, files[0], f)
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
	// What an import holds is nearly all alive, so collecting twice as often costs 5 % of the time and saves a
	// fifth of the memory.
	debug.SetGCPercent(50)
	t, err := importTarget(ctx, p)
	if err != nil {
		return err
	}
	defer func() { t.Close() }()
	for _, file := range files {
		if err := a.importFile(ctx, t, file, f); err != nil {
			return err
		}
	}
	return nil
}

// importFile reads the file once to decide, tells what was decided, and reads it again to load it.
func (a *app) importFile(ctx context.Context, t *importing, file string, f importFlags) error {
	if repo, ok := strings.CutPrefix(file, "git:"); ok {
		return a.importGit(ctx, t, parsePlace(repo), f)
	}
	r, err := os.Open(file)
	if err != nil {
		return err
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return a.importTree(ctx, t, file, f)
	}
	bar := a.progress("importing "+file, 2*info.Size())
	defer bar.done()
	o := f.Options
	o.Name, o.Progress = file, func(read, _ int64) { bar.set(read) }
	o.Schema = t.db.Schema()
	source, err := ingest.Open(ctx, r, o)
	if err != nil {
		return err
	}
	return a.load(ctx, t, source, file, f, bar)
}

// importGit loads the history of a repository.
func (a *app) importGit(ctx context.Context, t *importing, repo place, f importFlags) error {
	bar := a.progress("importing git:"+repo.String(), 0)
	defer bar.done()
	o := f.Options
	o.Name, o.Progress = "git:"+repo.String(), func(read, _ int64) { bar.set(read) }
	g := ingest.Git{Dir: repo.url, Rev: repo.rev, Schema: t.db.Schema()}
	if t.db.T() > 0 {
		g.Last = t.db.At()
	}
	source, err := ingest.OpenGit(ctx, g, o)
	if err != nil {
		return err
	}
	return a.load(ctx, t, source, o.Name, f, bar)
}

// importTree loads the directory of a commit: a copy of what a mount shows, or what export --format tree wrote.
func (a *app) importTree(ctx context.Context, t *importing, dir string, f importFlags) error {
	o := f.Options
	o.Name = dir
	files := os.DirFS(dir)
	if t.missing {
		options, err := ingest.TreeOptions(ctx, files, dir)
		if err != nil {
			return err
		}
		if err := t.imagine(ctx, options); err != nil {
			return err
		}
	}
	source, err := ingest.OpenTree(ctx, ingest.Tree{
		Files:   files,
		Schema:  t.db.Schema(),
		Empty:   t.db.T() == 0,
		Options: t.db.Options(),
		Home: func(ctx context.Context, id engine.ID) (engine.Home, error) {
			home, _, err := t.db.HomeOf(ctx, id)
			return home, err
		},
	}, o)
	if err != nil {
		return err
	}
	return a.load(ctx, t, source, dir, f, progress{})
}

// load writes a source, ends the bar and tells what it came to.
func (a *app) load(ctx context.Context, t *importing, source *ingest.Source, name string, f importFlags, bar progress) error {
	done, err := t.load(ctx, source, f)
	bar.done()
	if err != nil {
		return err
	}
	a.tellImport(name, source.Report(), done, f.dryRun)
	return nil
}

// tellImport says what the columns became and what was written.
func (a *app) tellImport(file string, r ingest.Report, done ingest.Result, dryRun bool) {
	for _, k := range r.Kinds {
		a.say("%s: %d rows of kind %s, key :%s (%s)", file, k.Rows, k.Kind, k.Key, k.KeyBy)
		for _, c := range k.Columns {
			if c.New {
				a.say("  :%s %s", c.Attr, columnType(c))
			}
		}
	}
	for _, note := range r.Notes {
		a.say("%s: %s", file, note)
	}
	verb := "written"
	if dryRun {
		verb = "would be written"
	}
	a.say("%s: %d datoms %s in %s, t %d", file, done.Datoms, verb, counted(done.Transactions, "transaction"), done.DB.T())
}

func columnType(c ingest.ColumnReport) string {
	s := c.Type.String()
	if c.Ref != "" {
		s += " to :" + c.Ref
	}
	if c.Many {
		s += ", many"
	}
	return s
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// importing is the database that files are loaded into. One that does not exist is an empty one in
// memory until the first file was found good.
type importing struct {
	store
	place   place
	conn    *engine.Conn
	db      engine.DB
	missing bool
	options engine.Options // of one that is missing
}

func importTarget(ctx context.Context, p place) (*importing, error) {
	t := &importing{place: p}
	err := t.open(ctx)
	if errors.Is(err, cas.ErrNotFound) && p.rev == "" {
		return t, t.imagine(ctx, engine.Options{})
	}
	if err != nil {
		return nil, err
	}
	t.db, err = t.conn.DB(ctx)
	return t, err
}

// imagine makes the missing database in memory.
func (t *importing) imagine(ctx context.Context, o engine.Options) (err error) {
	t.store, t.missing, t.options = unclosed{cas.NewMemory()}, true, o
	if t.conn, err = engine.Create(ctx, t.store, branchOf(t.place), o, now()); err != nil {
		return err
	}
	t.db, err = t.conn.DB(ctx)
	return err
}

// open opens a database that exists.
func (t *importing) open(ctx context.Context) (err error) {
	if t.store, err = openStore(ctx, t.place.url); err != nil {
		return err
	}
	if t.conn, err = engine.Connect(ctx, t.store, branchOf(t.place)); err != nil {
		t.store.Close()
		return fmt.Errorf("%s: %w", t.place, err)
	}
	return nil
}

// load writes the source, into memory only with --dry-run.
func (t *importing) load(ctx context.Context, source *ingest.Source, f importFlags) (ingest.Result, error) {
	var conn *engine.Conn
	if !f.dryRun {
		if err := t.create(ctx, f.says); err != nil {
			return ingest.Result{}, err
		}
		conn = t.conn
	}
	done, err := ingest.Load(ctx, conn, t.db, source, f.says)
	t.db = done.DB
	return done, err
}

// create makes the database, if it is still missing.
func (t *importing) create(ctx context.Context, m engine.Meta) error {
	if !t.missing {
		return nil
	}
	s, err := openOrCreateStore(ctx, t.place.url)
	if err != nil {
		return err
	}
	conn, err := engine.CreateSigned(ctx, s, branchOf(t.place), t.options, now(), m.Key)
	if err != nil {
		s.Close()
		return fmt.Errorf("%s: %w", t.place, err)
	}
	t.store, t.conn, t.missing = s, conn, false
	t.db, err = conn.DB(ctx)
	return err
}
