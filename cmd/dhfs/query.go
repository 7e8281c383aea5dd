package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
	"github.com/spf13/cobra"
)

type queryFlags struct {
	file       string
	with       []string
	time       queries.Time
	basis      string
	writeBasis string
	explain    bool
	stats      bool
	limit      int
	timeout    time.Duration
}

func (a *app) queryCommand() *cobra.Command {
	var f queryFlags
	cmd := &cobra.Command{
		Use:   "query DB ['EDN'] [ARG...]",
		Short: "ask a Datalog query",
		Long: `Ask a Datalog query. DB is $; --with NAME=DB@rev binds $NAME. Each ARG is EDN
for one more :in name, in order. Without EDN or -f the query is read from standard input.
Other times of DB are sources too: {:query […] :sources {$then "at/REV" $all "history" $new "since/REV"}}.

--basis asks again exactly what a basis tells, of the same commits, wherever branches are now. A basis is
NAME.basis of a mount, or what --write-basis wrote. DB has the commits; where the basis names more databases
than one, --with NAME=DB tells where the others are.`,
		Example: `  dhfs query shop '[:find ?name :where [_ :customer/name ?name]]'
  dhfs query shop@t10 -f top.dl --with hr=/srv/hr '"Berlin"'
  dhfs query shop --basis mnt/query/top.basis`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.query(cmd.Context(), args, f) },
	}
	cmd.Flags().StringVarP(&f.file, "file", "f", "", "read the query from a file")
	cmd.Flags().StringArrayVar(&f.with, "with", nil, "one more source: NAME=DB[@rev]")
	cmd.Flags().BoolVar(&f.time.History, "history", false, "let $ be all that was ever added and retracted")
	cmd.Flags().StringVar(&f.time.Since, "since", "", "let $ be what came after this revision")
	cmd.Flags().StringVar(&f.basis, "basis", "", "ask again what this file tells, of the same commits (- for standard input)")
	cmd.Flags().StringVar(&f.writeBasis, "write-basis", "", "write to this file what was asked, of which commits")
	cmd.Flags().BoolVar(&f.explain, "explain", false, "print how the query is run instead of its result")
	cmd.Flags().BoolVar(&f.stats, "stats", false, "tell on standard error how many rows, datoms, blocks and bytes it took, and how much the caches in memory and on disk had")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "print at most so many rows, and say how many there are (0: all)")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "stop with an error after this time")
	return cmd
}

// bound is a query with its inputs, and what they are.
type bound struct {
	query  *queries.Query
	inputs []queries.Input
	basis  queries.Basis
}

func (a *app) query(ctx context.Context, args []string, f queryFlags) error {
	if err := a.checkQuery(f); err != nil {
		return err
	}
	sources := sources{places: map[string]place{}, time: f.time, exact: f.writeBasis != ""}
	defer sources.close()
	bind := a.bindQuery
	if f.basis != "" {
		bind = a.bindBasis
	}
	b, err := bind(ctx, args, f, &sources)
	if err != nil {
		return err
	}
	r, err := queries.Run(ctx, b.query, b.inputs, queries.Limits{Timeout: f.timeout})
	if err != nil {
		return err
	}
	if f.writeBasis != "" {
		b.basis.Warnings = r.Stats.Warnings
		if err := os.WriteFile(f.writeBasis, b.basis.Text(), 0o644); err != nil {
			return err
		}
	}
	if f.stats {
		fmt.Fprintln(a.err, r.Stats)
		a.tellReads(sources.open...)
	}
	if f.explain {
		_, err := io.WriteString(a.out, r.Stats.Plan.String())
		return err
	}
	for _, warning := range r.Stats.Warnings {
		a.say("%s", warning)
	}
	if limit := b.basis.Limit; limit > 0 && r.Len() > limit {
		a.say("the first %d of %d rows", limit, r.Len())
		r = r.First(limit)
	}
	return a.write(r)
}

// bindQuery finds the query and its sources on the command line.
func (a *app) bindQuery(ctx context.Context, args []string, f queryFlags, s *sources) (*bound, error) {
	p, args, err := a.takePlace(args)
	if err != nil {
		return nil, err
	}
	text, args, err := a.queryText(args, f.file)
	if err != nil {
		return nil, err
	}
	q, err := queries.Parse(text)
	if err != nil {
		return nil, err
	}
	s.places["$"] = p
	if err := s.add(f.with); err != nil {
		return nil, err
	}
	if err := s.check(q.In()); err != nil {
		return nil, err
	}
	values, err := parseArgs(args)
	if err != nil {
		return nil, err
	}
	inputs, err := q.Bind(func(name, where string) (queries.Input, error) { return s.database(ctx, name, where) }, values)
	return &bound{q, inputs, queries.Basis{Query: text, Sources: s.bound, Args: values, Limit: f.limit}}, err
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

func (a *app) pullCommand() *cobra.Command {
	var stats bool
	cmd := &cobra.Command{
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
			return a.pull(cmd.Context(), p, rest[0], rest[1], stats)
		},
	}
	cmd.Flags().BoolVar(&stats, "stats", false, "tell on standard error how many blocks and bytes it took")
	return cmd
}

func (a *app) pull(ctx context.Context, p place, pattern, entity string, stats bool) error {
	var reads engine.Reads
	ctx = engine.CountReads(ctx, &reads)
	db, s, err := openValue(ctx, p)
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
	if stats {
		a.say("%s and %s read", counted(int(reads.Blocks.Load()), "block"), counted(int(reads.Bytes.Load()), "byte"))
		a.tellReads(s)
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
		id, _, ok, err := db.EntityAt(ctx, engine.Home{Kind: kind, Name: name})
		if err != nil || ok {
			return id, err
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
