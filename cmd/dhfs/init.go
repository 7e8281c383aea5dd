package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/spf13/cobra"
)

func (a *app) initCommand() *cobra.Command {
	var (
		schema, file, key string
		noHistory         bool
	)
	cmd := &cobra.Command{
		Use:   "init DB",
		Short: "create an empty database",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, rest, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return usageError{fmt.Sprintf("unexpected %q after DB", rest[0])}
			}
			if p.rev != "" {
				return hinted{usageError{fmt.Sprintf("init %s: a database begins on its branch %s", p, mainBranch)}, "dhfs init " + shown(p.url)}
			}
			o, err := options(schema, noHistory)
			if err != nil {
				return err
			}
			tx, err := readTx(file)
			if err != nil {
				return err
			}
			c := committing{author: author(), key: key, argument: tx}
			meta, err := a.meta(cmd.Context(), &c)
			if err != nil {
				return err
			}
			return a.init(cmd.Context(), p, o, tx.Forms, meta)
		},
	}
	cmd.Flags().StringVar(&schema, "schema", "write", "when attributes must be declared: write (before use) or read (never)")
	cmd.Flags().BoolVar(&noHistory, "no-history", false, "forget what is retracted or replaced")
	cmd.Flags().StringVar(&file, "tx", "", "tx data to transact at once, a file of EDN")
	signFlag(cmd, &key)
	return cmd
}

func options(schema string, noHistory bool) (engine.Options, error) {
	switch schema {
	case "write", "read":
		return engine.Options{SchemaOnRead: schema == "read", NoHistory: noHistory}, nil
	}
	return engine.Options{}, usageError{fmt.Sprintf("--schema %s: want write or read", schema)}
}

func (a *app) init(ctx context.Context, p place, o engine.Options, forms []edn.Value, m engine.Meta) error {
	s, err := openOrCreateStore(ctx, p.url)
	if err != nil {
		return err
	}
	defer s.Close()
	conn, err := engine.CreateSigned(ctx, s, branchOf(p), o, now(), m.Key)
	if errors.Is(err, cas.ErrConflict) {
		return hinted{fmt.Errorf("%s is a database already: %w", p, cas.ErrConflict), "dhfs stat " + shown(p.url) + ", or another name"}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	if len(forms) > 0 {
		if _, err := conn.Transact(ctx, forms, m); err != nil {
			return err
		}
	}
	db, err := conn.DB(ctx)
	if err != nil {
		return err
	}
	a.say("created %s at t %d, commit %s", shown(p.url), db.T(), db.Commit())
	return nil
}

// readTx reads a transaction from a file; no file, no forms.
func readTx(path string) (engine.Argument, error) {
	if path == "" {
		return engine.Argument{}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return engine.Argument{}, err
	}
	defer f.Close()
	tx, err := txFrom(f)
	if err != nil {
		return engine.Argument{}, fmt.Errorf("%s: %w", path, err)
	}
	return tx, nil
}

// txFrom reads all tx data that comes from r, and keeps its text once.
func txFrom(r io.Reader) (engine.Argument, error) {
	var text strings.Builder
	if f, ok := r.(interface{ Stat() (os.FileInfo, error) }); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			text.Grow(int(info.Size()))
		}
	}
	if _, err := io.Copy(&text, r); err != nil {
		return engine.Argument{}, err
	}
	return parseTx(text.String())
}

// parseTx reads the transaction of a command line or a request.
func parseTx(text string) (engine.Argument, error) {
	tx, err := engine.ParseArgument(text)
	if errors.Is(err, engine.ErrSeveral) {
		err = hinted{usageError{err.Error()}, "dhfs import runs a file of several transactions"}
	}
	return tx, err
}

// author names who commits: DHFS_AUTHOR as a flag's default, else the login name.
func author() string {
	for _, name := range []string{"DHFS_AUTHOR", "USER", "LOGNAME", "USERNAME"} {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	return ""
}
