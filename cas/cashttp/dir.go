package cashttp

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Dir is a directory that any server of static files serves as a store for reading: a file for each block, and the lists that clients read. One
// process may write to it at a time; it is for copies, and as a store to work with it is slow.
type Dir struct {
	dir string
	mu  sync.Mutex
}

var _ cas.RefStore = (*Dir)(nil)

// OpenDir opens a directory, and makes it where it is not there. One that has other files is refused.
func OpenDir(dir string) (*Dir, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	has := func(name string) bool {
		return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == name })
	}
	if len(entries) > 0 && !has(refsFile) {
		return nil, fmt.Errorf("directory %s: it has other files, and no %s: %w", dir, refsFile, fs.ErrExist)
	}
	d := &Dir{dir: dir}
	if len(entries) > 0 {
		_, err := d.refs()
		return d, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	return d, d.write(refsFile, indexOf(nil, nil))
}

func (d *Dir) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

// write makes a file that is whole or not there.
func (d *Dir) write(name string, b []byte) error {
	path := d.path(name)
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		f, err = os.CreateTemp(filepath.Dir(path), ".new-*")
	}
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// Get implements cas.Getter.
func (d *Dir) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	if err := errors.Join(ctx.Err(), cas.CheckCID(id)); err != nil {
		return cas.Block{}, errForeign(id, err)
	}
	path := d.path(blockPath(id))
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return cas.Block{}, fmt.Errorf("block %s: %w", id, cas.ErrNotFound)
	}
	if err != nil {
		return cas.Block{}, err
	}
	b, err := cas.Check(id, data)
	if err != nil {
		return b, &cas.CorruptError{CID: id, Path: path, Reason: "its bytes do not hash to its name"}
	}
	return b, nil
}

// Has implements cas.Store.
func (d *Dir) Has(ctx context.Context, id cid.Cid) (bool, error) {
	if err := errors.Join(ctx.Err(), cas.CheckCID(id)); err != nil {
		return false, errForeign(id, err)
	}
	_, err := os.Stat(d.path(blockPath(id)))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Put implements cas.Store. It does not wait for the disk: a copy that a power failure has damaged is made again.
func (d *Dir) Put(ctx context.Context, blocks []cas.Block) error {
	if err := checkBlocks(blocks); err != nil {
		return err
	}
	for _, b := range blocks {
		ok, err := d.Has(ctx, b.CID())
		if err == nil && !ok {
			err = d.write(blockPath(b.CID()), b.Data())
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// All implements cas.Store.
func (d *Dir) All(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		stop := errors.New("stop")
		err := filepath.WalkDir(d.path(blocksDir), func(_ string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err = errors.Join(err, ctx.Err()); err != nil || e.IsDir() {
				return err
			}
			id, err := cid.Decode(e.Name())
			if err == nil && !yield(id, nil) {
				return stop
			}
			return nil // what else there is, is not ours
		})
		if err != nil && !errors.Is(err, stop) {
			yield(cid.Undef, err)
		}
	}
}

// WriteAll writes the list of all blocks, which a client of a static server needs to list them, and how much they are.
func (d *Dir) WriteAll(ctx context.Context) error {
	var t totals
	for id, err := range d.All(ctx) {
		if err != nil {
			return err
		}
		info, err := os.Stat(d.path(blockPath(id)))
		if err != nil {
			return err
		}
		t.Blocks, t.Raw, t.Disk = t.Blocks+1, t.Raw+info.Size(), t.Disk+(info.Size()+4095)&^4095
	}
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if err := d.write(totalsFile, b); err != nil {
		return err
	}
	f, err := os.CreateTemp(d.dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	w := bufio.NewWriter(f)
	err = writeAll(w, d.All(ctx))
	if err = errors.Join(err, ctx.Err(), w.Flush(), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), d.path(allFile))
}

func (d *Dir) refs() ([]cas.Ref, error) {
	b, err := os.ReadFile(d.path(refsFile))
	if err != nil {
		return nil, err
	}
	refs, _, err := parseIndex(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.dir, err)
	}
	return refs, nil
}

// Refs implements cas.Refs.
func (d *Dir) Refs(ctx context.Context) ([]cas.Ref, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return d.refs()
}

// Ref implements cas.Refs.
func (d *Dir) Ref(ctx context.Context, name string) (cid.Cid, error) {
	if err := errors.Join(ctx.Err(), cas.CheckRefName(name)); err != nil {
		return cid.Undef, err
	}
	refs, err := d.refs()
	if err != nil {
		return cid.Undef, err
	}
	for _, r := range refs {
		if r.Name == name {
			return r.CID, nil
		}
	}
	return cid.Undef, fmt.Errorf("ref %s: %w", name, cas.ErrNotFound)
}

// SetRef implements cas.Refs, for the writers of this process.
func (d *Dir) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	if err := errors.Join(ctx.Err(), cas.CheckRefName(name)); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	refs, err := d.refs()
	if err != nil {
		return err
	}
	at := slices.IndexFunc(refs, func(r cas.Ref) bool { return r.Name == name })
	now := cid.Undef
	if at >= 0 {
		now = refs[at].CID
		refs = slices.Delete(refs, at, at+1)
	}
	if now != old {
		return fmt.Errorf("ref %s: %w", name, cas.ErrConflict)
	}
	if next.Defined() {
		refs = append(refs, cas.Ref{Name: name, CID: next})
		slices.SortFunc(refs, func(a, b cas.Ref) int { return cmp.Compare(a.Name, b.Name) })
	}
	return d.write(refsFile, indexOf(refs, nil))
}
