package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// sources opens the databases that a query names.
type sources struct {
	places map[string]place // "$" and "$name"; for a basis by the name of the database
	exact  bool             // a basis will be written, which names commits
	time   queries.Time     // of $, unless the query says one itself
	bound  []queries.BasisSource
	open   []store
}

func (s *sources) add(with []string) error {
	for _, w := range with {
		name, p, err := withPlace(w)
		if err != nil {
			return err
		}
		s.places["$"+strings.TrimPrefix(name, "$")] = p
	}
	return nil
}

// withPlace reads NAME=DB of --with.
func withPlace(arg string) (string, place, error) {
	name, db, ok := strings.Cut(arg, "=")
	if !ok || name == "" || db == "" {
		return "", place{}, usageError{fmt.Sprintf("--with %s: want NAME=DB", arg)}
	}
	return name, parsePlace(db), nil
}

// check refuses sources that the query does not name.
func (s *sources) check(in []string) error {
	for name := range s.places {
		if name != "$" && !slices.Contains(in, name) {
			return hinted{usageError{fmt.Sprintf("--with %s: the query has no %s in :in", name[1:], name)}, ":in $ " + name}
		}
	}
	return nil
}

func (s *sources) close() {
	for _, o := range s.open {
		o.Close()
	}
}

// parseArgs reads the values for :in names of the command line.
func parseArgs(args []string) ([]edn.Value, error) {
	values := make([]edn.Value, len(args))
	for i, arg := range args {
		v, err := edn.ParseSource(arg)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		values[i] = v
	}
	return values, nil
}

// database opens what name stands for: the place given for it, at the revision and of the time that the query's
// :sources ask for ("at/REV", "NAME@REV" of another source, "history", "since/REV").
func (s *sources) database(ctx context.Context, name, where string) (queries.Input, error) {
	of, said := name, where != ""
	t, where := queries.CutTime(where)
	if name == "$" && t == (queries.Time{}) {
		t = s.time
	}
	if other, rev, ok := strings.Cut(where, "@"); ok {
		of, where = "$"+other, "at/"+rev
	}
	p, ok := s.places[of]
	if !ok && said {
		of = "$"
		p, ok = s.places[of]
	}
	if !ok {
		return queries.Input{}, hinted{usageError{fmt.Sprintf("the query asks %s, which is no database here", of)}, "--with " + strings.TrimPrefix(of, "$") + "=DB"}
	}
	if where != "" {
		p.rev = strings.TrimPrefix(where, "at/")
	}
	open := openValue
	if s.exact {
		open = openDB
	}
	db, st, err := open(ctx, p)
	if err != nil {
		return queries.Input{}, err
	}
	s.open = append(s.open, st)
	b := queries.BasisSource{Name: name, Database: s.label(of, p), Commit: db.Commit(), T: db.T(), At: db.At(), History: t.History}
	if t.Since != "" {
		c, err := engine.Resolve(ctx, st, t.Since, now())
		if err != nil {
			return queries.Input{}, fmt.Errorf("since %s: %w", t.Since, err)
		}
		b.Since = c.T
	}
	s.bound = append(s.bound, b)
	return queries.DB(b.Of(db)), nil
}

// label is what a basis calls the database at p, which is bound to a source: the last part of its path, as a mount
// does; where two databases share that, the name of the source.
func (s *sources) label(source string, p place) string {
	label := databaseName(p.url)
	for _, other := range s.places {
		if other.url != p.url && databaseName(other.url) == label {
			return cmp.Or(strings.TrimPrefix(source, "$"), "$")
		}
	}
	return label
}

// databaseName is what a database is called that was given no name: the last part of its path.
func databaseName(url string) string {
	if b := backends[schemeOf(url)]; b.name != nil {
		return b.name(url)
	}
	return filepath.Base(strings.TrimRight(url, "/"))
}
