package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/car"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/engine/ingest"
	"github.com/ipfs/go-cid"
	"github.com/spf13/cobra"
)

func (a *app) exportCommand() *cobra.Command {
	var out string
	var thin bool
	cmd := &cobra.Command{
		Use:   "export DB[@rev] [PATH]",
		Short: "write a database out: --format car, edn, tree or static",
		Long: `Write a database out.
  car   every block that the commit reaches, its history included as far as gc has left it, as a CAR file. Snapshots
        that the store has thinned out are made again for it, so that every link leads to a block; with --thin they
        are left out, and a second root lists them. Old commits that gc has dropped are listed there in any case
  edn   the facts of the commit as tx data: schema first, then the datoms, ids kept
  static  all branches and tags as a directory (PATH or -o) that any web server serves as a store for
        reading, at http://...; written again, only what is new is added
  tree  the commit's directory (or PATH below it) as real files, into the directory -o, with the
        history of the database in .history.edn: dhfs import makes the same database of it`,
		Example: "  dhfs export shop --format car -o shop.car\n  dhfs export shop@2026-09-30 entities --format tree -o backup",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(rest) > 1 {
				return usageError{fmt.Sprintf("unexpected %q", rest[1])}
			}
			if thin && a.format != "car" {
				return usageError{"--thin goes with --format car"}
			}
			return a.export(cmd.Context(), p, strings.Join(rest, ""), out, thin)
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "file (car, edn; default standard output) or directory (tree)")
	cmd.Flags().BoolVar(&thin, "thin", false, "car: leave out the snapshots of old commits that the store has thinned out")
	a.page.flag(cmd)
	return cmd
}

func (a *app) export(ctx context.Context, p place, sub, out string, thin bool) error {
	switch {
	case a.format == "tree":
		return a.exportTree(ctx, p, sub, out)
	case a.format == "static":
		return a.exportStatic(ctx, p, sub+out)
	case sub != "":
		return usageError{"a PATH goes with --format tree"}
	case a.format == "car":
		return a.exportTo(out, func(w io.Writer) error { return a.exportCAR(ctx, p, w, thin) })
	case a.format == "edn":
		return a.exportTo(out, func(w io.Writer) error { return a.exportEDN(ctx, p, w) })
	}
	return usageError{fmt.Sprintf("--format %q: want car, edn, tree or static", a.format)}
}

// exportTo writes to a file that appears only when it is whole, or to standard output.
func (a *app) exportTo(out string, write func(io.Writer) error) error {
	if out == "" || out == "-" {
		return buffered(a.out, write)
	}
	f, err := os.CreateTemp(filepath.Dir(out), "."+filepath.Base(out)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = errors.Join(buffered(f, write), f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), out)
}

func buffered(w io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}

