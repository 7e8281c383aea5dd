package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// stdio is where a command reads and writes. Data goes to out; progress, hints
// and errors go to err.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// app is one invocation: its streams and the flags that every command has.
type app struct {
	stdio
	args   []string // the whole command line
	db     string   // --db: the database, when it is not the first argument
	format string   // --format
	quiet  bool     // --quiet: no progress
	page   pageSize // --page
	cache  caching
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, io stdio) int {
	a := &app{stdio: io, args: args}
	root := a.command()
	root.SetArgs(args)
	root.SetIn(io.in)
	root.SetOut(io.out)
	root.SetErr(io.err)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	return a.report(cmd, err)
}

// command builds the tree of commands.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "dhfs",
		Short: "an immutable Datalog database that lives in storage and is seen as files",
		Long: `dhfs keeps databases as immutable values in storage: whoever can read the
storage can query them. DB is a path or a URL; DB@rev picks a value in time:
@main, @main~3, @t42, @2026-11-01, @<tag>, @<commit id or the start of it>.
With --db (or DHFS_DB) set, the argument DB is left out and @rev stands for DB@rev.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd.Flags()); err != nil {
				return err
			}
			cmd.SetContext(a.cache.with(cmd.Context()))
			return nil
		},
		RunE:                       needSubcommand,
		Args:                       cobra.ArbitraryArgs,
		SuggestionsMinimumDistance: 2,
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.db, "db", "", "the database, instead of the first argument")
	flags.StringVar(&a.format, "format", "", "table, tsv, csv, json, jsonl or edn (default: table on a terminal, else tsv)")
	a.cache.add(flags)
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "no progress, no hints, no report of what was written")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err.Error()} })
	root.AddCommand(
		a.initCommand(), a.keygenCommand(), a.importCommand(), a.txCommand(), a.setCommand(), a.rmCommand(),
		a.mountCommand(), a.umountCommand(), a.runCommand(), a.mountsCommand(), a.doctorCommand(),
		a.branchCommand(), a.tagCommand(), a.mergeCommand(), a.revertCommand(),
		a.exportCommand(), a.cloneCommand(), a.syncCommand(), a.serveCommand(), a.verifyCommand(), a.repairCommand(), a.gcCommand(), a.tidyCommand(), a.duCommand(), a.versionCommand(), a.manCommand(), a.demoCommand(),
	)
	root.AddCommand(abandonable(
		a.queryCommand(), a.pullCommand(), a.datomsCommand(), a.schemaCommand(), a.statCommand(),
		a.logCommand(), a.showCommand(), a.diffCommand(), a.blameCommand(), a.watchCommand(), a.waitCommand(),
		a.lsCommand(), a.catCommand(), a.findCommand(),
	)...)
	return root
}

func needSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	u := usageError{fmt.Sprintf("unknown command %q", args[0])}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return hinted{u, "did you mean dhfs " + strings.Join(near, " or dhfs ") + "?"}
	}
	return hinted{u, "dhfs help lists the commands"}
}

// fromEnvironment sets each flag that was not given from DHFS_<FLAG>.
func fromEnvironment(flags *pflag.FlagSet) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "DHFS_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if v, ok := os.LookupEnv(name); ok && !f.Changed && f.Name != "help" {
			if err := flags.Set(f.Name, v); err != nil {
				errs = append(errs, usageError{fmt.Sprintf("%s=%s: %v", name, v, err)})
			}
		}
	})
	return errors.Join(errs...)
}
