package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Open opens a commit. g must hold everything that the commit reaches. Wrap g
// with Cached to open many commits.
func Open(ctx context.Context, g cas.Getter, commit cid.Cid) (DB, error) {
	e := envOf(g)
	c, err := ReadCommit(ctx, e, commit)
	if err != nil {
		return DB{}, fmt.Errorf("open: %w", err)
	}
	s, err := viewCommit(ctx, e, c)
	if err != nil {
		return DB{}, fmt.Errorf("open: %w", err)
	}
	return DB{s: s}, nil
}

// Check opens a commit with all that it takes to tell whether its transactions lead to its root. The error is a *cas.CorruptError when they do not.
func Check(ctx context.Context, g cas.Getter, commit cid.Cid) (DB, error) {
	db, err := Open(ctx, g, commit)
	if err != nil {
		return db, err
	}
	if db.s, err = db.s.settled(ctx); err != nil {
		return DB{}, fmt.Errorf("open: %w", err)
	}
	return db, nil
}

// viewCommit is openCommit for whoever reads: a tail that is longer than any that was written is put off. What a shorter one leads to is looked at, but
// not where commits have their nodes: there a tail was sent from elsewhere by who has looked at that, and to do it again takes many requests.
func viewCommit(ctx context.Context, e *env, c Commit) (*state, error) {
	t := tail{env: e}
	s, err := t.view(ctx, c)
	if err == nil && s.late != nil && s.late.short && !e.carries {
		_, err = s.settled(ctx)
	}
	return s, err
}

// view is the state of c, of which the tail is put off.
func (t *tail) view(ctx context.Context, c Commit) (*state, error) {
	if c.foreign {
		return t.env.openForeign(ctx, c)
	}
	if t.from = t.env; !t.beside.has(c) {
		t.from = ahead(ctx, t.env, c)
	}
	if err := t.read(ctx, c); err != nil {
		return nil, err
	}
	if len(t.steps) == 0 {
		return t.replayed(ctx, c)
	}
	s, err := t.start.putOff(c, t.steps)
	if err != nil {
		return nil, err
	}
	t.tell(s)
	s.late.short = len(t.steps) <= maxTail
	return s, nil
}

// openCommit takes the base of c and replays the transactions since, which must
// lead to c's root. Where the base was thinned out it goes back to an older one. It starts from known instead where that comes upon the way;
// known may be nil.
func openCommit(ctx context.Context, e *env, c Commit, known *state) (*state, error) {
	if c.foreign {
		return e.openForeign(ctx, c)
	}
	t := tail{env: e, from: e, known: known}
	if known == nil {
		t.from = ahead(ctx, e, c)
	}
	if err := t.read(ctx, c); err != nil {
		return nil, err
	}
	return t.replayed(ctx, c)
}

// tail is what lies between a commit and what it is opened from.
type tail struct {
	env    *env
	from   cas.Getter // the same, with what was read ahead
	known  *state
	beside *tail // that of another commit, which may have some of the same transactions; nil where there is none

	start   *state
	steps   []step   // the first one first
	made    []madeBy // who made them
	size    int      // of their blocks
	thinned bool     // the commit's own base is not there
}

// replayed is the state of c, to which the tail leads.
func (t *tail) replayed(ctx context.Context, c Commit) (*state, error) {
	s, err := t.start.replayed(ctx, c, t.steps)
	if err == nil {
		t.tell(s)
	}
	return s, err
}

// tell notes in the state how much lies between it and what is stored.
func (t *tail) tell(s *state) {
	s.tail.bytes += t.size
	s.tail.thinned = s.tail.thinned || t.thinned
}

// read goes back from c, from base to base, until there is one.
func (t *tail) read(ctx context.Context, c Commit) error {
	defer func() {
		slices.Reverse(t.steps)
		slices.Reverse(t.made)
	}()
	for {
		base, read, err := t.readToBase(ctx, c)
		if err != nil || t.start != nil {
			return err
		}
		t.start, err = readSnapshot(context.WithValue(ctx, unhealed{}, true), t.env, t.from, c.Base)
		if err == nil {
			t.start.hold = t.env.heal.holding(c)
			return nil
		}
		if !errors.Is(err, cas.ErrNotFound) {
			return err
		}
		missing := err
		if !read {
			if base, err = ReadCommit(ctx, t.env, base.parent()); err != nil {
				return err
			}
		}
		if base.T == 0 || base.Purged > 0 || base.Base != c.Base || base.Tail != 0 {
			return missing
		}
		t.thinned = true
		if err := t.step(ctx, base); err != nil {
			return err
		}
		if c, err = ReadCommit(ctx, t.env, base.parent()); err != nil {
			return err
		}
	}
}

// readToBase takes the transactions of c back to its base or to what is known. It returns the commit of the base, or the one after it where
// reading that was not necessary.
func (t *tail) readToBase(ctx context.Context, c Commit) (_ Commit, read bool, err error) {
	base := c.Base
	for left := c.Tail; ; left-- {
		if t.known != nil && t.known.commit.ID == c.ID {
			t.start = t.known
			return c, true, nil
		}
		if left == 0 {
			return c, true, nil
		}
		if c.Base != base || c.Tail != left {
			return c, true, &cas.CorruptError{CID: c.ID, Reason: "its base or tail is not that of the commits after it"}
		}
		if t.join(c) {
			return c, true, nil
		}
		if err := t.step(ctx, c); err != nil {
			return c, true, err
		}
		if left == 1 && t.known == nil {
			return c, false, nil
		}
		if c, err = ReadCommit(ctx, t.from, c.parent()); err != nil {
			return c, true, err
		}
	}
}

// step takes the transaction of c.
func (t *tail) step(ctx context.Context, c Commit) error {
	tx, n, err := readTx(ctx, t.from, c)
	if err != nil {
		return err
	}
	t.add(step{c.T, c.At, tx.Datoms}, madeBy{c.ID, n})
	return nil
}

func (t *tail) add(s step, by madeBy) {
	t.size += by.size
	t.steps, t.made = append(t.steps, s), append(t.made, by)
}
