package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/spf13/cobra"
)

// committing holds the flags of commands that write one transaction.
type committing struct {
	message, author, key string
	dryRun               bool
	argument             engine.Argument // what the tx data says itself goes before the flags
}

func (c *committing) flags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&c.message, "message", "m", "", "what the transaction is for")
	cmd.Flags().StringVar(&c.author, "author", author(), "who commits")
	cmd.Flags().BoolVar(&c.dryRun, "dry-run", false, "show what would be written, write nothing")
	signFlag(cmd, &c.key)
}

func (a *app) meta(ctx context.Context, c *committing) (engine.Meta, error) {
	key, err := a.readSigningKey(ctx, c.key)
	return c.argument.Over(engine.Meta{By: c.author, Msg: c.message, Key: key}), err
}

func (a *app) txCommand() *cobra.Command {
	var (
		c    committing
		file string
	)
	cmd := &cobra.Command{
		Use:   "tx DB ['EDN']",
		Short: "run one transaction; reads standard input without EDN or -f",
		Example: `  dhfs tx shop '[{:customer/id "ALFKI" :customer/city "Potsdam"}]' -m 'moved'
  dhfs tx shop -f changes.edn --dry-run`,
		Long: `Run one transaction. The tx data is a vector of maps and [:db/add …] forms, or these forms themselves, or the
argument map of Datahike: {:tx-data [...] :tx-meta {...}}, where :tx-meta has attributes of the transaction's own entity.
:by "…" and :msg "…" beside them are the author and the message; they go before the flags.

Now and then the storage can be made smaller. The command does not wait for that: it leaves a process behind, which ends by itself.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			tx, err := a.txArgument(cmd.Context(), rest, file)
			if err != nil {
				return err
			}
			c.argument = tx
			return a.transact(cmd.Context(), p, tx.Forms, c)
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVarP(&file, "file", "f", "", "read the tx data from a file")
	return cmd
}

func (a *app) txArgument(ctx context.Context, args []string, file string) (engine.Argument, error) {
	switch {
	case len(args) > 1:
		return engine.Argument{}, usageError{fmt.Sprintf("unexpected %q after the tx data", args[1])}
	case len(args) == 1 && file != "":
		return engine.Argument{}, usageError{"tx data on the command line and in -f: give one"}
	case len(args) == 1:
		return parseTx(args[0])
	case file != "":
		return readTx(file)
	}
	return untilDone(ctx, func() (engine.Argument, error) { return txFrom(a.in) })
}

// manyForms is from where on a transaction is so large that memory counts for more than time: garbage may then be half
// of what is in use, not as much again.
const manyForms = 50_000

// transact commits forms, or shows what they would do, and prints the report.
func (a *app) transact(ctx context.Context, p place, forms []edn.Value, c committing) error {
	if len(forms) == 0 {
		return hinted{usageError{"no tx data"}, `dhfs tx DB '[{:person/name "Ada"}]'`}
	}
	if len(forms) > manyForms && os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	meta, err := a.meta(ctx, &c)
	if err != nil {
		return err
	}
	conn, s, err := connect(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	if c.dryRun {
		db, err := conn.DB(ctx)
		if err != nil {
			return err
		}
		r, err := db.With(ctx, forms, now())
		if err != nil {
			return err
		}
		return a.printReport(ctx, r)
	}
	t := tidierOf(p, conn)
	r, err := conn.Transact(ctx, forms, meta)
	if err != nil {
		return err
	}
	defer t.end(ctx)
	return a.printReport(ctx, r)
}

func op(d engine.Datom) string {
	if d.Added {
		return "+"
	}
	return "-"
}

// resolved is the datoms with the values that live out of line read.
func resolved(ctx context.Context, db engine.DB, datoms []engine.Datom) ([]engine.Datom, error) {
	whole := slices.Clone(datoms)
	for i := range whole {
		v, err := db.Resolve(ctx, whole[i].V)
		if err != nil {
			return nil, err
		}
		whole[i].V = v
	}
	return whole, nil
}

// datomText is e, attribute, value in three tab-separated cells.
func datomText(db engine.DB, d engine.Datom) string {
	return fmt.Sprintf("%d\t:%s\t%s", d.E, identOf(db, d.A), engine.ToEDN(d.V))
}

// datomForm is the raw datom [e a v t op].
func datomForm(db engine.DB, d engine.Datom) edn.Value {
	return edn.MakeVector(number(d.E), edn.MakeKeyword(identOf(db, d.A)), engine.ToEDN(d.V), number(d.T), edn.MakeBool(d.Added))
}

// identOf is the attribute's ident, or its id when the schema no longer has it.
func identOf(db engine.DB, id engine.ID) string {
	if attr, ok := db.Schema().ByID(id); ok {
		return attr.Ident
	}
	return fmt.Sprint(uint64(id))
}