func (a *app) exportCAR(ctx context.Context, p place, w io.Writer, thin bool) error {
	db, s, err := openDB(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	bar := a.progress("exporting", 0)
	defer bar.done()
	if thin {
		return a.exportThin(ctx, s, db.Commit(), w, bar)
	}
	whole, err := engine.ReadWhole(ctx, s, db.Commit())
	if err != nil {
		return err
	}
	roots, first := []cid.Cid{db.Commit()}, []cas.Block(nil)
	if lacks := whole.Lacks(); len(lacks) > 0 { // the reader is to know that what is missing is missing on purpose
		first = []cas.Block{lacks.Block()}
		roots = append(roots, first[0].CID())
	}
	err = car.Write(w, roots, func(yield func(cas.Block, error) bool) {
		for _, b := range first {
			if !yield(b, nil) {
				return
			}
		}
		for b, err := range whole.Blocks(ctx) {
			if err == nil {
				bar.add(int64(len(b.Data())))
			}
			if !yield(b, err) {
				return
			}
		}
	})
	if err == nil && len(roots) > 1 {
		a.say("old commits that gc has dropped are not in the file, and listed in it")
	}
	return err
}

// exportThin writes what the store has, and the list of what it does not have.
func (a *app) exportThin(ctx context.Context, s cas.RefStore, head cid.Cid, w io.Writer, bar progress) error {
	roots := []cid.Cid{head}
	if absent, err := s.Ref(ctx, cas.AbsentRef); err == nil {
		roots = append(roots, absent)
	} else if !errors.Is(err, cas.ErrNotFound) {
		return err
	}
	if err := car.Write(w, roots, blocksBelow(ctx, s, roots, bar)); err != nil {
		return err
	}
	if len(roots) > 1 {
		a.say("what this store has dropped of old commits is not in the file, and listed in it; dhfs opens them without")
	}
	return nil
}

// blocksBelow yields every block that roots reach.
func blocksBelow(ctx context.Context, s cas.RefStore, roots []cid.Cid, bar progress) iter.Seq2[cas.Block, error] {
	return func(yield func(cas.Block, error) bool) {
		absent, err := cas.ReadAbsent(ctx, s)
		if err != nil {
			yield(cas.Block{}, err)
			return
		}
		for b, err := range cas.Walk(ctx, s, roots, absent.Missing(ctx, s)) {
			if err == nil {
				bar.add(int64(len(b.Data())))
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

// exportEDN writes the attributes as maps and then every other datom as [:db/add e a v], so that one
// `dhfs tx` into an empty database gives the same facts.
func (a *app) exportEDN(ctx context.Context, p place, w io.Writer) error {
	db, s, err := openDB(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := writeLine(w, edn.MakeVector(schemaForms(db)...)); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "[\n"); err != nil {
		return err
	}
	for d, err := range db.Datoms(ctx, engine.EAVT, engine.Pattern{}) {
		if err != nil {
			return err
		}
		if isUserDatom(db, d) {
			form := edn.MakeVector(edn.MakeKeyword("db/add"), number(d.E), edn.MakeKeyword(identOf(db, d.A)), engine.ToEDN(d.V))
			if err := writeLine(w, form); err != nil {
				return err
			}
		}
	}
	_, err = io.WriteString(w, "]\n")
	return err
}

// isUserDatom tells facts from what the database says of its own schema and transactions.
func isUserDatom(db engine.DB, d engine.Datom) bool {
	if _, isTx := engine.TxOf(d.E); isTx {
		return false
	}
	_, isAttr := db.Schema().ByID(d.E)
	return !isAttr
}

func writeLine(w io.Writer, v edn.Value) error {
	_, err := w.Write(append(edn.Append(nil, v), '\n'))
	return err
}

// exportTree copies the commit's directory to real files; links become links. The directory must not exist or be empty.
func (a *app) exportTree(ctx context.Context, p place, sub, out string) error {
	if out == "" {
		return usageError{"--format tree wants a directory: -o DIR"}
	}
	if entries, err := os.ReadDir(out); err == nil && len(entries) > 0 {
		return hinted{usageError{out + " is not empty"}, "name a directory that does not exist yet"}
	}
	if p.rev == "" {
		p.rev = "head"
	}
	v, name, err := a.openView(ctx, p, sub)
	if err != nil {
		return err
	}
	defer v.Close()
	bar := a.progress("exporting", 0)
	defer bar.done()
	if sub == "" {
		// With the history, import brings back the same database.
		if err := v.copyHistory(name, out); err != nil {
			return err
		}
	}
	return v.walk(name, func(file string, e iofs.DirEntry) error {
		target := filepath.Join(out, filepath.FromSlash(strings.TrimPrefix(strings.TrimPrefix(file, name), "/")))
		n, err := v.copyEntry(file, target, e)
		bar.add(n)
		return err
	})
}

// copyHistory writes the file that a listing does not have: whatever the commit's past was.
func (v *view) copyHistory(name, out string) error {
	in, err := v.Open(path.Join(name, ingest.HistoryFile))
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(out, ingest.HistoryFile), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, in)
	return errors.Join(err, file.Close())
}

// copyEntry makes one file, link or directory, with the time that the tree shows for it.
func (v *view) copyEntry(file, target string, e iofs.DirEntry) (int64, error) {
	if e.IsDir() {
		return 0, os.MkdirAll(target, 0o755)
	}
	if e.Type()&iofs.ModeSymlink != 0 {
		link, err := iofs.ReadLink(v, file)
		if err != nil {
			return 0, err
		}
		return 0, os.Symlink(link, target)
	}
	data, err := iofs.ReadFile(v, file)
	if err != nil {
		return 0, err
	}
	if err := os.WriteFile(target, data, 0o644); err != nil {
		return 0, err
	}
	info, err := e.Info()
	if err != nil {
		return 0, err
	}
	return int64(len(data)), os.Chtimes(target, info.ModTime(), info.ModTime())
}
