//go:build linux || darwin

package fs

import (
	"context"
	"slices"
	"sync"

	"github.com/dhfs/dhfs/engine"
)

// A program that walks a kind lists its entities in the order of their names, and most of what a listing costs is reading
// and decoding what it shows. So once a few were listed in that order, those that come next are listed
// by another goroutine while the program and the kernel are still busy: where there are two processors or the store is
// far away, a walk waits for less.

const (
	maxComings  = 4  // walks that are followed at once
	comesAfter  = 3  // listings in order that show a walk
	comesBefore = 8  // listings that are made before they are asked for; far fewer than are kept
	comingNames = 64 // names that are read at once
)

// comings are the walks that were noticed last.
type comings struct {
	mu    sync.Mutex
	walks []*coming // the one that was asked for last is first

	ctx  context.Context
	stop context.CancelFunc
	work sync.WaitGroup
}

// coming is what a walk lists next if it goes on.
type coming struct {
	c       *commit
	kind    string
	last    engine.Name   // the entity that was listed last
	names   []engine.Name // those after it, in the order of the kind
	inOrder int           // how many were listed in that order
	made    int           // how many of names have their listings
	busy    bool          // somebody is making more
}

func newComings() *comings {
	ctx, stop := context.WithCancel(context.Background())
	return &comings{ctx: ctx, stop: stop}
}

// end returns when nothing reads the store any more.
func (w *comings) end() {
	w.stop()
	w.work.Wait()
}

// listed notes that a program begins to list d.
func (w *comings) listed(ctx context.Context, d entityDir) {
	if w.goesOn(d) {
		return
	}
	n, err := d.entry(ctx)
	if err != nil || n.Home.Kind != d.kind {
		return
	}
	names, err := namesAfter(ctx, d.c, n, comesAfter+1)
	if err != nil || len(names) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.walks = append([]*coming{{c: d.c, kind: d.kind, names: names}}, w.walks[:min(len(w.walks), maxComings-1)]...)
}

// goesOn tells whether a walk was to list d next, and then sees to what comes after. It does not wait for the store.
func (w *comings) goesOn(d entityDir) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.walks, func(k *coming) bool {
		return k.c == d.c && k.kind == d.kind && len(k.names) > 0 && k.names[0].ID == d.id
	})
	if i < 0 {
		return false
	}
	k := w.walks[i]
	copy(w.walks[1:i+1], w.walks[:i])
	w.walks[0] = k
	k.last, k.names = k.names[0], k.names[1:]
	k.made, k.inOrder = max(0, k.made-1), k.inOrder+1
	if k.inOrder >= comesAfter && !k.busy && k.made <= comesBefore/2 && w.ctx.Err() == nil {
		k.busy = true
		w.work.Go(func() { w.make(k) })
	}
	return true
}

// make lists what comes, as far ahead as it may. Whoever asks for what cannot be read learns why.
func (w *comings) make(k *coming) {
	for n, ok := w.next(k); ok; n, ok = w.next(k) {
		if (entityDir{c: k.c, id: n.ID, kind: k.kind, name: n}).render(w.ctx) != nil {
			break
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	k.busy = false
}

// next is the next entity to list; ok is false when enough is there, or no more.
func (w *comings) next(k *coming) (n engine.Name, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if k.made >= comesBefore || w.ctx.Err() != nil {
		return engine.Name{}, false
	}
	if k.made >= len(k.names) {
		after := k.last
		if len(k.names) > 0 {
			after = k.names[len(k.names)-1]
		}
		w.mu.Unlock()
		more, err := namesAfter(w.ctx, k.c, after, comingNames)
		w.mu.Lock()
		if err != nil || len(more) == 0 {
			return engine.Name{}, false
		}
		k.names = append(k.names, more...)
	}
	k.made++
	return k.names[k.made-1], true
}

// render makes what the kept listing of the directory does not have yet.
func (d entityDir) render(ctx context.Context) error {
	files, err := d.files(ctx)
	if err != nil {
		return err
	}
	for _, e := range files {
		if _, err := e.Node.Stat(ctx); err != nil {
			return err
		}
	}
	return nil
}

// namesAfter are up to n entities of the kind, in the order of their names.
func namesAfter(ctx context.Context, c *commit, last engine.Name, n int) ([]engine.Name, error) {
	var names []engine.Name
	for name, err := range c.db.Names(ctx, last.Home.Kind, last.Home.Name+"\x00") {
		if err != nil {
			return nil, err
		}
		if names = append(names, name); len(names) == n {
			break
		}
	}
	return names, nil
}
