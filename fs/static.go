package fs

import (
	"context"
	"fmt"
	iofs "io/fs"
	"iter"
	"time"
)

// text is a small file whose content is at hand.
type text struct {
	data  []byte
	mtime time.Time
	moves bool
	ino   uint64 // made of data unless it is set
}

func (f text) Stat(context.Context) (Stat, error) {
	ino := f.ino
	if ino == 0 {
		ino = inodeOf(inoFile, f.mtime, f.data)
	}
	return Stat{Mode: fileMode, Size: int64(len(f.data)), MTime: f.mtime, Ino: ino, Moves: f.moves}, nil
}

func (f text) Read(context.Context) ([]byte, error) { return f.data, nil }

// link is a symbolic link.
type link struct {
	target string
	mtime  time.Time
	moves  bool
}

func (l link) Stat(context.Context) (Stat, error) {
	return Stat{
		Mode:  linkMode,
		Size:  int64(len(l.target)),
		MTime: l.mtime,
		Ino:   inodeOf(inoLink, l.mtime, []byte(l.target)),
		Moves: l.moves,
	}, nil
}

func (l link) Target() string { return l.target }

// menu is a directory of few names that are all known when it is made.
type menu struct {
	stat    Stat
	entries []Entry // every Node is set
}

func (d menu) Stat(context.Context) (Stat, error) { return d.stat, nil }

func (d menu) Lookup(_ context.Context, name string) (Node, error) {
	for _, e := range d.entries {
		if e.Name == name {
			return e.Node, nil
		}
	}
	return nil, missing(name)
}

func (d menu) List(_ context.Context, from uint64) iter.Seq2[Entry, error] {
	return listed(d.entries, from)
}

// listed yields entries from the nth on.
func listed(entries []Entry, from uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for i := from; i < uint64(len(entries)); i++ {
			if !yield(entries[i], nil) {
				return
			}
		}
	}
}

// failed is a listing that cannot be made.
func failed(err error) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) { yield(Entry{}, err) }
}

// nothing is the listing of a directory whose names can only be looked up.
func nothing(func(Entry, error) bool) {}

// missing is the error of a look-up that found nothing.
func missing(name string) error { return fmt.Errorf("%q: %w", name, iofs.ErrNotExist) }
