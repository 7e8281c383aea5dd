package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// syncAttempts is how often a Sync begins anew when refs move or garbage is removed while it runs.
const syncAttempts = 4

// SyncOptions say what Sync is about.
type SyncOptions struct {
	Refs     []string   // as heads/main, or main for a branch or else a tag of that name, or main:theirs to be called otherwise in the target; none: all
	Force    bool       // moves refs of the target that the source has elsewhere, whatever is only there
	Prune    bool       // removes refs of the target that the source does not have
	DryRun   bool       // writes nothing; reads all that would travel, to count it
	Progress func(Sent) // may be nil
}

// Sent is what travelled.
type Sent struct {
	Blocks       int
	Bytes        int64 // of these blocks
	Transactions int   // that were done again, in the target or on the way there, and led to their roots: of the nodes that they made, none or few travelled
}

// Synced is what a Sync has done.
type Synced struct {
	Sent
	Refs []SyncedRef // by name
}

// Sync gives dst what the refs of src lead to, and then moves its refs there, each by compare-and-swap and none before all that it leads to is
// stored. Where both have a commit in common the transactions since are sent and done again, and must lead to the same roots, in dst or, where dst is far and computes nothing, here; else blocks are copied, but none that dst has.
//
// It can be interrupted at any point; the next one goes on from there. Refs that went different ways stay as they are: then all others are moved
// and the error is a *DivergedError. The error wraps cas.ErrNotFound when there is no such ref, and cas.ErrConflict when others were faster too often.
func Sync(ctx context.Context, dst, src cas.RefStore, o SyncOptions) (Synced, error) {
	for attempt := 1; ; attempt++ {
		y := syncing{dst: cas.Begin(dst), src: src, o: o}
		if o.DryRun {
			y.dst = &trial{RefStore: y.dst, put: map[cid.Cid]bool{}}
		}
		done, err := y.run(ctx)
		var diverged *DivergedError
		if err == nil || attempt == syncAttempts || errors.As(err, &diverged) || !errors.Is(err, cas.ErrConflict) {
			return done, err
		}
	}
}

// syncing is one attempt.
type syncing struct {
	dst, src cas.RefStore
	o        SyncOptions
	refs     []SyncedRef
	absent   cas.Absent // what the source does not have, on purpose
	lacking  bool       // the target does not have everything either
	since    []cas.Block
	rest     []cas.Block // to be stored with the move of the ref; only when it is the one that moves
	sent     Sent
}

func (y *syncing) run(ctx context.Context) (Synced, error) {
	err := y.plan(ctx)
	if err == nil {
		err = y.transfer(ctx)
	}
	if err == nil {
		err = y.publish(ctx)
	}
	if err != nil {
		return Synced{Sent: y.sent}, fmt.Errorf("sync: %w", err)
	}
	return Synced{y.sent, y.refs}, diverged(y.refs)
}

// plan decides about each ref.
func (y *syncing) plan(ctx context.Context) error {
	from, err := y.src.Refs(ctx)
	if err != nil {
		return fmt.Errorf("refs of the source: %w", err)
	}
	to, err := y.dst.Refs(ctx)
	if err != nil {
		return fmt.Errorf("refs of the target: %w", err)
	}
	if y.refs, err = paired(from, to, y.o.Refs); err != nil {
		return err
	}
	isAbsent := func(r cas.Ref) bool { return r.Name == cas.AbsentRef }
	y.lacking = slices.ContainsFunc(to, isAbsent)
	if slices.ContainsFunc(from, isAbsent) {
		if y.absent, err = cas.ReadAbsent(ctx, y.src); err != nil {
			return fmt.Errorf("source: %w", err)
		}
	}
	if err := y.ask(ctx, to); err != nil {
		return err
	}
	near, far := cas.Getter(y.dst), cas.Getter(y.src)
	if cas.IsFar(y.dst) {
		near, far = far, near
	}
	history := cas.NewOverlay(either{near, far, y.absent}, y.since)
	for i := range y.refs {
		r := &y.refs[i]
		if err := y.decide(ctx, history, r); err != nil {
			return fmt.Errorf("ref %s: %w", r.Name, err)
		}
	}
	return nil
}

