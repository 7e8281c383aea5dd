package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/dhfs/dhfs/fs"
	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"
)

type mountFlags struct {
	daemon, allowOther, xattrs bool
	inodes                     string
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
	cmd.Flags().BoolVar(&f.allowOther, "allow-other", false, "let other users in")
	cmd.Flags().BoolVar(&f.xattrs, "xattrs", false, "show user.dhfs.cid, .eid, .t and .type as extended attributes (ls -l becomes slower)")
	cmd.Flags().StringVar(&f.inodes, "inodes", "content", "content (equal files have equal inode numbers) or unique")
	a.page.flag(cmd)
	return cmd
}

// mount serves until the mount is taken away or the command interrupted.
func (a *app) mount(ctx context.Context, dbs []string, dir string, f mountFlags) error {
	if f.inodes != "content" && f.inodes != "unique" {
		return usageError{fmt.Sprintf("--inodes %s: want content or unique", f.inodes)}
	}
	var sources []fs.Database
	var paths []string
	for _, arg := range dbs {
		d, path, s, err := openMounted(ctx, arg)
		if err != nil {
			return err
		}
		defer s.Close()
		sources, paths = append(sources, d), append(paths, path)
	}
	made := os.Mkdir(dir, 0o755) == nil // else it is there, or Mount says why not
	server, err := fs.Mount(ctx, fs.New(sources, fs.Options{Inodes: f.inodes, Page: a.page.option()}), dir, fs.MountOptions{
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
		return withoutMount(err, paths[0])
	}
	a.say("mounted %s on %s; ^C or dhfs umount %s ends it", strings.Join(dbs, " "), dir, dir)
	return a.serve(ctx, server)
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
	if !named {
		name, db = "", arg
	}
	p := parsePlace(db)
	if p.rev != "" {
		return fs.Database{}, "", nil, hinted{usageError{fmt.Sprintf("mount %s: the whole database is mounted", arg)}, "look in at/" + p.rev + " of the mount"}
	}
	if !named {
		name = filepath.Base(strings.TrimRight(p.url, "/"))
	}
	path, err := filePath(p.url)
	if err != nil {
		return fs.Database{}, "", nil, err
	}
	s, err := openStore(ctx, p.url)
	return fs.Database{Name: name, Store: s}, path, s, err
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
