package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Transactions store a snapshot each time that there is much to replay. As long as these are the newest, that is well; of old ones a few are enough, since
// every commit can also be opened from an older one. Tidy thins them out.

// A commit is replayed from a snapshot at most so many datoms older, or a share of all that its database has, and those since
// the snapshot after which it was thinned out.
const (
	thinDatoms = 2_048
	thinShare  = 20 // one in
)

// Tidy makes the storage smaller and keeps every commit: of the snapshots that commits are opened from, old ones that are not far from another are
// removed. What nothing leads to is left for GC. The error wraps cas.ErrUnsupported where the store cannot forget.
//
// Transact begins it when it is worth while, and does not wait for it. Values that are open stay so, in all processes; nothing that is pinned is touched.
func Tidy(ctx context.Context, s cas.RefStore) (cas.Collected, error) {
	end, err := waitSole(ctx, s)
	if err != nil {
		return cas.Collected{}, fmt.Errorf("tidy: %w", err)
	}
	defer end()
	return tidy(ctx, s)
}

func tidy(ctx context.Context, s cas.RefStore) (cas.Collected, error) {
	c, ok := cas.As[cas.Collector](s)
	if !ok {
		return cas.Collected{}, fmt.Errorf("tidy: this kind of store cannot forget blocks: %w", cas.ErrUnsupported)
	}
	t := thinning{store: s, commits: map[cid.Cid]Commit{}, size: map[cid.Cid]int{}, held: map[cid.Cid]bool{}, keep: map[cid.Cid]bool{}, live: map[cid.Cid]struct{}{}, dead: map[cid.Cid]struct{}{}}
	done, err := t.run(ctx, c)
	if err != nil {
		return done, fmt.Errorf("tidy: %w", err)
	}
	return done, nil
}

// thinning decides which snapshots go.
type thinning struct {
	store        cas.RefStore
	absent       cas.Absent
	gone         cas.Absent // of absent, what is not there; nil: not known
	commits      map[cid.Cid]Commit
	commitsAhead *lookahead      // of a store that is asked for many at once
	size         map[cid.Cid]int // datoms in the databases of commits

	held map[cid.Cid]bool     // pins of which all snapshots are live
	keep map[cid.Cid]bool     // snapshots, false for those that go
	live map[cid.Cid]struct{} // nodes of those that stay
	dead map[cid.Cid]struct{} // nodes of the others only
}

func (t *thinning) run(ctx context.Context, c cas.Collector) (done cas.Collected, err error) {
	if t.absent, err = cas.ReadAbsent(ctx, t.store); err != nil {
		return done, err
	}
	before, err := t.store.Ref(ctx, cas.AbsentRef)
	if err != nil && !errors.Is(err, cas.ErrNotFound) {
		return done, err
	}
	refs, err := t.store.Refs(ctx)
	if err != nil {
		return done, err
	}
	heads, err := t.read(ctx, refs)
	if err != nil {
		return done, err
	}
	if err := t.decide(ctx, heads); err != nil {
		return done, err
	}
	if err := t.note(ctx); err != nil {
		return done, err
	}
	if now, err := t.store.Ref(ctx, cas.AbsentRef); err == nil && now != before && before.Defined() {
		t.dead[before] = struct{}{}
	}
	return c.Collect(ctx, false, func(ctx context.Context, refs []cas.Ref, pins []cid.Cid) (func(cid.Cid) bool, error) {
		if err := t.again(ctx, refs, pins); err != nil {
			return nil, err
		}
		return func(id cid.Cid) bool { _, dead := t.dead[id]; return !dead }, nil
	})
}

// read takes in all commits that refs reach; what they point at.
func (t *thinning) read(ctx context.Context, refs []cas.Ref) (heads []cid.Cid, err error) {
	for _, r := range refs {
		if r.Name == cas.AbsentRef {
			continue
		}
		head, err := t.commit(ctx, r.CID)
		if errors.Is(err, errNoCommit) {
			if err := t.walk(ctx, []cid.Cid{r.CID}, t.live); err != nil {
				return nil, err
			}
			continue
		}
		if err == nil {
			err = t.history(ctx, head)
		}
		if err != nil {
			return nil, fmt.Errorf("ref %s: %w", r.Name, err)
		}
		heads = append(heads, r.CID)
	}
	return heads, nil
}

func (t *thinning) commit(ctx context.Context, id cid.Cid) (Commit, error) {
	if c, ok := t.commits[id]; ok {
		return c, nil
	}
	return ReadCommit(ctx, t.store, id)
}

