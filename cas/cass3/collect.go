package cass3

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// A pack never changes, so a Collect copies what is live in packs with garbage into new ones and removes the old ones. Nobody is locked out. In turn:
//
//  1. It asks mark and writes the new packs, while others write; once more if that took long, since all that is new is for step 3 to read.
//  2. It says in the object dhfs that the next epoch comes, and moves all refs to it, without changing what they point at. A transaction
//     that began before finds its ref replaced and is told of a conflict; one that wants to begin waits for step 4.
//  3. It asks mark again, since refs may have been moved after step 1, and copies what has come to be live.
//  4. It says there which packs are garbage. From here on no transaction counts on them; until here nothing has changed for anybody.
//  5. It removes them.
//
// All that it says is put on the condition that nobody else has said anything meanwhile. Who waits for a collector that has ended takes step 2 back.

// collectTries is how often a Collect begins anew when it was overtaken.
const collectTries = 4

// Step 1 is done again, a bounded number of times, when it took longer than that: others wait in step 3 for what was written meanwhile.
const (
	catchUpAfter = time.Second
	catchUps     = 4
)

// Collect implements cas.Collector. Packs of which at least half is live stay, with their garbage hidden, unless it is thorough. mark is asked twice.
func (s *Store) Collect(ctx context.Context, thorough bool, mark cas.Mark) (done cas.Collected, err error) {
	s.removing.RLock()
	defer s.removing.RUnlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	err = s.usable(ctx)
	if err == nil {
		err = s.probe(ctx)
	}
	for try := 1; err == nil; try++ {
		var once cas.Collected
		var stray bool
		once, stray, err = s.collectOnce(ctx, thorough, mark)
		done.Blocks, done.Bytes = done.Blocks+once.Blocks, done.Bytes+once.Bytes
		switch {
		case err == nil && (!stray || try == collectTries):
			return done, nil
		case errors.Is(err, errOvertaken) && try < collectTries:
			err = nil
		}
	}
	return done, fmt.Errorf("collect garbage in %s: %w", s.address, err)
}

// Forget implements cas.Forgetter.
func (s *Store) Forget(ctx context.Context, ids []cid.Cid) error {
	gone := make(map[cid.Cid]bool, len(ids))
	for _, id := range ids {
		gone[id] = true
	}
	_, err := s.Collect(ctx, true, func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
		return func(id cid.Cid) bool { return !gone[id] }, nil
	})
	if err != nil {
		return fmt.Errorf("forget damaged blocks: %w", err)
	}
	return nil
}

// collectOnce also tells whether what it has removed is there again: in a pack of a writer that was under way, took older packs in, and has come too late for
// its ref.
func (s *Store) collectOnce(ctx context.Context, thorough bool, mark cas.Mark) (done cas.Collected, stray bool, err error) {
	g, err := s.settle(ctx)
	if err != nil {
		return done, false, err
	}
	if g.phase == gcRemoving { // of a collector that has not come to its end
		if err := s.removePacks(ctx, g.doomed); err != nil {
			return done, false, err
		}
	}
	c := collection{s: s, thorough: thorough, entries: map[packID][]byte{}, copied: map[packID]bool{}}
	refs, err := c.copyBeside(ctx, mark)
	if err != nil {
		return done, false, err
	}
	if c.nothing() {
		s.leaveGrown(ctx, refs)
		return done, false, nil
	}
	fencing := g.next(g.settled()+1, gcFencing, nil)
	if err := s.publish(ctx, fencing); err != nil {
		s.giveUp(ctx, fencing)
		return done, false, err
	}
	removing, err := c.decide(ctx, mark, fencing)
	if err != nil || removing == nil {
		s.giveUp(ctx, fencing)
		return done, false, err
	}
	s.adopt(removing)
	c.teach()
	done = cas.Collected{Blocks: len(c.garbage), Bytes: c.freed()}
	if err := s.removePacks(ctx, removing.doomed); err != nil {
		return done, false, err
	}
	if g.roll.epoch > 0 {
		_ = s.client.remove(ctx, g.roll.key()) // nobody reads it but who then finds the next one
	}
	// If this fails the next Collect removes them once more.
	_ = s.publish(ctx, removing.next(removing.epoch, gcIdle, nil))
	stray, err = c.stray(ctx)
	return done, stray, err
}

// copyBeside is step 1.
func (c *collection) copyBeside(ctx context.Context, mark cas.Mark) (refs []cas.Ref, err error) {
	for try := 0; ; try++ {
		start := time.Now()
		if refs, err = c.s.Refs(ctx); err != nil {
			return nil, err
		}
		for _, r := range refs {
			c.s.expect(c.s.seen(r.Name))
		}
		if err := c.ask(ctx, mark, refs); err != nil || c.nothing() {
			return refs, err
		}
		if try == catchUps || time.Since(start) < catchUpAfter {
			return refs, nil
		}
	}
}

// decide is steps 2 to 4; there is nothing to remove when it returns nil.
func (c *collection) decide(ctx context.Context, mark cas.Mark, fencing *gcState) (*gcState, error) {
	refs, err := c.fence(ctx, fencing.epoch)
	if err != nil {
		return nil, err
	}
	if err := c.ask(ctx, mark, refs); err != nil || c.nothing() {
		return nil, err
	}
	removing := fencing.next(fencing.epoch, gcRemoving, c.doomed)
	removing.hidden = hiddenIn(c.hidden)
	removing.roll = roll{fencing.epoch, newPackID()}
	if _, err := c.s.client.put(ctx, removing.roll.key(), encodeRoll(c.packs, c.doomed), condition{}); err != nil {
		return nil, fmt.Errorf("roll of packs: %w", err)
	}
	err = c.s.publish(ctx, removing)
	if errors.Is(err, errOvertaken) {
		_ = c.s.client.remove(ctx, removing.roll.key())
	}
	return removing, err
}

// stray looks whether any pack has what was garbage.
func (c *collection) stray(ctx context.Context) (bool, error) {
	if err := c.survey(ctx); err != nil {
		return false, err
	}
	for _, p := range c.packs {
		for items := c.entries[p.id]; len(items) >= entrySize; items = items[entrySize:] {
			if c.garbage[name(items)] && !c.s.hides(placeOf(p.id, items)) {
				return true, nil
			}
		}
	}
	return false, nil
}

// giveUp lets others go on at once that wait for a collector. Where that fails, they wait a while longer.
func (s *Store) giveUp(ctx context.Context, fencing *gcState) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(s.client.patience, 5*time.Second))
	defer cancel()
	if now, err := s.readGC(ctx); err == nil && now.token == fencing.token {
		_ = s.publish(ctx, now.next(now.epoch, gcIdle, nil))
	}
}

// ask has mark tell what is garbage, and writes what else is live in packs that have any.
func (c *collection) ask(ctx context.Context, mark cas.Mark, refs []cas.Ref) error {
	pins, err := c.s.livePins(ctx)
	if err != nil {
		return err
	}
	keep, err := mark(ctx, refs, pins)
	if err != nil {
		return err
	}
	if err := c.survey(ctx); err != nil {
		return err
	}
	need, err := c.choose(keep)
	if err != nil || c.nothing() {
		return err
	}
	return c.copy(ctx, need)
}

// nothing tells that there is nothing to remove.
func (c *collection) nothing() bool { return len(c.garbage) == 0 && !c.buried }

func (s *Store) removePacks(ctx context.Context, ids []packID) error {
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, id := range ids {
		g.Go(func() error { return s.client.remove(inner, id.key()) })
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("remove garbage: %w", err)
	}
	return nil
}
