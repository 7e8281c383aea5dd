package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries"
)

// bindBasis finds the query and its sources in a basis, and the commits in the databases of the command line.
func (a *app) bindBasis(ctx context.Context, args []string, f queryFlags, s *sources) (*bound, error) {
	if f.file != "" || f.limit != 0 || f.time != (queries.Time{}) {
		return nil, usageError{"--basis tells the query, its limit and its times: -f, --limit, --history and --since do not go with it"}
	}
	b, err := a.readBasis(f.basis)
	if err != nil {
		return nil, err
	}
	if err := a.placeBasis(s, b, args, f.with); err != nil {
		return nil, fmt.Errorf("%s: %w", f.basis, err)
	}
	q, err := queries.Parse(b.Query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.basis, err)
	}
	inputs, err := q.Bind(func(name, _ string) (queries.Input, error) { return s.committed(ctx, b, name) }, b.Args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.basis, err)
	}
	return &bound{q, inputs, *b}, nil
}

func (a *app) readBasis(name string) (*queries.Basis, error) {
	var data []byte
	var err error
	if name == "-" {
		data, err = io.ReadAll(a.in)
	} else {
		data, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, err
	}
	b, err := queries.ParseBasis(string(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// placeBasis finds where each database of a basis is: --with says it, and DB is the one that is left, or of several
// that are left the one of its name.
func (a *app) placeBasis(s *sources, b *queries.Basis, args, with []string) error {
	var names, left []string
	for _, source := range b.Sources {
		if !slices.Contains(names, source.Database) {
			names = append(names, source.Database)
		}
	}
	for _, w := range with {
		name, p, err := withPlace(w)
		if err != nil {
			return err
		}
		if !slices.Contains(names, name) {
			name = databaseOf(b, name)
		}
		switch {
		case !slices.Contains(names, name):
			return usageError{fmt.Sprintf("--with %s: the basis asks no database %q, only %s", w, name, strings.Join(names, ", "))}
		case p.rev != "":
			return usageError{fmt.Sprintf("--with %s: the basis tells which commit is asked", w)}
		}
		s.places[name] = p
	}
	for _, name := range names {
		if _, ok := s.places[name]; !ok {
			left = append(left, name)
		}
	}
	if len(left) == 0 && len(args) == 0 {
		return nil
	}
	p, args, err := a.takePlace(args)
	switch {
	case err != nil:
		return err
	case len(args) > 0:
		return usageError{fmt.Sprintf("%s: --basis tells the query and its arguments", args[0])}
	case p.rev != "":
		return usageError{fmt.Sprintf("%s: the basis tells which commit is asked", p)}
	}
	if own := databaseName(p.url); len(left) == 1 {
		s.places[left[0]] = p
	} else if slices.Contains(left, own) {
		s.places[own] = p
	}
	for _, name := range names {
		if _, ok := s.places[name]; !ok {
			return hinted{usageError{fmt.Sprintf("the basis asks the databases %s, and where %s is was not told", strings.Join(names, ", "), name)}, "--with " + name + "=DB"}
		}
	}
	return nil
}

// databaseOf is the database that a source of a basis reads, or name where there is no such source: --with may name either.
func databaseOf(b *queries.Basis, name string) string {
	for _, s := range b.Sources {
		if s.Name == "$"+strings.TrimPrefix(name, "$") {
			return s.Database
		}
	}
	return name
}

// committed opens the commit that a basis tells of a source.
func (s *sources) committed(ctx context.Context, b *queries.Basis, name string) (queries.Input, error) {
	at := slices.IndexFunc(b.Sources, func(s queries.BasisSource) bool { return s.Name == name })
	if at < 0 {
		return queries.Input{}, &queries.Error{Code: "query/basis", Msg: fmt.Sprintf("the query asks %s, of which the basis has no commit", name)}
	}
	source := b.Sources[at]
	p := s.places[source.Database]
	st, err := openReading(ctx, p.url)
	if err != nil {
		return queries.Input{}, err
	}
	s.open = append(s.open, st)
	if _, err := engine.ReadCommit(ctx, st, source.Commit); errors.Is(err, cas.ErrNotFound) {
		return queries.Input{}, hinted{
			fmt.Errorf("%s is commit %s of database %q (t%d), and %s does not have that: %w", name, source.Commit, source.Database, source.T, shown(p.url), cas.ErrNotFound),
			"name the store that it was asked of, or a copy that has all its commits",
		}
	}
	db, err := engine.Open(ctx, st, source.Commit)
	if err != nil {
		return queries.Input{}, fmt.Errorf("%s: %w", shown(p.url), err)
	}
	return queries.DB(source.Of(db)), nil
}