// history takes in c and what it reaches, as far as that is there.
func (t *thinning) history(ctx context.Context, c Commit) error {
	from, err := t.ahead(ctx, c)
	if err != nil {
		return err
	}
	for todo := []Commit{c}; len(todo) > 0; {
		c := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if _, known := t.commits[c.ID]; known {
			continue
		}
		t.commits[c.ID] = c
		for _, id := range c.Parents {
			if _, known := t.commits[id]; known {
				continue
			}
			p, err := ReadCommit(ctx, from, id)
			if t.absent.Has(id) && errors.Is(err, cas.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			todo = append(todo, p)
		}
	}
	return nil
}

// ahead reads the commits that c comes from in few requests, where one after the other would take a while.
func (t *thinning) ahead(ctx context.Context, c Commit) (cas.Getter, error) {
	b := batcherOf(t.store)
	if b == nil {
		return t.store, nil
	}
	if t.commitsAhead == nil {
		t.commitsAhead = &lookahead{Getter: t.store, batch: b, got: map[cid.Cid]cas.Block{}}
	}
	return t.commitsAhead, t.commitsAhead.read(ctx, []cid.Cid{c.ID}, nil)
}

// decide finds the snapshots that stay, and which nodes only the others have. It depends on the past of each commit alone, but for what refs point at.
func (t *thinning) decide(ctx context.Context, heads []cid.Cid) error {
	for _, id := range heads {
		t.keep[t.commits[id].Base] = true
	}
	cost := map[cid.Cid]int{} // datoms to replay
	for _, c := range slices.SortedFunc(maps.Values(t.commits), func(a, b Commit) int { return cmp.Compare(a.T, b.T) }) {
		var before cid.Cid
		if len(c.Parents) > 0 {
			before = c.Parents[0]
		}
		t.size[c.ID] = max(0, t.size[before]+c.Added-c.Retracted-c.Purged)
		cost[c.ID] = cost[before] + c.Added + c.Retracted
		if c.Tail > 0 {
			continue
		}
		_, whole := t.commits[before]
		switch {
		case !whole, c.Purged > 0, t.keep[c.Base], cost[c.ID] > max(thinDatoms, t.size[c.ID]/thinShare):
			t.keep[c.Base], cost[c.ID] = true, 0
		case !t.keep[c.Base]:
			t.keep[c.Base] = false
		}
	}
	var stay, leave []cid.Cid
	for base, keep := range t.keep {
		if keep {
			stay = append(stay, base)
		} else {
			leave = append(leave, base)
		}
	}
	if err := t.walk(ctx, stay, t.live); err != nil {
		return err
	}
	return t.walk(ctx, leave, t.dead)
}

// walk adds the nodes of snapshots to a set. Values out of line are of transactions too, and stay.
func (t *thinning) walk(ctx context.Context, roots []cid.Cid, into map[cid.Cid]struct{}) error {
	if err := t.lookForAbsent(ctx); err != nil {
		return err
	}
	skip := func(id cid.Cid) bool {
		_, known := into[id]
		_, live := t.live[id]
		_, gone := t.gone[id]
		return known || live || gone || id.Type() != cas.DagCBOR
	}
	for b, err := range cas.Walk(ctx, t.store, roots, skip) {
		if err != nil {
			return err
		}
		into[b.CID()] = struct{}{}
	}
	return nil
}

// lookForAbsent finds which of the blocks that may be missing are, all at once.
func (t *thinning) lookForAbsent(ctx context.Context) error {
	if t.gone != nil {
		return nil
	}
	ids := slices.Collect(maps.Keys(t.absent))
	there, err := cas.HasMany(ctx, t.store, ids)
	if err != nil {
		return err
	}
	t.gone = cas.Absent{}
	for i, id := range ids {
		if !there[i] {
			t.gone[id] = struct{}{}
		}
	}
	return nil
}

// note adds the snapshots that go to the list of what is missing on purpose.
func (t *thinning) note(ctx context.Context) error {
	noted := cas.Absent{}
	maps.Copy(noted, t.absent)
	for base, keep := range t.keep {
		if _, there := t.live[base]; keep && there {
			delete(noted, base)
		} else if !keep {
			noted[base] = struct{}{}
		}
	}
	return cas.WriteAbsent(ctx, t.store, noted)
}

// again takes in what was written meanwhile, and what is pinned.
func (t *thinning) again(ctx context.Context, refs []cas.Ref, pins []cid.Cid) error {
	known := maps.Clone(t.commits)
	t.gone = nil // others may have stored such blocks again
	heads, err := t.read(ctx, refs)
	if err != nil {
		return err
	}
	for _, id := range heads {
		if err := t.stays(ctx, t.commits[id].Base); err != nil {
			return err
		}
	}
	for id, c := range t.commits {
		if _, old := known[id]; !old {
			if err := t.stays(ctx, c.Base); err != nil {
				return err
			}
		}
	}
	for _, id := range pins {
		if t.held[id] {
			continue
		}
		if err := t.pin(ctx, id); err != nil {
			return err
		}
		t.held[id] = true
	}
	for id := range t.live {
		delete(t.dead, id)
	}
	return nil
}

// pin keeps all snapshots that a pin reaches.
func (t *thinning) pin(ctx context.Context, id cid.Cid) error {
	c, err := t.commit(ctx, id)
	if errors.Is(err, errNoCommit) {
		return t.walk(ctx, []cid.Cid{id}, t.live)
	}
	if err != nil {
		return err
	}
	own := thinning{store: t.store, absent: t.absent, commits: map[cid.Cid]Commit{}, commitsAhead: t.commitsAhead}
	if err := own.history(ctx, c); err != nil {
		return err
	}
	for _, c := range own.commits {
		if err := t.stays(ctx, c.Base); err != nil {
			return err
		}
	}
	return nil
}

// stays makes a snapshot live, whatever was decided before.
func (t *thinning) stays(ctx context.Context, base cid.Cid) error {
	if _, live := t.live[base]; live {
		return nil
	}
	return t.walk(ctx, []cid.Cid{base}, t.live)
}