// ask gets the transactions that the source has and the target has not, if there is a short way.
func (y *syncing) ask(ctx context.Context, to []cas.Ref) error {
	var heads []cid.Cid
	for _, r := range y.refs {
		if r.Source.Defined() && r.Source != r.Target && !slices.Contains(heads, r.Source) {
			heads = append(heads, r.Source)
		}
	}
	haves, err := y.haves(ctx, to)
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	if len(heads) == 0 || len(haves) == 0 {
		return nil
	}
	if d, ok := cas.As[cas.Differ](y.src); ok {
		y.since, err = d.Since(ctx, heads, haves)
	}
	if _, ok := cas.As[cas.Differ](y.src); !ok || errors.Is(err, cas.ErrUnsupported) {
		y.since, err = Since(ctx, y.src, heads, haves)
	}
	if errors.Is(err, cas.ErrUnsupported) || errors.Is(err, cas.ErrNotFound) { // nodes can be copied, or tell better what is missing
		y.since, err = nil, nil
	}
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	return nil
}

// maxHaves is how many commits of the target are named to the source.
const maxHaves = 256

// haves are the commits that refs of the target point at, and older ones at growing distances, in case the target has more than the source.
func (y *syncing) haves(ctx context.Context, refs []cas.Ref) ([]cid.Cid, error) {
	var haves, lines []cid.Cid
	seen := map[cid.Cid]bool{}
	for _, r := range refs {
		if r.Name != cas.AbsentRef && !seen[r.CID] {
			seen[r.CID] = true
			haves, lines = append(haves, r.CID), append(lines, r.CID)
		}
	}
	if slices.ContainsFunc(y.refs, func(r SyncedRef) bool { return r.Target.Defined() && !seen[r.Source] && r.Source != r.Target }) {
		if !cas.IsFar(y.dst) {
			return y.olderHaves(ctx, haves, lines, seen)
		}
	}
	return haves[:min(len(haves), maxHaves)], nil
}

