package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
	"github.com/spf13/cobra"
)

type queryFlags struct {
	file    string
	with    []string
	time    queries.Time
	explain bool
	limit   int
	timeout time.Duration
}

func (a *app) queryCommand() *cobra.Command {
	var f queryFlags
	cmd := &cobra.Command{
		Use:   "query DB ['EDN'] [ARG...]",
		Short: "ask a Datalog query",
		Long: `Ask a Datalog query. DB is $; --with NAME=DB@rev binds $NAME. Each ARG is EDN
for one more :in name, in order. Without EDN or -f the query is read from standard input.
Other times of DB are sources too: {:query […] :sources {$then "at/REV" $all "history" $new "since/REV"}}.`,
		Example: `  dhfs query shop '[:find ?name :where [_ :customer/name ?name]]'
  dhfs query shop@t10 -f top.dl --with hr=/srv/hr '"Berlin"'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			return a.query(cmd.Context(), p, rest, f)
		},
	}
	cmd.Flags().StringVarP(&f.file, "file", "f", "", "read the query from a file")
	cmd.Flags().StringArrayVar(&f.with, "with", nil, "one more source: NAME=DB[@rev]")
	cmd.Flags().BoolVar(&f.time.History, "history", false, "let $ be all that was ever added and retracted")
	cmd.Flags().StringVar(&f.time.Since, "since", "", "let $ be what came after this revision")
	cmd.Flags().BoolVar(&f.explain, "explain", false, "print how the query is run instead of its result")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "print at most so many rows, and say how many there are (0: all)")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "stop with an error after this time")
	return cmd
}

func (a *app) query(ctx context.Context, p place, args []string, f queryFlags) error {
	if err := a.checkQuery(f); err != nil {
		return err
	}
	source, args, err := a.queryText(args, f.file)
	if err != nil {
		return err
	}
	q, err := queries.Parse(source)
	if err != nil {
		return err
	}
	sources := sources{places: map[string]place{"$": p}, time: f.time}
	defer sources.close()
	if err := sources.add(f.with); err != nil {
		return err
	}
	if err := sources.check(q.In()); err != nil {
		return err
	}
	inputs, err := sources.bind(ctx, q, args)
	if err != nil {
		return err
	}
	r, err := queries.Run(ctx, q, inputs, queries.Limits{Timeout: f.timeout})
	if err != nil {
		return err
	}
	if f.explain {
		_, err := io.WriteString(a.out, r.Stats.Plan.String())
		return err
	}
	for _, warning := range r.Stats.Warnings {
		a.say("%s", warning)
	}
	if f.limit > 0 && r.Len() > f.limit {
		a.say("the first %d of %d rows", f.limit, r.Len())
		r = r.First(f.limit)
	}
	return a.write(r)
}

// checkQuery refuses flags that cannot be meant.
func (a *app) checkQuery(f queryFlags) error {
	if f.limit < 0 || f.timeout < 0 {
		return usageError{"--limit and --timeout cannot be negative"}
	}
	_, err := a.resultFormat()
	return err
}

// queryText finds the query: -f, the first argument, or standard input.
func (a *app) queryText(args []string, file string) (string, []string, error) {
	switch {
	case file != "":
		data, err := os.ReadFile(file)
		return string(data), args, err
	case len(args) > 0 && args[0] != "-":
		return args[0], args[1:], nil
	}
	data, err := io.ReadAll(a.in)
	if len(args) > 0 {
		args = args[1:]
	}
	return string(data), args, err
}

// sources opens the databases that a query names.
type sources struct {
	places map[string]place // "$" and "$name"
	time   queries.Time     // of $, unless the query says one itself
	open   []store
}

func (s *sources) add(with []string) error {
	for _, w := range with {
		name, db, ok := strings.Cut(w, "=")
		if !ok || name == "" || db == "" {
			return usageError{fmt.Sprintf("--with %s: want NAME=DB", w)}
		}
		s.places["$"+strings.TrimPrefix(name, "$")] = parsePlace(db)
	}
	return nil
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

// bind gives each :in name its database or argument.
func (s *sources) bind(ctx context.Context, q *queries.Query, args []string) ([]queries.Input, error) {
	values := make([]edn.Value, len(args))
	for i, arg := range args {
		v, err := edn.ParseSource(arg)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		values[i] = v
	}
	return q.Bind(func(name, where string) (queries.Input, error) { return s.database(ctx, name, where) }, values)
}

// database opens what name stands for: the place given for it, at the revision and of the time that the query's
// :sources ask for ("at/REV", "NAME@REV" of another source, "history", "since/REV").
func (s *sources) database(ctx context.Context, name, where string) (queries.Input, error) {
	said := where != ""
	t, where := queries.CutTime(where)
	if name == "$" && t == (queries.Time{}) {
		t = s.time
	}
	if other, rev, ok := strings.Cut(where, "@"); ok {
		name, where = "$"+other, "at/"+rev
	}
	p, ok := s.places[name]
	if !ok && said {
		p, ok = s.places["$"], true
	}
	if !ok {
		return queries.Input{}, hinted{usageError{fmt.Sprintf("the query asks %s, which is no database here", name)}, "--with " + strings.TrimPrefix(name, "$") + "=DB"}
	}
	if where != "" {
		p.rev = strings.TrimPrefix(where, "at/")
	}
	db, st, err := openDB(ctx, p)
	if err != nil {
		return queries.Input{}, err
	}
	s.open = append(s.open, st)
	db, err = overTime(ctx, st, db, t)
	return queries.DB(db), err
}

// overTime is db as it shows itself to a query that asks for a time.
func overTime(ctx context.Context, s store, db engine.DB, t queries.Time) (engine.DB, error) {
	if t.Since != "" {
		c, err := engine.Resolve(ctx, s, t.Since, now())
		if err != nil {
			return db, fmt.Errorf("since %s: %w", t.Since, err)
		}
		db = db.Since(c.T)
	}
	if t.History {
		db = db.History()
	}
	return db, nil
}

func (a *app) pullCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "pull DB PATTERN ENTITY",
		Short:   "read a tree of attributes of one entity",
		Example: `  dhfs pull shop '[*]' customer/ALFKI`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(rest) != 2 {
				return usageError{"want DB PATTERN ENTITY"}
			}
			return a.pull(cmd.Context(), p, rest[0], rest[1])
		},
	}
}

func (a *app) pull(ctx context.Context, p place, pattern, entity string) error {
	db, s, err := openDB(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	form, err := edn.ParseSource(pattern)
	if err != nil {
		return err
	}
	id, err := findEntity(ctx, db, entity)
	if err != nil {
		return err
	}
	v, err := queries.Pull(ctx, db, form, number(id))
	if err != nil {
		return err
	}
	line := edn.Append(nil, v)
	if a.format == "json" || a.format == "jsonl" {
		line = edn.AppendJSON(nil, v)
	}
	_, err = a.out.Write(append(line, '\n'))
	return err
}

// findEntity finds the entity that a person names: an id, kind/key as in the tree of files, or an EDN lookup ref or ident.
func findEntity(ctx context.Context, db engine.DB, name string) (engine.ID, error) {
	if kind, key, ok := strings.Cut(name, "/"); ok && !strings.ContainsAny(name[:1], "[:") {
		return homeEntity(ctx, db, kind, key)
	}
	form, err := edn.Parse(name)
	if err != nil {
		return 0, err
	}
	switch form.Kind() {
	case edn.Int:
		return engine.ID(form.Int()), nil
	case edn.Keyword:
		return identEntity(ctx, db, form.Text())
	case edn.Vector:
		return lookupEntity(ctx, db, form)
	}
	return 0, hinted{usageError{fmt.Sprintf("%s names no entity", name)}, "an id, kind/key, :ident or [:attribute value]"}
}

func homeEntity(ctx context.Context, db engine.DB, kind, key string) (engine.ID, error) {
	for _, name := range []string{key, engine.FileName(key)} {
		n, ok, err := db.Lookup(ctx, engine.Home{Kind: kind, Name: name})
		if err != nil || ok {
			return n.ID, err
		}
	}
	return 0, missing(kind + "/" + key)
}

func identEntity(ctx context.Context, db engine.DB, ident string) (engine.ID, error) {
	id, ok, err := db.Ident(ctx, ident)
	if err == nil && !ok {
		err = missing(":" + ident)
	}
	return id, err
}

func lookupEntity(ctx context.Context, db engine.DB, ref edn.Value) (engine.ID, error) {
	items := ref.Items()
	if len(items) != 2 || items[0].Kind() != edn.Keyword {
		return 0, usageError{fmt.Sprintf("%s is no lookup ref: want [:attribute value]", ref)}
	}
	attr, ok := db.Schema().ByIdent(items[0].Text())
	if !ok {
		return 0, unknownAttribute(db, items[0].Text())
	}
	v, err := db.Schema().FromEDN(attr, items[1])
	if err != nil {
		return 0, err
	}
	id, ok, err := db.Entid(ctx, attr.ID, v)
	if err == nil && !ok {
		err = missing(ref.String())
	}
	return id, err
}
