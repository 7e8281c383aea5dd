package casfile

import (
	"context"
	"io"
	"os"

	"github.com/dhfs/dhfs/cas/internal/filelock"
)

// lock keeps other processes from appending. It is not for many goroutines:
// the holder of Store.turn uses it.
type lock struct {
	path    string
	f       *os.File
	waiting chan error // set while a goroutine waits for the operating system
}

// acquire waits for the lock until ctx is done. A wait that was given up goes
// on in the background, since the system call cannot be interrupted, and the
// next acquire takes it over.
func (l *lock) acquire(ctx context.Context) error {
	if l.f == nil {
		f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return err
		}
		l.f = f
	}
	if l.waiting == nil {
		if ok, err := filelock.Lock(l.f, false); ok || err != nil {
			return err
		}
		l.waiting = make(chan error, 1)
		go func(f *os.File, got chan<- error) {
			_, err := filelock.Lock(f, true)
			got <- err
		}(l.f, l.waiting)
	}
	select {
	case err := <-l.waiting:
		l.waiting = nil
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// The lock file begins with one byte: '1' while an append is under way. Whoever gets
// the lock and finds '1' follows a process that died, and makes durable what
// it left before building on it. A floor follows.
const (
	appendIdle     = '0'
	appendUnderWay = '1'
)

// interrupted tells whether an append was under way when the lock was let go.
func (l *lock) interrupted() (bool, error) {
	var b [1]byte
	n, err := l.f.ReadAt(b[:], 0)
	if n == 1 {
		return b[0] != appendIdle, nil
	}
	if err == io.EOF { // the file was lost and made anew: nothing is known
		return true, nil
	}
	return false, err
}

func (l *lock) note(b []byte) error {
	_, err := l.f.WriteAt(b, 0)
	return err
}

func (l *lock) release() error { return filelock.Unlock(l.f) }

// close gives up a wait that is still going on: it ends when the other process
// lets go, and the lock is left at once.
func (l *lock) close() error {
	if l.f == nil {
		return nil
	}
	f, waiting := l.f, l.waiting
	l.f, l.waiting = nil, nil
	if waiting == nil {
		return f.Close()
	}
	go func() {
		<-waiting
		_ = f.Close()
	}()
	return nil
}
