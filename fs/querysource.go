package fs

import (
	"context"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/queries"
)

// timedSource finds what a source of a query is bound to, and of which time.
func (d *queryDir) timedSource(ctx context.Context, name, where string) (source, error) {
	t, place := queries.CutTime(where)
	s := source{name: name, time: t}
	of := name
	if _, ok := d.tree.database(strings.TrimPrefix(name, "$")); !ok && place == "" && where != "" {
		of = "$" // another time of the database itself
	}
	var err error
	if s.at, err = d.source(ctx, of, place); err != nil || t.Since == "" {
		return s, err
	}
	info, err := s.at.of.resolve(ctx, t.Since)
	if err != nil && damaged(err) {
		return s, err
	}
	if err != nil {
		return s, unknownSource(fmt.Sprintf("%s: %v", name, err), "")
	}
	s.from = info.T
	return s, nil
}

// source finds what a source of a query is bound to: what the query says of
// it, else a database of the mount by the source's name, else for $ the
// database of the directory. In a commit's directory its database is that
// commit, under whatever name, unless the query says a revision; all others
// are as they are now.
func (d *queryDir) source(ctx context.Context, name, where string) (*commit, error) {
	db, rev := strings.TrimPrefix(name, "$"), ""
	if where != "" {
		db, rev = sourceName(where)
	}
	of, ok := d.tree.database(db)
	switch {
	case db == "":
		of, ok = d.db, d.db != nil
	case !ok && rev == "" && where != "" && d.db != nil:
		of, rev, ok = d.db, db, true // a rev of the database itself
	}
	if !ok {
		return nil, d.unknownSource(name, db)
	}
	if rev == "" && of == d.db && d.c != nil {
		return d.c, nil
	}
	info, err := of.resolve(ctx, rev)
	if err != nil && damaged(err) {
		return nil, err
	}
	if err != nil {
		return nil, unknownSource(fmt.Sprintf("%s: %v", name, err), "")
	}
	return of.commit(ctx, info.ID)
}

func (d *queryDir) unknownSource(name, db string) error {
	var names []string
	for _, known := range d.tree.dbs {
		names = append(names, "$"+known.name)
	}
	hint := "databases of this mount: " + strings.Join(names, " ")
	if db == "" {
		return unknownSource(name+" could be any database of this mount", hint+"; the query/ of each has this query too, and there "+name+" is that one")
	}
	return unknownSource(fmt.Sprintf("%s: there is no database %q in this mount", name, db), hint)
}

func unknownSource(msg, hint string) error {
	return &queries.Error{Code: "query/unknown-source", Msg: msg, Hint: hint}
}
