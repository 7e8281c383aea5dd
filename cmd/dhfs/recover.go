package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// recoverJournal writes a damaged journal anew, with the refs where r says.
func (a *app) recoverJournal(ctx context.Context, p place, r repairing) error {
	path, ok := fileDir(p.url)
	if !ok {
		return usageError{fmt.Sprintf("%s has no journal that could be recovered: only file stores have", shown(p.url))}
	}
	var from store
	if r.refsFrom != "" {
		var err error
		if from, err = openStore(ctx, parsePlace(r.refsFrom).url); err != nil {
			return fmt.Errorf("--refs-from: %w", err)
		}
		defer from.Close()
	}
	aside, err := casfile.Recover(ctx, path, func(l casfile.Loss) ([]cas.Ref, error) {
		decided, err := a.decideRefs(ctx, p, from, l, r)
		if err != nil {
			return nil, err
		}
		if err := a.tellLoss(l, decided); err != nil {
			return nil, err
		}
		if r.dryRun {
			return nil, status(exitCorrupt)
		}
		return checkDecided(p, decided, l, r)
	})
	if err != nil {
		return err
	}
	a.say("the journal was written anew; what it was is %s", aside)
	return nil
}

// decided is where a ref is to point, and why.
type decidedRef struct {
	casfile.LossyRef
	next    cid.Cid // undefined where nobody decides
	outcome string
	err     error
}

// decideRefs finds for each ref where it is to point.
func (a *app) decideRefs(ctx context.Context, p place, from store, l casfile.Loss, r repairing) ([]decidedRef, error) {
	var here store // reads what is whole, where the head of the journal is
	if s, err := openStore(ctx, p.url); err == nil {
		here = s
		defer s.Close()
	}
	var all []decidedRef
	for _, ref := range l.Refs {
		d := decidedRef{LossyRef: ref, next: ref.CID}
		switch {
		case ref.Sure:
			d.outcome = "sure"
		case ref.Name == cas.AbsentRef: // too short a list costs nothing: what it lacks is fetched or told
			d.outcome = "may be older than it was; stays"
		default:
			if err := d.ask(ctx, here, from, r); err != nil {
				return nil, err
			}
		}
		all = append(all, d)
	}
	if from == nil || !l.RefsLost {
		return all, nil
	}
	others, err := from.Refs(ctx)
	if err != nil {
		return nil, fmt.Errorf("--refs-from: %w", err)
	}
	known := map[string]bool{cas.AbsentRef: true}
	for _, d := range all {
		known[d.Name] = true
	}
	for _, o := range others {
		if !known[o.Name] {
			all = append(all, decidedRef{LossyRef: casfile.LossyRef{Ref: cas.Ref{Name: o.Name}}, next: o.CID, outcome: "not here, or lost; taken from " + r.refsFrom})
		}
	}
	return all, nil
}

// ask decides a ref that may be older than it was.
func (d *decidedRef) ask(ctx context.Context, here, from store, r repairing) error {
	d.outcome = "may be older than it was"
	var theirs cid.Cid
	if from != nil {
		var err error
		if theirs, err = from.Ref(ctx, d.Name); err != nil && !errors.Is(err, cas.ErrNotFound) {
			return fmt.Errorf("--refs-from: %w", err)
		}
	}
	switch {
	case theirs == d.CID && theirs.Defined():
		d.outcome = "the same in " + r.refsFrom
		return nil
	case theirs.Defined():
		return d.compare(ctx, here, from, theirs, r)
	case r.asFound:
		d.outcome += "; stays, as --refs-as-found says"
	default:
		d.next = cid.Undef
		if from != nil {
			d.outcome += ", and " + r.refsFrom + " does not have it"
		}
	}
	return nil
}

// compare takes the newer of two commits that a ref may point at, if one comes from the other.
func (d *decidedRef) compare(ctx context.Context, here, from store, theirs cid.Cid, r repairing) error {
	both := either{from, here}
	a, err := engine.ReadCommit(ctx, both, d.CID)
	if err != nil {
		return fmt.Errorf("%s: %w", d.Name, err)
	}
	b, err := engine.ReadCommit(ctx, both, theirs)
	if err != nil {
		return fmt.Errorf("--refs-from: %s: %w", d.Name, err)
	}
	base, err := engine.MergeBase(ctx, both, a, b)
	switch {
	case err == nil && base.ID == a.ID:
		d.next, d.outcome = theirs, fmt.Sprintf("was older: t %d; t %d taken from %s", a.T, b.T, r.refsFrom)
	case err == nil && base.ID == b.ID:
		d.outcome = fmt.Sprintf("t %d, newer than t %d of %s; stays", a.T, b.T, r.refsFrom)
	case err == nil || errors.Is(err, engine.ErrUnrelated):
		d.next, d.err = cid.Undef, cas.ErrConflict
		d.outcome = fmt.Sprintf("t %d, and t %d of %s does not come from it", a.T, b.T, r.refsFrom)
		if r.asFound {
			d.next, d.err = d.CID, nil
			d.outcome += "; stays, as --refs-as-found says"
		}
	default:
		return fmt.Errorf("%s: %w", d.Name, err)
	}
	return nil
}

// either reads from the second store what the first does not have; the second may be nil.
type either struct{ first, second store }

func (e either) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	b, err := e.first.Get(ctx, id)
	if err == nil || e.second == nil || ctx.Err() != nil {
		return b, err
	}
	if other, oerr := e.second.Get(ctx, id); oerr == nil {
		return other, nil
	}
	return b, err
}

// tellLoss lists the refs, and says what is damaged.
func (a *app) tellLoss(l casfile.Loss, decided []decidedRef) error {
	for _, d := range l.Damage {
		a.say("%s", d)
	}
	a.say("whole: %s with %s", counted(l.Records, "record"), counted(l.Blocks, "block"))
	if l.RefsLost {
		a.say("the rest may have held the last moves of refs, and refs that are not listed")
	}
	t := newTable("ref", "found", "next", "outcome")
	for _, d := range decided {
		t.add(text(d.Name), text(cidText(d.CID)), text(cidText(d.next)), text(d.outcome))
	}
	return a.write(t.result())
}

func cidText(id cid.Cid) string {
	if !id.Defined() {
		return ""
	}
	return id.String()
}

// checkDecided refuses to move refs that nobody decided.
func checkDecided(p place, decided []decidedRef, l casfile.Loss, r repairing) ([]cas.Ref, error) {
	var refs []cas.Ref
	open := l.RefsLost && r.refsFrom == "" && !r.asFound
	for _, d := range decided {
		if d.err != nil {
			return nil, hinted{fmt.Errorf("ref %s: %s: %w; nothing was written", d.Name, d.outcome, d.err), "--refs-as-found keeps what is here; dhfs branch DB NAME COMMIT names the other afterwards"}
		}
		if !d.next.Defined() {
			open = true
			continue
		}
		refs = append(refs, cas.Ref{Name: d.Name, CID: d.next})
	}
	if open {
		path := "the journal"
		return nil, hinted{
			&cas.CorruptError{Path: path, Reason: "refs may be older than they were, and nobody says where they are to point: nothing was written"},
			fmt.Sprintf("dhfs repair %s --refs-from OTHER, or --refs-as-found to take them as listed", shown(p.url)),
		}
	}
	return refs, nil
}