// olderHaves adds to haves where the jumps of commits lead to.
func (y *syncing) olderHaves(ctx context.Context, haves, lines []cid.Cid, seen map[cid.Cid]bool) ([]cid.Cid, error) {
	for len(lines) > 0 && len(haves) < maxHaves {
		var next []cid.Cid
		for _, id := range lines {
			c, err := ReadCommit(ctx, y.dst, id)
			if errors.Is(err, errNoCommit) || errors.Is(err, cas.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			for _, id := range []cid.Cid{c.parent(), c.jump} {
				if id.Defined() && !seen[id] {
					seen[id] = true
					haves = append(haves, id)
					if id == c.jump {
						next = append(next, id)
					}
				}
			}
		}
		lines = next
	}
	return haves[:min(len(haves), maxHaves)], nil
}

// transfer stores what the refs that move lead to.
func (y *syncing) transfer(ctx context.Context) error {
	var heads []cid.Cid
	for _, r := range y.refs {
		if r.moves() && !slices.Contains(heads, r.Source) {
			heads = append(heads, r.Source)
		}
	}
	if len(heads) == 0 {
		return nil
	}
	if err := y.writeAbsent(ctx); err != nil {
		return err
	}
	if done, err := y.replay(ctx, heads); done || err != nil {
		return err
	}
	before := y.sent
	done, err := cas.CopyAll(ctx, y.dst, y.src, heads, y.absent, func(c cas.Copied) { y.tell(before, c, 0) })
	y.tell(before, done, 0)
	return err
}

func (y *syncing) tell(before Sent, more cas.Copied, transactions int) {
	y.sent = Sent{before.Blocks + more.Blocks, before.Bytes + more.Bytes, before.Transactions + transactions}
	if y.o.Progress != nil {
		y.o.Progress(y.sent)
	}
}

// replay does the transactions again that the source has sent. It tells whether all heads are there then.
func (y *syncing) replay(ctx context.Context, heads []cid.Cid) (bool, error) {
	if len(y.since) == 0 {
		return false, nil
	}
	have := map[cid.Cid]bool{}
	var size cas.Copied
	for _, b := range y.since {
		have[b.CID()] = true
		size.Blocks, size.Bytes = size.Blocks+1, size.Bytes+int64(len(b.Data()))
	}
	for _, id := range heads {
		if have[id] {
			continue
		}
		if ok, err := y.dst.Has(ctx, id); err != nil || !ok {
			return false, err
		}
	}
	before := y.sent
	tell := func(transactions int) { y.tell(before, size, transactions) }
	err := y.receive(ctx, heads, tell)
	if errors.Is(err, cas.ErrUnsupported) && cas.IsFar(beneath(y.dst)) {
		y.sent = before
		err = y.push(ctx, heads)
	}
	if errors.Is(err, cas.ErrUnsupported) {
		y.sent = before
		return false, nil
	}
	return err == nil, err
}

// receive does transactions again at the target: by itself, or by its trees where they are near.
func (y *syncing) receive(ctx context.Context, heads []cid.Cid, tell func(int)) error {
	far, ok := cas.As[cas.Replayer](beneath(y.dst))
	if !ok && cas.IsFar(beneath(y.dst)) {
		return errNoSince
	}
	if t, ok := y.dst.(*trial); ok {
		return t.count(y.since, heads, tell)
	}
	if ok {
		err := far.Replay(ctx, y.since, heads)
		if err == nil {
			tell(countCommits(y.since))
		}
		return err
	}
	tell(0)
	return Receive(ctx, y.dst, y.src, y.since, heads, tell)
}

func countCommits(blocks []cas.Block) (n int) {
	for _, b := range blocks {
		if _, err := parseCommit(b); err == nil {
			n++
		}
	}
	return n
}

// writeAbsent has the target know what may be missing there, before it has what links to that.
func (y *syncing) writeAbsent(ctx context.Context) error {
	if len(y.absent) == 0 {
		return nil
	}
	known, err := cas.ReadAbsent(ctx, y.dst)
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	all := maps.Clone(y.absent)
	maps.Copy(all, known)
	if len(all) == len(known) {
		return nil
	}
	return cas.WriteAbsent(ctx, y.dst, all)
}

// publish moves the refs.
func (y *syncing) publish(ctx context.Context) error {
	if slices.ContainsFunc(y.refs, SyncedRef.moves) {
		if err := y.writeAbsent(ctx); err != nil { // again, should a gc have run that found nothing to link there
			return err
		}
	}
	for _, r := range y.refs {
		if !r.moves() && r.Outcome != RefRemoved {
			continue
		}
		if err := y.move(ctx, r); err != nil {
			return fmt.Errorf("ref %s of the target: %w", r.Name, err)
		}
	}
	return nil
}

// move moves a ref, in one step with storing the last of what it leads to.
func (y *syncing) move(ctx context.Context, r SyncedRef) error {
	if len(y.rest) == 0 || !r.moves() {
		return y.dst.SetRef(ctx, r.Name, r.Target, r.Source)
	}
	return cas.Commit(ctx, y.dst, y.rest, r.Name, r.Target, r.Source)
}

// either reads from the second store what the first has not.
type either struct {
	first, second cas.Getter
	absent        cas.Absent // of the source
}

// Get implements cas.Getter.
func (e either) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	b, err := e.first.Get(ctx, id)
	if errors.Is(err, cas.ErrNotFound) {
		b, err = e.second.Get(ctx, id)
	}
	if errors.Is(err, cas.ErrNotFound) && e.absent.Has(id) {
		err = fmt.Errorf("block %s: %w", id, ErrPruned)
	}
	return b, err
}
