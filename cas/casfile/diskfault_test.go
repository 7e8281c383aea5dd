package casfile

import (
	"errors"
	"io/fs"
	"sync"
	"syscall"
)

// quickDisk does not wait for the disk.
type quickDisk struct{ osDisk }

type quickFile struct{ file }

func (quickDisk) open(path string, flag int) (file, error) {
	f, err := osDisk{}.open(path, flag)
	if err != nil {
		return nil, err
	}
	return quickFile{file: f}, nil
}

func (quickDisk) syncDir(string) error { return nil }
func (quickFile) sync() error          { return nil }

var errFault = errors.New("fault made by the test")

// faultyDisk fails at its nth operation, which is counted down.
type faultyDisk struct {
	disk
	fault fault

	mu   sync.Mutex
	left int
}

// fault says how.
type fault struct {
	err   error
	short bool // a write does half before it fails
	late  bool // the operation has its effect and then fails
	dead  bool // so does all that comes after it, without any effect
	blind bool // files cannot be mapped
	syncs bool // only fsyncs count as operations
}

var faults = map[string]fault{
	"error":      {err: errFault},
	"full":       {err: syscall.ENOSPC, short: true},
	"late error": {err: errFault, late: true},
	"died":       {err: errFault, short: true, dead: true},
	"died after": {err: errFault, late: true, dead: true},
	"unmapped":   {err: errFault, blind: true},
}

func newFaultyDisk(n int, f fault) *faultyDisk {
	return &faultyDisk{disk: quickDisk{}, fault: f, left: n}
}

// now tells what becomes of the operation: whether it has its effect, whether
// half of it, and its error.
func (d *faultyDisk) now(isSync bool) (whole, half bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if isSync || !d.fault.syncs {
		d.left--
	}
	switch {
	case d.left == 0 && (isSync || !d.fault.syncs):
		return d.fault.late, d.fault.short, d.fault.err
	case d.left <= 0 && d.fault.dead:
		return false, false, d.fault.err
	}
	return true, false, nil
}

// met tells whether there were so many operations.
func (d *faultyDisk) met() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.left <= 0
}

func (d *faultyDisk) do(op func() error) error {
	whole, _, err := d.now(false)
	return d.effect(whole, err, op)
}

func (d *faultyDisk) doSync(op func() error) error {
	whole, _, err := d.now(true)
	return d.effect(whole, err, op)
}

func (d *faultyDisk) effect(whole bool, err error, op func() error) error {
	if whole {
		if operr := op(); err == nil {
			err = operr
		}
	}
	return err
}

func (d *faultyDisk) open(path string, flag int) (f file, err error) {
	if err := d.do(func() error { f, err = d.disk.open(path, flag); return err }); err != nil {
		if f != nil {
			f.Close()
		}
		return nil, err
	}
	return &faultyFile{f, d}, nil
}

func (d *faultyDisk) stat(path string) (info fs.FileInfo, err error) {
	err = d.do(func() error { info, err = d.disk.stat(path); return err })
	return info, err
}

func (d *faultyDisk) rename(from, to string) error {
	return d.do(func() error { return d.disk.rename(from, to) })
}

func (d *faultyDisk) remove(path string) error {
	return d.do(func() error { return d.disk.remove(path) })
}

func (d *faultyDisk) names(dir string) (names []string, err error) {
	err = d.do(func() error { names, err = d.disk.names(dir); return err })
	return names, err
}

func (d *faultyDisk) mkdir(path string) error {
	return d.do(func() error { return d.disk.mkdir(path) })
}
func (d *faultyDisk) syncDir(path string) error {
	return d.do(func() error { return d.disk.syncDir(path) })
}

type faultyFile struct {
	file
	d *faultyDisk
}

func (f *faultyFile) ReadAt(b []byte, off int64) (n int, err error) {
	err = f.d.do(func() error { n, err = f.file.ReadAt(b, off); return err })
	return n, err
}

func (f *faultyFile) WriteAt(b []byte, off int64) (int, error) {
	whole, half, err := f.d.now(false)
	if !whole {
		b = b[:len(b)/2]
		if !half {
			b = nil
		}
	}
	n, werr := f.file.WriteAt(b, off)
	if err == nil {
		err = werr
	}
	return n, err
}

func (f *faultyFile) Stat() (info fs.FileInfo, err error) {
	err = f.d.do(func() error { info, err = f.file.Stat(); return err })
	return info, err
}

func (f *faultyFile) Truncate(size int64) error {
	return f.d.do(func() error { return f.file.Truncate(size) })
}

func (f *faultyFile) sync() error { return f.d.doSync(f.file.sync) }

func (f *faultyFile) mapped(size int) []byte {
	if f.d.fault.blind {
		return nil
	}
	return f.file.mapped(size)
}
