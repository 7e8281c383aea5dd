package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"path"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/fs"
	"github.com/spf13/cobra"
)

// view is the tree of files of one database, entered at a path.
type view struct {
	*fs.Tree
	s      store
	direct bool // no commit is behind it: what is not asked for is better not read
}

func (v *view) Close() error { return v.s.Close() }

// openView opens the tree of p. With a revision, paths are below that commit's directory.
func (a *app) openView(ctx context.Context, p place, name string) (*view, string, error) {
	s, err := openReading(ctx, p.url)
	if err != nil {
		return nil, "", err
	}
	d := fs.Database{Store: s}
	if v, ok := s.(valued); ok {
		if below, ok := entityPath(p, name); ok {
			if d.Value, ok, err = v.Value(ctx, p.rev); err == nil && ok {
				return &view{fs.New([]fs.Database{d}, fs.Options{Page: a.page.option()}), s, true}, "head/" + below, nil
			}
		}
	}
	if err == nil {
		name, err = treePath(ctx, s, p, name)
	}
	if err != nil {
		s.Close()
		return nil, "", err
	}
	return &view{fs.New([]fs.Database{d}, fs.Options{Page: a.page.option()}), s, false}, name, nil
}

// entityPath tells of paths that lead to one entity, or to one of its attributes: to read those takes no list of names.
func entityPath(p place, name string) (below string, ok bool) {
	below = path.Clean("/" + name)[1:]
	if p.rev == "" {
		if below, ok = strings.CutPrefix(below, "head/"); !ok {
			return "", false
		}
	}
	parts := strings.Split(below, "/")
	if len(parts) < 3 || len(parts) > 4 || parts[0] != "entities" {
		return "", false
	}
	for _, part := range parts[1:] {
		if strings.HasPrefix(part, ".") || strings.HasSuffix(part, "+") {
			return "", false
		}
	}
	return below, true
}

// pageSize is --page: how many names a directory lists before it is paged, 0 for any number.
type pageSize uint32

func (n *pageSize) flag(cmd *cobra.Command) {
	cmd.Flags().Uint32Var((*uint32)(n), "page", 1000, "more names than this in a directory are shown in pages, by how they begin; 0 never")
}

// option is the number as package fs has it.
func (n pageSize) option() int {
	if n == 0 {
		return -1
	}
	return int(n)
}

// treePath is where PATH lies in the tree: below the commit when a revision was given.
func treePath(ctx context.Context, s store, p place, name string) (string, error) {
	name = path.Clean("/" + name)[1:]
	if p.rev != "" {
		c, err := engine.Resolve(ctx, s, p.rev, now())
		if err != nil {
			return "", fmt.Errorf("%s: %w", p, err)
		}
		name = path.Join("commits", c.ID.String(), name)
	}
	if name == "" {
		name = "."
	}
	return name, nil
}

// takePath takes DB[@rev] and the paths after it; none means the top.
func (a *app) takePaths(args []string) (place, []string, error) {
	p, paths, err := a.takePlace(args)
	if len(paths) == 0 {
		paths = []string{"."}
	}
	return p, paths, err
}

// eachEntry reads a directory in pieces, so that a long one starts to print at once.
func eachEntry(v *view, name string, f func(iofs.DirEntry) error) error {
	file, err := v.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	dir, ok := file.(iofs.ReadDirFile)
	if !ok {
		return &iofs.PathError{Op: "readdir", Path: name, Err: errors.New("not a directory")}
	}
	for {
		entries, err := dir.ReadDir(1000)
		for _, e := range entries {
			if err := f(e); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (a *app) catCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "cat DB[@rev] PATH...",
		Short:   "print files of the tree",
		Example: "  dhfs cat shop head/entities/customer/ALFKI/city",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, paths, err := a.takePlace(args)
			if err != nil {
				return err
			}
			if len(paths) == 0 {
				return usageError{"which file?"}
			}
			for _, name := range paths {
				if err := a.cat(cmd.Context(), p, name); err != nil {
					return err
				}
			}
			return nil
		},
	}
	a.page.flag(cmd)
	return cmd
}

func (a *app) cat(ctx context.Context, p place, name string) error {
	v, name, err := a.openView(ctx, p, name)
	if err != nil {
		return err
	}
	defer v.Close()
	if v.direct {
		data, err := v.ReadFile(name)
		if err == nil {
			_, err = a.out.Write(data)
		}
		return err
	}
	f, err := v.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(a.out, f)
	return err
}

func (a *app) findCommand() *cobra.Command {
	var pattern, kind string
	cmd := &cobra.Command{
		Use:     "find DB[@rev] [PATH]",
		Short:   "list everything below a path of the tree",
		Example: "  dhfs find shop head/entities --name 'city*'",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, paths, err := a.takePaths(args)
			if err != nil {
				return err
			}
			if kind != "" && kind != "f" && kind != "d" {
				return usageError{fmt.Sprintf("--type %s: want f or d", kind)}
			}
			if _, err := path.Match(pattern, ""); err != nil {
				return usageError{fmt.Sprintf("--name %s: %v", pattern, err)}
			}
			for _, name := range paths {
				if err := a.find(cmd.Context(), p, name, pattern, kind); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&pattern, "name", "", "only names that match a shell pattern")
	cmd.Flags().StringVar(&kind, "type", "", "only f (files) or d (directories)")
	a.page.flag(cmd)
	return cmd
}

func (a *app) find(ctx context.Context, p place, asked, pattern, kind string) error {
	v, name, err := a.openView(ctx, p, asked)
	if err != nil {
		return err
	}
	defer v.Close()
	name, err = v.follow(name)
	if err != nil {
		return err
	}
	return v.walk(name, func(file string, e iofs.DirEntry) error {
		if !matches(e, pattern, kind) {
			return nil
		}
		_, err := fmt.Fprintln(a.out, path.Join(asked, strings.TrimPrefix(strings.TrimPrefix(file, name), "/")))
		return err
	})
}

// follow resolves name if it is a link, as find does with the path it is given.
func (v *view) follow(name string) (string, error) {
	info, err := iofs.Lstat(v, name)
	if err != nil || info.Mode()&iofs.ModeSymlink == 0 {
		return name, err
	}
	target, err := iofs.ReadLink(v, name)
	return path.Join(path.Dir(name), target), err
}

// walk visits name and all below it; unlike io/fs.WalkDir it never holds a whole directory.
func (v *view) walk(name string, visit func(string, iofs.DirEntry) error) error {
	info, err := iofs.Lstat(v, name)
	if err != nil {
		return err
	}
	if err := visit(name, iofs.FileInfoToDirEntry(info)); err != nil || !info.IsDir() {
		return err
	}
	return v.walkBelow(name, visit)
}

func (v *view) walkBelow(dir string, visit func(string, iofs.DirEntry) error) error {
	return eachEntry(v, dir, func(e iofs.DirEntry) error {
		name := path.Join(dir, e.Name())
		if err := visit(name, e); err != nil || !e.IsDir() {
			return err
		}
		return v.walkBelow(name, visit)
	})
}

func matches(e iofs.DirEntry, pattern, kind string) bool {
	if pattern != "" {
		if ok, _ := path.Match(pattern, e.Name()); !ok {
			return false
		}
	}
	switch kind {
	case "f":
		return e.Type().IsRegular()
	case "d":
		return e.IsDir()
	}
	return true
}
