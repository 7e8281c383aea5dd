package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dhfs/dhfs/cas"
)

// A commit of which the snapshot was thinned out lies up to thousands of transactions behind one that is there. To make its trees means to write nearly
// every leaf anew, where who asks for the past wants a few. So the transactions are put off: what is now and what was are read from the trees of the snapshot with the changes merged into those leaves
// that somebody reads, and two values are compared by the changes of both and what their snapshots differ by. What needs the canonical trees, as a transaction does, has all of them made, and only then is it known that they lead to the
// commit's root. Until then each leaf that is read is checked to have what transactions take away, and not to have what they add.

// late are transactions that were put off. What was read or made of them is given up when others are used: see lates.
type late struct {
	commit Commit
	from   *state
	n      int // transactions
	trees  trees
	short  bool // they are no more than any commit has: whoever wants names has the trees made, so that equal directories have equal digests

	mu      sync.Mutex // held to read them, and to make the trees
	changes atomic.Pointer[lateChanges]
	made    atomic.Pointer[state]
	named   atomic.Pointer[lateNames]
	bytes   atomic.Int64 // that drop gives up, about
}

var errPutOff = fmt.Errorf("transactions were put off: the canonical snapshot is not known")

// settled is the state with all trees made, which is checked to be what its commit says.
func (s *state) settled(ctx context.Context) (*state, error) {
	if s.late == nil {
		return s, nil
	}
	return s.late.settle(ctx)
}

func (l *late) settle(ctx context.Context) (*state, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if made := l.made.Load(); made != nil {
		l.from.env.lates.use(l)
		return made, nil
	}
	steps, err := l.steps(ctx)
	if err != nil {
		return nil, err
	}
	made, err := l.from.replayed(ctx, l.commit, steps)
	if err != nil {
		return nil, err
	}
	l.made.Store(made)
	made.trees.each(func(t *tree) error {
		l.bytes.Add(t.Unstored())
		return nil
	})
	l.from.env.lates.use(l)
	return made, nil
}

// steps are the transactions in the order in which they were made.
func (l *late) steps(ctx context.Context) ([]step, error) {
	if c := l.changes.Load(); c != nil {
		return c.steps, nil
	}
	t := tail{env: l.from.env, from: ahead(ctx, l.from.env, l.commit)}
	for c := l.commit; ; {
		if err := t.step(ctx, c); err != nil {
			return nil, err
		}
		if len(t.steps) == l.n {
			slices.Reverse(t.steps)
			return t.steps, nil
		}
		var err error
		if c, err = ReadCommit(ctx, t.from, c.parent()); err != nil {
			return nil, err
		}
	}
}

// folded are the changes that the transactions amount to.
func (l *late) folded(ctx context.Context) (*lateChanges, error) {
	l.from.env.lates.use(l)
	if c := l.changes.Load(); c != nil {
		return c, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.changes.Load(); c != nil {
		return c, nil
	}
	steps, err := l.steps(ctx)
	if err != nil {
		return nil, err
	}
	schemas, err := l.from.schemasAfter(steps)
	if err != nil {
		return nil, err
	}
	c := lateFold(l.from, steps, schemas)
	l.keep(c)
	return c, nil
}

// keep has changes at hand until the next drop.
func (l *late) keep(c *lateChanges) {
	l.changes.Store(c)
	l.bytes.Add(c.memory())
}

// drop gives up what can be read and made again. Who uses it now is not disturbed.
func (l *late) drop() {
	l.changes.Store(nil)
	l.made.Store(nil)
	l.named.Store(nil)
	l.bytes.Store(0)
	l.trees.each(func(t *tree) error {
		t.Drop()
		return nil
	})
}

// replayed is the state of c, which steps lead to.
func (s *state) replayed(ctx context.Context, c Commit, steps []step) (*state, error) {
	next, err := s.replay(ctx, steps, nil)
	if err != nil {
		err = fmt.Errorf("replay %d transactions before commit %s: %w", len(steps), c.ID, err)
		if errors.Is(err, errNotThere) {
			err = &cas.CorruptError{CID: c.ID, Reason: err.Error()}
		}
		return nil, err
	}
	if next == s {
		next = s.edited()
	}
	next.opened(c)
	if next.root() != c.Root {
		return nil, &cas.CorruptError{CID: c.ID, Reason: fmt.Sprintf("its transactions lead to snapshot %s instead of %s", next.root(), c.Root)}
	}
	return next, nil
}

// opened makes s the state of c.
func (s *state) opened(c Commit) {
	s.commit, s.before, s.t, s.at, s.next = c, nil, c.T, c.At, c.next
}

// putOff is the state of c, which steps lead to, as far as that is known without reading a tree.
func (s *state) putOff(c Commit, steps []step) (*state, error) {
	schemas, err := s.schemasAfter(steps)
	if err != nil {
		return nil, fmt.Errorf("replay %d transactions before commit %s: %w", len(steps), c.ID, err)
	}
	next := s.edited()
	if schema := schemas[len(schemas)-1]; schema != s.schema {
		next.schema, next.ids = schema, identitiesOf(schema)
	}
	next.count(steps)
	next.opened(c)
	changes := lateFold(s, steps, schemas)
	l := &late{commit: c, from: s, n: len(steps)}
	w := lateTrees{late: l, changes: changes}
	next.trees = w.all(s)
	next.late, l.trees = l, next.trees
	l.keep(changes)
	if w.changes.wrong {
		return nil, next.late.wrong("they add what is there, or retract what is not")
	}
	if w.short {
		return nil, next.late.wrong("they retract more than there was")
	}
	s.env.lates.use(l)
	return next, nil
}

// wrong says that the transactions are not such as lead from the state before them.
func (l *late) wrong(reason string) error {
	return &cas.CorruptError{CID: l.commit.ID, Reason: fmt.Sprintf("of its %d transactions since the snapshot that it is opened from: %s", l.n, reason)}
}
