package casfile

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/internal/filelock"
	"github.com/ipfs/go-cid"
)

// preparations is how often a collection begins anew when the journal has become a pack meanwhile, before it keeps writers waiting for all that it does.
const preparations = 3

// errOvertaken says that the files are others than those that a collection began with.
var errOvertaken = errors.New("the journal became a pack meanwhile")

// Sole implements cas.Soloist.
func (s *Store) Sole(ctx context.Context, what string) (done func(), ok bool, err error) {
	if err := s.mayWrite(ctx); err != nil {
		return nil, false, err
	}
	if s.life.Err() != nil {
		return nil, false, s.errClosed()
	}
	return filelock.Try(filepath.Join(s.dir, "turns", "+"+what))
}

// collect removes garbage, as how says, when nobody else does.
func (s *Store) collect(ctx context.Context, how collection, mark cas.Mark) (done cas.Collected, err error) {
	if err := s.mayWrite(ctx); err != nil {
		return done, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	end, err := s.alone(ctx)
	if err != nil {
		return done, err
	}
	defer end()
	for try := 0; try <= preparations; try++ {
		c := how
		c.s = s
		done, err = c.once(ctx, mark, try == preparations)
		if !errors.Is(err, errOvertaken) {
			break
		}
	}
	if s.life.Err() != nil && err != nil {
		return done, s.errClosed()
	}
	return done, err
}

// alone waits until nobody else removes garbage, in whatever process.
func (s *Store) alone(ctx context.Context) (end func(), err error) {
	select {
	case s.collecting <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s.isClosed() {
		<-s.collecting
		return nil, s.errClosed()
	}
	if err = os.MkdirAll(filepath.Dir(s.sole.path), 0o777); err == nil {
		err = s.sole.acquire(ctx)
	}
	if err != nil {
		<-s.collecting
		return nil, err
	}
	return func() {
		_ = s.sole.release()
		<-s.collecting
	}, nil
}

// locked calls do while this process may append and nobody else may.
func (s *Store) locked(ctx context.Context, do func() error) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	return do()
}

// once looks at the store under its lock, makes the new files without it, and puts them in use under the lock, unless exclusive is set: then it holds the lock all the time.
//
// What was appended meanwhile stays in the journal. What was garbage at first and is live in the end comes back from the old files, into the journal.
func (c *collection) once(ctx context.Context, mark cas.Mark, exclusive bool) (done cas.Collected, err error) {
	defer func() {
		if err != nil && !c.begun && c.next != nil {
			c.abandon()
		}
		c.v.close()
	}()
	if exclusive {
		err = c.s.locked(ctx, func() error {
			if err := c.look(); err != nil {
				return err
			}
			if err := c.make(ctx, mark); err != nil {
				return err
			}
			done, err = c.finish(ctx, nil)
			return err
		})
		return done, err
	}
	if err := c.s.locked(ctx, c.look); err != nil {
		return done, err
	}
	if err := c.make(ctx, mark); err != nil {
		return done, err
	}
	if c.s.life.Err() != nil {
		return done, c.s.errClosed()
	}
	err = c.s.locked(ctx, func() error {
		if !c.v.current(c.s) {
			return errOvertaken
		}
		done, err = c.finish(ctx, mark)
		return err
	})
	return done, err
}

// make asks what is live and makes the new files.
func (c *collection) make(ctx context.Context, mark cas.Mark) error {
	keep, err := mark(ctx, c.v.refs, c.v.pins)
	if err != nil {
		return err
	}
	c.keep = func(b found) bool { return keep(b.key.cid()) }
	return c.prepare(ctx)
}

// view is a store at one moment. It stays readable while others write.
type view struct {
	list         *packList
	packs, dense []*pack
	journal      *pack   // opened anew
	blocks       []found // of the journal
	refs         []cas.Ref
	pins         []cid.Cid
}

// look takes the view of a collection, for the holder of the lock.
func (c *collection) look() (err error) {
	s := c.s
	if err := s.damage(); err != nil {
		return err
	}
	j := s.journal
	f, err := s.disk.open(s.journalPath(), os.O_RDONLY)
	if err != nil {
		return err
	}
	c.v = &view{list: s.list, packs: s.packs, dense: s.dense, journal: &pack{path: j.path, dir: j.dir, id: j.id, mark: j.mark, refs: j.refs, f: f}}
	if c.v.blocks, err = j.blocks(s.disk); err != nil {
		return err
	}
	c.v.refs = s.refsNow()
	c.v.pins, err = s.pins()
	return err
}

// refsNow are all refs as this process knows them, for the holder of the lock.
func (s *Store) refsNow() []cas.Ref {
	refs := make([]cas.Ref, 0, len(s.journal.refs))
	for _, m := range allRefs(s.journal.refs) {
		refs = append(refs, cas.Ref{Name: m.name, CID: m.id})
	}
	return refs
}

// current tells whether the files are still those of the view; the journal may have grown.
func (v *view) current(s *Store) bool {
	return s.journal.id == v.journal.id && s.list.last == v.list.last && bytes.Equal(s.list.bytes(), v.list.bytes())
}

func (v *view) close() {
	if v != nil {
		v.journal.close()
	}
}

// journalPart is what goes into a journal that is written anew.
type journalPart struct {
	live []found // of the present one
	back []entry // what was thought to be garbage
}

// finish puts the new files in use, for the holder of the lock. mark tells what is live by now, unless it is nil.
func (c *collection) finish(ctx context.Context, mark cas.Mark) (cas.Collected, error) {
	s := c.s
	journal := &journalPart{}
	dead := len(c.journal.dead)
	if mark != nil {
		pins, err := s.pins()
		if err != nil {
			return cas.Collected{}, err
		}
		keep, err := mark(ctx, s.refsNow(), pins)
		if err != nil {
			return cas.Collected{}, err
		}
		if journal.back, err = c.backTo(keep); err != nil {
			return cas.Collected{}, err
		}
		more, err := c.sinceThen(keep)
		if err != nil {
			return cas.Collected{}, err
		}
		journal.live, dead = more.live, dead+len(more.dead)
	}
	if !c.journal.move {
		journal.live = append(journal.live, c.journal.live...)
	} else {
		dead += len(c.journal.live)
	}
	if dead == 0 && len(journal.back) == 0 {
		journal = nil
	}
	before := s.disked()
	if journal != nil || !slices.Equal(c.next.dense, s.list.dense) || !slices.Equal(c.next.packs, s.list.next(len(s.packs)).packs) {
		if err := c.replace(journal); err != nil {
			return cas.Collected{}, err
		}
	}
	if err := s.removeStale(); err != nil {
		return cas.Collected{}, err
	}
	s.upkeep()
	return cas.Collected{Blocks: c.removed, Bytes: before - s.disked()}, nil
}

// backTo is what of the garbage is to be kept.
func (c *collection) backTo(keep func(cid.Cid) bool) (back []entry, err error) {
	known := map[key]bool{}
	for _, x := range slices.Concat(c.packs, c.dense, []*part{c.journal}) {
		for _, b := range x.dead {
			if known[b.key] || !keep(b.key.cid()) {
				continue
			}
			known[b.key] = true
			data, err := x.p.content(c.s.disk, b.key, b.at)
			if err != nil {
				return nil, err
			}
			back = append(back, entry{key: b.key, data: bytes.Clone(data), size: len(data)})
		}
	}
	c.removed -= len(back)
	return back, nil
}

// sinceThen tells live blocks from garbage in what was appended to the journal since the view was taken.
func (c *collection) sinceThen(keep func(cid.Cid) bool) (*part, error) {
	all, err := c.s.journal.blocks(c.s.disk)
	if err != nil {
		return nil, err
	}
	c.keep = func(b found) bool { return keep(b.key.cid()) }
	return c.part(c.s.journal.pack, slices.DeleteFunc(all, func(b found) bool { return int64(b.at.off) < c.v.journal.mark.end })), nil
}

// abandon removes the files that were made and that nobody knows of. What cannot be removed now is by the next collection.
func (c *collection) abandon() {
	paths := []string{densePath(c.s.dir, c.next.last)}
	for i := range c.v.packs {
		for _, ext := range []string{".pack", ".idx", ".gone"} {
			paths = append(paths, numbered(c.s.dir, uint64(i+1), c.next.last, ext))
		}
	}
	for _, path := range paths {
		_ = c.s.disk.remove(path)
	}
}
