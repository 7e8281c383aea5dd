package ingest

import (
	"cmp"
	"context"
	"fmt"
	iofs "io/fs"
	"iter"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// HistoryFile is the file of an exported tree that has the tx data of all transactions. With it the database comes back
// as it was, numbers, times and past included; without it, what the other files show.
const HistoryFile = ".history.edn"

// Tree is what the database says to a tree that is read into it.
type Tree struct {
	Files   iofs.FS        // a commit's directory, as a mount shows it or export wrote it
	Schema  *engine.Schema // of the database
	Empty   bool           // nothing was ever committed to it
	Options engine.Options // that it was created with
	// Home is where the database has an entity. It is asked for entities that the tree knows by number.
	Home func(context.Context, engine.ID) (engine.Home, error)
}

// tree is a commit's directory as tx data.
//
// An empty database gets the entities under new numbers in the order of their
// names, those below _ excepted, and a transaction for each time that files have, if these are
// times of transactions: whole milliseconds, as they are after rsync -a, cp -a and tar. So equal trees give equal
// roots. Another database gets what it lacks, by keys.
type tree struct {
	Tree
	o       Options
	attrs   *treeSchema
	homes   []treeEntity
	byHome  map[engine.Home]int
	records []record
	notes   []string
	history bool // HistoryFile is there and is read first
	kept    bool // HistoryFile is there
	timed   bool // files have times of transactions, most of them
}

// treeEntity is a directory of an entity.
type treeEntity struct {
	home     engine.Home
	dir      string
	id       edn.Value // a number, or a tempid where keys identify it
	identity edn.Value // {:db/id id key value}: what identifies it; nil below _
}

// record is a file: one attribute of one entity.
type record struct {
	at     int64 // its time in milliseconds; never where that is of no transaction
	entity int   // its place among homes; −1 for the schema
	attr   *treeAttr
}

// never is the time of files that were written by hand.
const never = math.MaxInt64

// OpenTree reads a commit's directory and finds what is wrong with it, before anything is written.
func OpenTree(ctx context.Context, t Tree, o Options) (*Source, error) {
	if o.Batch <= 0 {
		o.Batch = DefaultBatch
	}
	p := &tree{Tree: t, o: o, byHome: map[engine.Home]int{}}
	if _, err := iofs.Stat(t.Files, "entities"); err != nil {
		return nil, &Error{Path: o.Name, Msg: "the directory has no entities/, so it is not what a commit shows", Hint: "name the directory of one commit: a copy of MOUNT/head/, or what dhfs export --format tree wrote"}
	}
	if _, err := iofs.Stat(t.Files, HistoryFile); err == nil {
		p.kept, p.history = true, t.Empty
	}
	if err := p.checkOptions(ctx); err != nil {
		return nil, err
	}
	var err error
	if p.attrs, err = p.readSchema(); err != nil {
		return nil, err
	}
	if err := p.readEntities(ctx); err != nil {
		return nil, err
	}
	p.tellTimes()
	if err := p.number(ctx); err != nil {
		return nil, err
	}
	if err := p.check(ctx); err != nil {
		return nil, err
	}
	p.edited()
	return &Source{plan: p, name: o.Name}, nil
}

// checkOptions refuses an empty database that cannot become the one of the history.
func (p *tree) checkOptions(ctx context.Context) error {
	if !p.history {
		return nil
	}
	o, err := TreeOptions(ctx, p.Files, p.o.Name)
	if err != nil || o == p.Options {
		return err
	}
	return p.wrong(HistoryFile, "import into a database that does not exist yet", "it is of a database with the options %v, and the empty database has %v", o.EDN(), p.Options.EDN())
}

// wrong is an error about a file of the tree.
func (p *tree) wrong(file, hint, format string, args ...any) error {
	return &Error{Path: path.Join(p.o.Name, file), Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// readEntities lists entities/.
func (p *tree) readEntities(ctx context.Context) error {
	kinds, err := iofs.ReadDir(p.Files, "entities")
	if err != nil {
		return err
	}
	for _, kind := range kinds {
		if !kind.IsDir() {
			return p.wrong("entities/"+kind.Name(), "remove it", "a file where only directories of kinds are")
		}
		before := len(p.homes)
		if err := p.readKind(ctx, kind.Name(), "entities/"+kind.Name()); err != nil {
			return err
		}
		p.notes = append(p.notes, fmt.Sprintf("%d of kind %s", len(p.homes)-before, kind.Name()))
	}
	return nil
}

// readKind lists the entities of a kind, those in its pages too.
func (p *tree) readKind(ctx context.Context, kind, dir string) error {
	names, err := iofs.ReadDir(p.Files, dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		file := dir + "/" + name.Name()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !name.IsDir():
			err = p.wrong(file, "remove it", "a file where only directories of entities are")
		case strings.HasSuffix(name.Name(), "+"):
			err = p.readKind(ctx, kind, file)
		default:
			err = p.readEntity(engine.Home{Kind: kind, Name: name.Name()}, file)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *tree) readEntity(home engine.Home, dir string) error {
	if _, twice := p.byHome[home]; twice {
		return p.wrong(dir, "remove one of them", "the tree has %s twice", home)
	}
	files, err := iofs.ReadDir(p.Files, dir)
	if err != nil {
		return err
	}
	p.byHome[home] = len(p.homes)
	for _, f := range files {
		file := dir + "/" + f.Name()
		attr, ok := p.attrs.byFile(home.Kind, f.Name())
		if !ok || !f.Type().IsRegular() {
			return p.wrong(file, "declare it in attributes/, or remove the file", "attributes/ has no attribute that would be shown so")
		}
		if err := p.record(f, len(p.homes), attr); err != nil {
			return err
		}
	}
	p.homes = append(p.homes, treeEntity{home: home, dir: dir})
	return nil
}

// record notes a file. Composite tuples are made by the database.
func (p *tree) record(f iofs.DirEntry, entity int, attr *treeAttr) error {
	if attr.composite {
		return nil
	}
	info, err := f.Info()
	if err != nil {
		return err
	}
	at := int64(never)
	if t := info.ModTime(); t.Equal(t.Truncate(time.Millisecond)) {
		at = t.UnixMilli()
	}
	p.records = append(p.records, record{at, entity, attr})
	return nil
}

// edited leaves only the files that were written by hand: the history has all others.
func (p *tree) edited() {
	p.records = slices.DeleteFunc(p.records, p.past)
}

// past tells whether the history has what a file shows.
func (p *tree) past(r record) bool { return p.history && p.timed && r.at != never }

// tellTimes finds out whether the times of files are those of transactions. A copy that
// did not keep times has whole milliseconds once in a thousand files.
func (p *tree) tellTimes() {
	n := 0
	for _, r := range p.records {
		if r.at != never {
			n++
		}
	}
	p.timed = 2*n >= len(p.records)
}

// number says what each entity is called in tx data.
func (p *tree) number(ctx context.Context) error {
	taken := map[int64]bool{}
	for i := range p.homes {
		if n, ok := numbered(p.homes[i].home); ok {
			taken[n] = true
			p.homes[i].id = edn.MakeInt(n)
			if err := p.checkNumber(ctx, p.homes[i], n); err != nil {
				return err
			}
		}
	}
	next := int64(1)
	for i := range p.homes {
		e := &p.homes[i]
		switch {
		case !e.id.IsNil():
		case p.Empty && !p.history:
			for taken[next] {
				next++
			}
			e.id = edn.MakeInt(next)
			next++
		default:
			e.id = edn.MakeString(e.home.String())
		}
	}
	return nil
}

// numbered is the number of an entity that lives under it.
func numbered(h engine.Home) (int64, bool) {
	n, err := strconv.ParseInt(h.Name, 10, 64)
	return n, h.Kind == "_" && err == nil && strconv.FormatInt(n, 10) == h.Name
}

// checkNumber refuses a number that means something else in the database.
func (p *tree) checkNumber(ctx context.Context, e treeEntity, n int64) error {
	if p.Empty {
		return nil
	}
	home, err := p.Home(ctx, engine.ID(n))
	if err == nil && home != e.home {
		err = p.wrong(e.dir, "import it into an empty database", "entity %d of the database is %s, so the tree is that of another", n, home)
	}
	return err
}

// check reads every file once, so that what is wrong is known before anything is written.
func (p *tree) check(ctx context.Context) error {
	for _, r := range p.records {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.entity < 0 || p.past(r) && !r.attr.typed() {
			continue
		}
		e := &p.homes[r.entity]
		forms, err := p.values(r)
		if err != nil {
			return err
		}
		if e.identity.IsNil() && r.attr.identity && len(forms) > 0 {
			e.identity = edn.MakeMap(edn.MakeKeyword("db/id"), e.id, edn.MakeKeyword(r.attr.ident), forms[0])
		}
	}
	for _, e := range p.homes {
		if e.identity.IsNil() && e.id.Kind() == edn.String {
			return p.wrong(e.dir, "restore the file of its key", "no file here has a unique identity, so nothing tells which entity it is")
		}
	}
	return nil
}

// file is the path of a record.
func (p *tree) file(r record) string {
	if r.entity < 0 {
		return r.attr.property
	}
	return p.homes[r.entity].dir + "/" + engine.AttrFileName(p.homes[r.entity].home.Kind, r.attr.ident)
}

// values reads a file.
func (p *tree) values(r record) ([]edn.Value, error) {
	file := p.file(r)
	data, err := iofs.ReadFile(p.Files, file)
	if err != nil {
		return nil, err
	}
	if r.attr.refs && !p.kept {
		return nil, p.wrong(file, "import the export of the whole commit, which has its history in "+HistoryFile, "the numbers of entities in tuples mean nothing in another database")
	}
	return r.attr.values(string(data), func(text string) (edn.Value, error) {
		return p.target(file, text)
	}, func(hint, format string, args ...any) error { return p.wrong(file, hint, format, args...) })
}

// target is the entity at the path that a ref shows.
func (p *tree) target(file, text string) (edn.Value, error) {
	kind, name, _ := strings.Cut(text, "/")
	home := engine.Home{Kind: kind, Name: name}
	if i, ok := p.byHome[home]; ok {
		return p.homes[i].id, nil
	}
	if n, ok := numbered(home); ok {
		return edn.MakeInt(n), nil // nothing is known of it
	}
	return edn.MakeNil(), p.wrong(file, "copy that directory too", "it refers to %q, which the tree does not have", text)
}

func (p *tree) schema() []edn.Value {
	if p.Empty {
		return nil // it has its place among the transactions
	}
	return p.attrs.lacking(p.Schema)
}

func (p *tree) report() Report {
	how := "by their keys"
	switch {
	case p.history:
		how = "with the history in " + HistoryFile
	case p.Empty && p.timed:
		how = "at the times of the files"
	}
	return Report{Format: "tree", Notes: []string{"entities: " + strings.Join(p.notes, ", ") + ", " + how}}
}

func (p *tree) batches(ctx context.Context) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		more := true
		each := func(b Batch, err error) bool {
			more = yield(b, err) && err == nil
			return more
		}
		if p.history {
			p.transactions(ctx, each)
		}
		if more {
			p.files(ctx, each)
		}
	}
}

// files are what the files say, in transactions by their times or, in the order of their names, of a certain size.
func (p *tree) files(ctx context.Context, yield func(Batch, error) bool) {
	byTime := p.Empty && !p.history && p.timed
	if byTime {
		slices.SortStableFunc(p.records, func(a, b record) int { return cmp.Compare(a.at, b.at) })
	}
	for rest := p.records; len(rest) > 0; {
		n := min(p.o.Batch, len(rest))
		if byTime && rest[0].at != never {
			for n = 1; n < len(rest) && rest[n].at == rest[0].at; n++ {
			}
		}
		b, err := p.batch(ctx, rest[:n])
		if p.history && len(rest) == len(p.records) {
			b.Forms = append(p.attrs.lacking(p.Schema), b.Forms...) // as they are in the files, the first time
		}
		if byTime && rest[0].at != never {
			b.Whole = true
			b.Forms = append(b.Forms, edn.MakeMap(edn.MakeKeyword("db/id"), edn.MakeString("datomic.tx"), edn.MakeKeyword("db/txInstant"), edn.MakeInst(rest[0].at)))
		}
		if !yield(b, err) || err != nil {
			return
		}
		rest = rest[n:]
	}
}

// batch is the tx data of some files, with the keys of all entities that it names.
func (p *tree) batch(ctx context.Context, records []record) (Batch, error) {
	b := Batch{Rows: len(records)}
	if p.Empty && !p.history {
		b.Forms = p.attrs.declared(records)
	}
	named := map[string]bool{}
	name := func(id edn.Value) {
		if id.Kind() == edn.String && !named[id.Text()] {
			named[id.Text()] = true
			kind, rest, _ := strings.Cut(id.Text(), "/")
			b.Forms = append(b.Forms, p.homes[p.byHome[engine.Home{Kind: kind, Name: rest}]].identity)
		}
	}
	for _, r := range records {
		if err := ctx.Err(); err != nil {
			return b, err
		}
		if r.entity < 0 {
			continue
		}
		values, err := p.values(r)
		if err != nil {
			return b, err
		}
		id := p.homes[r.entity].id
		name(id)
		for _, v := range values {
			if r.attr.kind == engine.RefKind {
				name(v)
			}
			b.Forms = append(b.Forms, edn.MakeVector(edn.MakeKeyword("db/add"), id, edn.MakeKeyword(r.attr.ident), v))
		}
		b.Datoms += len(values)
	}
	return b, nil
}
