package filelock

import (
	"context"
	"os"
	"strconv"
	"sync"
	"time"
)

// Who takes a lease shares the lock of one of eight files: another one in each hundredth of a second, by a clock that all
// processes share. A lease lasts for five of them at most, so each file is free for two of eight, however many take leases
// one after another, and whoever saw each of them free once has outlived the leases that there were.
const (
	leaseFiles = 8
	leaseSlot  = 10 * time.Millisecond
	// LeaseTime is how long a lease may be held.
	LeaseTime = 5 * leaseSlot
)

// Leases are what the leases of one process hold. They end with it.
type Leases struct {
	Path string // of the files, which are numbered

	mu    sync.Mutex
	files [leaseFiles]*os.File
	held  [leaseFiles]int
}

// Take begins a lease. ok is false where there can be none, or where somebody looks whether there is one.
func (l *Leases) Take() (release func(), ok bool) {
	i := int(time.Now().UnixNano() / int64(leaseSlot) % leaseFiles)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[i] == 0 {
		if l.files[i] == nil {
			f, err := openLease(l.file(i))
			if err != nil {
				return nil, false
			}
			l.files[i] = f
		}
		if ok, err := Share(l.files[i]); !ok || err != nil {
			return nil, false
		}
	}
	l.held[i]++
	return sync.OnceFunc(func() { l.release(i) }), true
}

func (l *Leases) release(i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[i]--; l.held[i] == 0 && l.files[i] != nil {
		_ = Unlock(l.files[i])
	}
}

// Close ends all leases.
func (l *Leases) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.files {
		if f != nil {
			f.Close()
		}
		l.files[i] = nil
	}
}

// Settle waits until all leases have ended that any process holds now, for a while at most: one that was stopped holds its own.
func (l *Leases) Settle(ctx context.Context, most time.Duration) {
	var all []*os.File
	for i := range leaseFiles {
		if f, err := os.OpenFile(l.file(i), os.O_RDWR, 0); err == nil { // else nobody ever took one
			defer f.Close()
			all = append(all, f)
		}
	}
	for end := time.Now().Add(most); ; {
		left := all[:0]
		for _, f := range all {
			if ok, err := Lock(f, false); ok && err == nil {
				_ = Unlock(f)
			} else if err == nil {
				left = append(left, f)
			}
		}
		if all = left; len(all) == 0 || time.Now().After(end) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Millisecond):
		}
	}
}

func (l *Leases) file(i int) string { return l.Path + "." + strconv.Itoa(i) }

// openLease opens a file whose lock can be shared, also by those who may only read the store.
func openLease(path string) (*os.File, error) {
	f, err := openLock(path)
	if err != nil {
		return os.Open(path)
	}
	return f, nil
}
