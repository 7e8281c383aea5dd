package casfile

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// crashDisk works on a real directory and keeps a model beside it of what is
// safe: what was synced. After a power failure anything else may be there, in
// part and in any order.
type crashDisk struct {
	quickDisk
	dir string

	mu      sync.Mutex
	current map[string]*inode // names as they are
	safe    map[string]*inode // as they would be found
	pending []naming          // in order
}

// naming is a change of names that is not safe yet: to names an inode, and
// from no longer does. One of them is empty when there is no such part, or it
// is safe already.
type naming struct {
	to, from string
	file     *inode
}

func (n naming) apply(names map[string]*inode) {
	delete(names, n.from)
	if n.to != "" {
		names[n.to] = n.file
	}
}

// split parts the change of names in dir from that in another directory.
func (n naming) split(dir string) (in, rest naming) {
	in, rest = n, n
	if filepath.Dir(n.to) == dir {
		rest.to = ""
	} else {
		in.to = ""
	}
	if filepath.Dir(n.from) == dir {
		rest.from = ""
	} else {
		in.from = ""
	}
	return in, rest
}

// inode is the content of a file: what is safe, and what was done to it since.
type inode struct {
	safe    []byte
	pending []change
}

// change writes data at off, or cuts the file there when data is nil.
type change struct {
	off  int64
	data []byte
}

func (c change) apply(b []byte) []byte {
	end := int(c.off) + len(c.data)
	if c.data == nil {
		end = int(c.off)
	}
	for len(b) < end {
		b = append(b, 0)
	}
	if c.data == nil {
		return b[:end]
	}
	copy(b[c.off:], c.data)
	return b
}

func newCrashDisk(dir string) *crashDisk {
	return &crashDisk{dir: dir, current: map[string]*inode{}, safe: map[string]*inode{}}
}

func (d *crashDisk) open(path string, flag int) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, err := d.quickDisk.open(path, flag)
	if err != nil {
		return nil, err
	}
	node := d.current[path]
	if node == nil {
		node = &inode{}
		d.current[path] = node
		d.pending = append(d.pending, naming{to: path, file: node})
	} else if flag&os.O_TRUNC != 0 {
		node.pending = append(node.pending, change{})
	}
	return &crashFile{f, d, node}, nil
}

func (d *crashDisk) rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.quickDisk.rename(from, to); err != nil {
		return err
	}
	n := naming{to: to, from: from, file: d.current[from]}
	n.apply(d.current)
	d.pending = append(d.pending, n)
	return nil
}

func (d *crashDisk) remove(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.quickDisk.remove(path); err != nil {
		return err
	}
	n := naming{from: path}
	n.apply(d.current)
	d.pending = append(d.pending, n)
	return nil
}

func (d *crashDisk) syncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.pending {
		var now naming
		now, d.pending[i] = d.pending[i].split(dir)
		now.apply(d.safe)
	}
	d.pending = slices.DeleteFunc(d.pending, func(n naming) bool { return n.to == "" && n.from == "" })
	return nil
}

type crashFile struct {
	file
	d    *crashDisk
	node *inode
}

func (f *crashFile) note(c change) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	f.node.pending = append(f.node.pending, c)
}

func (f *crashFile) WriteAt(b []byte, off int64) (int, error) {
	f.note(change{off, append([]byte{}, b...)})
	return f.file.WriteAt(b, off)
}

func (f *crashFile) Truncate(size int64) error {
	f.note(change{off: size})
	return f.file.Truncate(size)
}

func (f *crashFile) sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	for _, c := range f.node.pending {
		f.node.safe = c.apply(f.node.safe)
	}
	f.node.pending = nil
	return nil
}

// powerFailure makes a directory as it may be found afterwards.
func (d *crashDisk) powerFailure(t *testing.T, r *rand.Rand) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := maps.Clone(d.safe)
	for _, n := range d.pending {
		if r.IntN(2) == 0 {
			n.apply(names)
		}
	}
	dir := tempDir(t)
	if err := os.Mkdir(filepath.Join(dir, "packs"), 0o777); err != nil {
		t.Fatal(err)
	}
	for path, node := range names {
		rel, err := filepath.Rel(d.dir, path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, rel), node.afterFailure(r), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	lock := []byte{appendIdle, appendUnderWay}[r.IntN(2):] // never synced: anything
	if err := os.WriteFile(filepath.Join(dir, "lock"), lock[:1], 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// afterFailure is the content as it may be found: of what was not synced, some
// has reached the disk, torn at sectors.
func (n *inode) afterFailure(r *rand.Rand) []byte {
	const sector = 64 // small, as the records of the tests are
	b := slices.Clone(n.safe)
	for _, c := range n.pending {
		switch r.IntN(4) {
		case 0: // not at all
		case 1:
			b = c.apply(b)
		case 2: // its beginning
			if c.data != nil {
				c.data = c.data[:r.IntN(len(c.data)+1)]
			}
			b = c.apply(b)
		default: // parts
			for off := 0; off < len(c.data); off += sector {
				if r.IntN(2) == 0 {
					b = change{c.off + int64(off), c.data[off:min(off+sector, len(c.data))]}.apply(b)
				}
			}
		}
	}
	return b
}
