package fs

import (
	"context"
	"errors"
	iofs "io/fs"
	"iter"
	"sync"
	"time"

	"github.com/dhfs/dhfs/cas"
)

// maxErrors is how many lines .dhfs/errors.tsv keeps.
const maxErrors = 1000

// errorLog is .dhfs/errors.tsv: what could not be shown, and what mends it.
type errorLog struct {
	now   func() time.Time
	mu    sync.Mutex
	lines [][]byte
	last  time.Time
}

// note adds a line for damage to the store. Errors that are answers, such as
// "no such name", are not damage.
func (l *errorLog) note(path string, err error) {
	if err == nil || !damaged(err) {
		return
	}
	l.add(path, err.Error(), repair(err))
}

// add adds a line, unless it says the same as the last one.
func (l *errorLog) add(path, what, repair string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.now().UTC()
	line := appendRow(nil, at.Format(timeLayout), path, what, repair)
	if n := len(l.lines); n > 0 && string(l.lines[n-1][len(timeLayout):]) == string(line[len(timeLayout):]) {
		return // a reader that tries again
	}
	if l.lines = append(l.lines, line); len(l.lines) > maxErrors {
		l.lines = l.lines[1:]
	}
	l.last = at
}

// damaged tells errors of the store from answers.
func damaged(err error) bool {
	var (
		corrupt *cas.CorruptError
		store   *storeError
	)
	return (errors.As(err, &corrupt) || errors.As(err, &store)) && !errors.Is(err, iofs.ErrNotExist)
}

// repair is what to try.
func repair(err error) string {
	var corrupt *cas.CorruptError
	switch {
	case errors.As(err, &corrupt):
		return "dhfs verify, then dhfs repair --from a copy of the store"
	case errors.Is(err, cas.ErrNotFound):
		return "dhfs sync from a store that has the block"
	}
	return "nothing is lost: try again when the store answers; dhfs doctor tells whether it does"
}

// Stat, Lookup and List make it the directory .dhfs.
func (l *errorLog) Stat(context.Context) (Stat, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stat{Mode: dirMode, MTime: l.last, Moves: true}, nil
}

// Lookup finds errors.tsv.
func (l *errorLog) Lookup(_ context.Context, name string) (Node, error) {
	if name != "errors.tsv" {
		return nil, missing(name)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	data := appendRow(nil, "time", "path", "error", "repair")
	for _, line := range l.lines {
		data = append(data, line...)
	}
	return text{data: data, mtime: l.last, moves: true}, nil
}

// List yields errors.tsv.
func (l *errorLog) List(_ context.Context, from uint64) iter.Seq2[Entry, error] {
	return listed([]Entry{{Name: "errors.tsv"}}, from)
}
