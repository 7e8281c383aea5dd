package filelock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// turn is a place in the line of those who want to move one ref. The line has two locks, each a file: who holds next
// comes next, who holds now is at work. Who is done has to get next again, so it cannot overtake the one that has it
// and waits. Both locks end with their process.
type turn struct {
	next, now *os.File
	first     bool // next is held
}

// Turn waits for a turn in the line of path, for a while at most: its files are path.next and path.now. Where they cannot be made there is
// no line. done gives the turn back; held tells that there is one.
func Turn(ctx context.Context, path string, most time.Duration) (done func(), held bool) {
	t, err := openTurn(path)
	if err != nil {
		return func() {}, false
	}
	if ok, err := t.take(false); ok || err != nil {
		return t.leave, true
	}
	return t.await(ctx, most)
}

func openTurn(path string) (*turn, error) {
	next, err := openLock(path + ".next")
	if err != nil {
		return nil, err
	}
	now, err := openLock(path + ".now")
	if err != nil {
		next.Close()
		return nil, err
	}
	return &turn{next: next, now: now}, nil
}

func openLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if errors.Is(err, os.ErrNotExist) {
		if err := os.Mkdir(filepath.Dir(path), 0o777); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
		f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	}
	return f, err
}

// take goes through the line; without wait only as far as it is free.
func (t *turn) take(wait bool) (ok bool, err error) {
	if !t.first {
		if t.first, err = Lock(t.next, wait); !t.first || err != nil {
			return false, err
		}
	}
	if ok, err = Lock(t.now, wait); !ok || err != nil {
		return false, err
	}
	t.first = false
	return true, Unlock(t.next)
}

// await waits for the turn. A wait that is given up goes on in the background, since the system call cannot be
// interrupted, and then ends.
func (t *turn) await(ctx context.Context, most time.Duration) (done func(), held bool) {
	got := make(chan struct{})
	go func() {
		defer close(got)
		_, _ = t.take(true) // without the turn there is none to give back
	}()
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-got:
		return t.leave, true
	case <-ctx.Done():
	case <-timer.C:
	}
	go func() { <-got; t.leave() }()
	return func() {}, false
}

// leave gives back the turn, or the place in the line.
func (t *turn) leave() {
	_ = t.now.Close()
	_ = t.next.Close()
}

// Try takes the lock of path.now; ok is false when somebody has it. It ends with done, or with the process.
func Try(path string) (done func(), ok bool, err error) {
	f, err := openLock(path + ".now")
	if err != nil {
		return nil, false, err
	}
	if ok, err := Lock(f, false); !ok || err != nil {
		f.Close()
		return nil, false, err
	}
	return func() { _ = f.Close() }, true, nil
}
