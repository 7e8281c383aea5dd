package fs

import (
	"bytes"
	"context"
	"errors"
	"io"
	iofs "io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Tree is a file system of the standard library. Opening follows links; names
// that can only be looked up open as well. Nothing waits for a deadline there:
// Walk takes a context.
var (
	_ iofs.ReadDirFS  = (*Tree)(nil)
	_ iofs.StatFS     = (*Tree)(nil)
	_ iofs.ReadFileFS = (*Tree)(nil)
	_ iofs.ReadLinkFS = (*Tree)(nil)
)

// at finds a node for a method of io/fs.
func (t *Tree) at(op, name string, follow bool) (n Node, info *fileInfo, err error) {
	if !iofs.ValidPath(name) {
		return nil, nil, &iofs.PathError{Op: op, Path: name, Err: iofs.ErrInvalid}
	}
	ctx := context.Background()
	if n, err = t.walk(ctx, name, follow); err == nil {
		info, err = infoOf(ctx, path.Base(name), n)
	}
	if err != nil {
		t.errors.note(name, err)
		return nil, nil, pathError(op, name, err)
	}
	return n, info, nil
}

// pathError is what io/fs wants of errors. A path through a file does not exist.
func pathError(op, name string, err error) error {
	if errors.Is(err, errNotDir) {
		err = iofs.ErrNotExist
	}
	return &iofs.PathError{Op: op, Path: name, Err: err}
}

// Open opens a file or directory.
func (t *Tree) Open(name string) (iofs.File, error) {
	n, info, err := t.at("open", name, true)
	if err != nil {
		return nil, err
	}
	if d, ok := n.(Dir); ok {
		return &openDir{tree: t, path: name, info: info, dir: d}, nil
	}
	if f, ok := n.(Parted); ok {
		return &openFile{info: info, SectionReader: io.NewSectionReader(partsOf{t, name, f}, 0, info.Size())}, nil
	}
	data, err := t.read(name, n)
	if err != nil {
		return nil, err
	}
	return &openFile{info: info, SectionReader: io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))}, nil
}

// partsOf reads an open file that is made in parts.
type partsOf struct {
	tree *Tree
	path string
	f    Parted
}

func (p partsOf) ReadAt(b []byte, from int64) (n int, err error) {
	part, err := p.f.ReadPart(context.Background(), from, len(b))
	if err != nil {
		p.tree.errors.note(p.path, err)
		return 0, pathError("read", p.path, err)
	}
	if n = copy(b, part); n < len(b) {
		err = io.EOF
	}
	return n, err
}

func (t *Tree) read(name string, n Node) ([]byte, error) {
	f, ok := n.(File)
	if !ok {
		return nil, pathError("read", name, errIsDir)
	}
	data, err := f.Read(context.Background())
	if err != nil {
		t.errors.note(name, err)
		return nil, pathError("read", name, err)
	}
	return data, nil
}

// ReadFile reads a whole file.
func (t *Tree) ReadFile(name string) ([]byte, error) {
	if !iofs.ValidPath(name) {
		return nil, pathError("open", name, iofs.ErrInvalid)
	}
	n, err := t.walk(context.Background(), name, true)
	if err != nil {
		t.errors.note(name, err)
		return nil, pathError("open", name, err)
	}
	data, err := t.read(name, n)
	return slices.Clone(data), err
}

// Stat describes a file or directory, or what a link points at.
func (t *Tree) Stat(name string) (iofs.FileInfo, error) {
	_, info, err := t.at("stat", name, true)
	if err != nil {
		return nil, err
	}
	return info, nil
}

// Lstat describes a file, directory or link.
func (t *Tree) Lstat(name string) (iofs.FileInfo, error) {
	_, info, err := t.at("lstat", name, false)
	if err != nil {
		return nil, err
	}
	return info, nil
}

// ReadLink returns the target of a link.
func (t *Tree) ReadLink(name string) (string, error) {
	n, _, err := t.at("readlink", name, false)
	if err != nil {
		return "", err
	}
	l, ok := n.(Link)
	if !ok {
		return "", pathError("readlink", name, iofs.ErrInvalid)
	}
	return l.Target(), nil
}

// ReadDir lists a directory by name.
func (t *Tree) ReadDir(name string) ([]iofs.DirEntry, error) {
	n, _, err := t.at("readdir", name, true)
	if err != nil {
		return nil, err
	}
	d, ok := n.(Dir)
	if !ok {
		return nil, pathError("readdir", name, errNotDir)
	}
	var all []iofs.DirEntry
	for e, err := range d.List(context.Background(), 0) {
		if err != nil {
			t.errors.note(name, err)
			return nil, pathError("readdir", name, err)
		}
		all = append(all, dirEntryOf{t, name, e})
	}
	slices.SortFunc(all, func(a, b iofs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return all, nil
}

// fileInfo is a Stat under a name.
type fileInfo struct {
	name string
	stat Stat
}

func infoOf(ctx context.Context, name string, n Node) (*fileInfo, error) {
	s, err := n.Stat(ctx)
	if err != nil {
		return nil, err
	}
	return &fileInfo{name, s}, nil
}

func (i *fileInfo) Name() string        { return i.name }
func (i *fileInfo) Size() int64         { return i.stat.Size }
func (i *fileInfo) Mode() iofs.FileMode { return i.stat.Mode }
func (i *fileInfo) ModTime() time.Time  { return i.stat.MTime }
func (i *fileInfo) IsDir() bool         { return i.stat.Mode.IsDir() }
func (i *fileInfo) Sys() any            { return i.stat }

// dirEntryOf is an entry of a directory; Info looks it up.
type dirEntryOf struct {
	tree *Tree
	dir  string
	e    Entry
}

func (d dirEntryOf) Name() string        { return d.e.Name }
func (d dirEntryOf) IsDir() bool         { return d.e.Mode.IsDir() }
func (d dirEntryOf) Type() iofs.FileMode { return d.e.Mode.Type() }
func (d dirEntryOf) String() string      { return iofs.FormatDirEntry(d) }

func (d dirEntryOf) Info() (iofs.FileInfo, error) {
	if d.e.Node != nil {
		return infoOf(context.Background(), d.e.Name, d.e.Node)
	}
	return d.tree.Lstat(path.Join(d.dir, d.e.Name))
}

// openFile is an open file; its content was read when it was opened, unless it is made in parts.
type openFile struct {
	*io.SectionReader
	info *fileInfo
}

func (f *openFile) Stat() (iofs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error                 { return nil }

// openDir is an open directory.
type openDir struct {
	tree *Tree
	path string
	info *fileInfo
	dir  Dir
	all  []iofs.DirEntry
	read bool
}

func (d *openDir) Stat() (iofs.FileInfo, error) { return d.info, nil }
func (d *openDir) Close() error                 { return nil }

func (d *openDir) Read([]byte) (int, error) { return 0, pathError("read", d.path, errIsDir) }

// ReadDir lists the next n entries, or all that are left when n is not positive.
func (d *openDir) ReadDir(n int) ([]iofs.DirEntry, error) {
	if !d.read {
		all, err := d.tree.ReadDir(d.path)
		if err != nil {
			return nil, err
		}
		d.all, d.read = all, true
	}
	if n <= 0 {
		rest := d.all
		d.all = nil
		return rest, nil
	}
	if len(d.all) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.all))
	next := d.all[:n]
	d.all = d.all[n:]
	return next, nil
}
