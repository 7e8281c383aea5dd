package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/dhfs/dhfs/fs"
	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

type mountFlags struct {
	daemon, allowOther, xattrs bool
	inodes, queries            string
}

// add are the flags of every command that mounts.
func (f *mountFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.allowOther, "allow-other", false, "let other users in")
	flags.BoolVar(&f.xattrs, "xattrs", false, "show user.dhfs.cid, .eid, .t and .type as extended attributes (ls -l becomes slower)")
	flags.StringVar(&f.inodes, "inodes", "content", "content (equal files have equal inode numbers) or unique")
	flags.StringVar(&f.queries, "queries", "", "keep what is written into query/ in this directory, or \"none\"")
}

func (a *app) mountCommand() *cobra.Command {
	var f mountFlags
	cmd := &cobra.Command{
		Use:   "mount [NAME=]DB... DIR",
		Short: "show databases as a tree of files",
		Long:  "Show databases as a tree of files. DIR is made if only its parent is there.",
		Example: `  dhfs mount shop ~/shop --daemon
  dhfs mount infra=/srv/infra hr=/srv/hr ~/work`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.db != "" {
				args = append([]string{a.db}, args...)
			}
			if len(args) < 2 {
				return usageError{"want DB and DIR"}
			}
			dbs, dir := args[:len(args)-1], args[len(args)-1]
			if f.daemon {
				return a.daemonize(cmd.Context(), dir)
			}
			return a.mount(cmd.Context(), dbs, dir, f)
		},
	}
	cmd.Flags().BoolVar(&f.daemon, "daemon", false, "go to the background once the mount answers")
	f.add(cmd.Flags())
	a.page.flag(cmd)
	return cmd
}

// mount serves until the mount is taken away or the command interrupted.
func (a *app) mount(ctx context.Context, dbs []string, dir string, f mountFlags) error {
	m, err := a.openMount(ctx, dbs, dir, f)
	if err != nil {
		return err
	}
	a.say("mounted %s on %s; ^C or dhfs umount %s ends it", strings.Join(dbs, " "), dir, dir)
	return errors.Join(a.serve(ctx, m.server), m.close())
}

// openedMount is a mount and what it was made of.
type openedMount struct {
	server *fs.Server
	tree   *fs.Tree
	stores []store
}

// close is to be called when the mount has ended.
func (m *openedMount) close() error {
	var err error
	if m.tree != nil {
		err = m.tree.Sync()
	}
	for _, s := range m.stores {
		s.Close()
	}
	return err
}

// openMount opens the databases and mounts them on dir, which is made if only its parent is there.
func (a *app) openMount(ctx context.Context, dbs []string, dir string, f mountFlags) (_ *openedMount, err error) {
	if f.inodes != "content" && f.inodes != "unique" {
		return nil, usageError{fmt.Sprintf("--inodes %s: want content or unique", f.inodes)}
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50) // of a walk of 250,000 entities the server keeps 161 MB instead of 202, for a seventh of its time
	}
	m := &openedMount{}
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	var sources []fs.Database
	var paths []string
	for _, arg := range dbs {
		d, path, s, err := openMounted(ctx, arg)
		if err != nil {
			return nil, err
		}
		m.stores = append(m.stores, s)
		d.Store = s
		if _, ok := s.(inPlace); !ok {
			if d.Store, err = newPinning(ctx, s); err != nil {
				return nil, err
			}
		}
		sources, paths = append(sources, d), append(paths, path)
	}
	if err := checkNames(sources); err != nil {
		return nil, err
	}
	queries, err := queriesDir(f.queries, sources, paths)
	if err != nil {
		return nil, err
	}
	m.tree = fs.New(sources, fs.Options{Inodes: f.inodes, Page: a.page.option(), Queries: queries})
	made := os.Mkdir(dir, 0o755) == nil // else it is there, or Mount says why not
	m.server, err = fs.Mount(ctx, m.tree, dir, fs.MountOptions{
		Name:       strings.Join(dbs, " "),
		AllowOther: f.allowOther,
		XAttrs:     f.xattrs,
		StoreDirs:  paths,
		Log:        a.logger(),
	})
	if err != nil {
		if made {
			os.Remove(dir)
		}
		return m, withoutMount(err, paths[0])
	}
	return m, err
}

// withoutMount adds how to get at the tree where no mount is possible.
func withoutMount(err error, db string) error {
	if !errors.Is(err, fs.ErrNoMount) {
		return err
	}
	return hinted{err, fmt.Sprintf("the same paths without a mount: dhfs ls %[1]s head/entities, dhfs cat %[1]s README.md, dhfs query %[1]s '[:find …]'; dhfs doctor tells what mounts need", db)}
}

// logger is what a mount says while it runs; nothing with --quiet.
func (a *app) logger() *logrus.Logger {
	l := logrus.New()
	l.SetOutput(a.err)
	if a.quiet {
		l.SetOutput(io.Discard)
	}
	return l
}

// serve waits for the end of the mount; an interrupt unmounts.
func (a *app) serve(ctx context.Context, server *fs.Server) error {
	gone := make(chan struct{})
	go func() {
		server.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
	}
	if err := server.Unmount(); err != nil {
		return err
	}
	<-gone
	return nil
}

// openMounted opens one [NAME=]DB and tells its directory. Its name, also in queries, is the last part of the path by default.
func openMounted(ctx context.Context, arg string) (fs.Database, string, store, error) {
	name, db, named := strings.Cut(arg, "=")
	if strings.ContainsAny(name, ":/?") { // the = of a URL
		named = false
	}
	if !named {
		name, db = "", arg
	}
	p := parsePlace(db)
	if p.rev != "" {
		return fs.Database{}, "", nil, hinted{usageError{fmt.Sprintf("mount %s: the whole database is mounted", arg)}, "look in at/" + p.rev + " of the mount"}
	}
	if !named {
		name = databaseName(p.url)
	}
	s, err := openReading(ctx, p.url)
	return fs.Database{Name: name, Store: s, Remote: backends[schemeOf(p.url)].far}, shown(p.url), s, err
}

func (a *app) umountCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "umount DIR",
		Short: "take a mount away",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{"want one DIR"}
			}
			return fs.Unmount(args[0])
		},
	}
}
