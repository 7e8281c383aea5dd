package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// RefOutcome is what Sync did with a ref of the target.
type RefOutcome string

// All but the last five leave the target as it is.
const (
	RefSame      RefOutcome = "same"      // it points where that of the source points
	RefAhead     RefOutcome = "ahead"     // the target has more than the source
	RefKept      RefOutcome = "kept"      // the source does not have it
	RefDiverged  RefOutcome = "diverged"  // source and target have each what the other has not
	RefUnrelated RefOutcome = "unrelated" // no commit in common, or none that a gc has left
	RefNew       RefOutcome = "new"       // the target did not have it
	RefForward   RefOutcome = "forward"   // the source had more
	RefForced    RefOutcome = "forced"    // it was moved although the target had what the source has not
	RefRemoved   RefOutcome = "removed"   // the source does not have it
)

// SyncedRef is a ref of source or target.
type SyncedRef struct {
	Name           string
	Outcome        RefOutcome
	Source, Target cid.Cid // where it pointed; undefined where there was none
	Base           cid.Cid // where it diverged, the newest commit that both come from
}

func (r SyncedRef) moves() bool {
	return r.Outcome == RefNew || r.Outcome == RefForward || r.Outcome == RefForced
}

// DivergedError says that refs were left where they are since source and target went different ways. It wraps cas.ErrConflict.
type DivergedError struct{ Refs []SyncedRef }

func (e *DivergedError) Error() string {
	var lines []string
	for _, r := range e.Refs {
		switch {
		case r.Outcome == RefUnrelated:
			lines = append(lines, fmt.Sprintf("%s: source %s and target %s have no commit in common", r.Name, r.Source, r.Target))
		case !r.Base.Defined():
			lines = append(lines, fmt.Sprintf("%s: source %s, target %s", r.Name, r.Source, r.Target))
		default:
			lines = append(lines, fmt.Sprintf("%s: source %s and target %s both come from %s", r.Name, r.Source, r.Target, r.Base))
		}
	}
	return "source and target went different ways: " + strings.Join(lines, "; ")
}

// Unwrap makes it a conflict.
func (e *DivergedError) Unwrap() error { return cas.ErrConflict }

// diverged is the error for refs that went different ways.
func diverged(refs []SyncedRef) error {
	var e DivergedError
	for _, r := range refs {
		if r.Outcome == RefDiverged || r.Outcome == RefUnrelated {
			e.Refs = append(e.Refs, r)
		}
	}
	if len(e.Refs) == 0 {
		return nil
	}
	return &e
}

// paired are the refs that a Sync is about: those of both sides, or those that are named.
func paired(from, to []cas.Ref, named []string) ([]SyncedRef, error) {
	all := map[string]*SyncedRef{}
	of := func(name string) *SyncedRef {
		if all[name] == nil {
			all[name] = &SyncedRef{Name: name}
		}
		return all[name]
	}
	for _, r := range from {
		of(r.Name).Source = r.CID
	}
	for _, r := range to {
		of(r.Name).Target = r.CID
	}
	delete(all, cas.AbsentRef)
	if !slices.ContainsFunc(from, func(r cas.Ref) bool { return r.Name != cas.AbsentRef }) {
		return nil, fmt.Errorf("the source has no refs: %w", cas.ErrNotFound)
	}
	if len(named) == 0 {
		for name := range all {
			named = append(named, name)
		}
	}
	var refs []SyncedRef
	seen := map[string]bool{}
	for _, name := range named {
		r, err := namedRef(all, name)
		if err != nil {
			return nil, err
		}
		if !seen[r.Name] {
			seen[r.Name] = true
			refs = append(refs, r)
		}
	}
	slices.SortFunc(refs, func(a, b SyncedRef) int { return cmp.Compare(a.Name, b.Name) })
	return refs, nil
}

// namedRef finds the ref that is called name in both stores, or, of SOURCE:TARGET, has these names in the one and the other.
func namedRef(all map[string]*SyncedRef, name string) (SyncedRef, error) {
	name, other, renamed := strings.Cut(name, ":")
	r := firstOf(all, name, string(Branch)+name, string(Tag)+name)
	if r == nil || renamed && !r.Source.Defined() {
		return SyncedRef{}, fmt.Errorf("ref %s: %w", name, cas.ErrNotFound)
	}
	if !renamed {
		return *r, nil
	}
	if !strings.Contains(other, "/") {
		other = r.Name[:strings.LastIndexByte(r.Name, '/')+1] + other
	}
	if err := cas.CheckRefName(other); err != nil {
		return SyncedRef{}, err
	}
	to := SyncedRef{Name: other, Source: r.Source}
	if t := all[other]; t != nil {
		to.Target = t.Target
	}
	return to, nil
}

func firstOf(refs map[string]*SyncedRef, names ...string) *SyncedRef {
	for _, name := range names {
		if r := refs[name]; r != nil {
			return r
		}
	}
	return nil
}

// decide tells what is to become of a ref.
func (y *syncing) decide(ctx context.Context, history cas.Getter, r *SyncedRef) error {
	switch {
	case r.Source == r.Target:
		r.Outcome = RefSame
	case !r.Target.Defined():
		r.Outcome = RefNew
	case !r.Source.Defined():
		r.Outcome = RefKept
		if y.o.Prune {
			r.Outcome = RefRemoved
		}
	default:
		if err := y.compare(ctx, history, r); err != nil {
			return err
		}
		if y.o.Force && r.Outcome != RefForward {
			r.Outcome = RefForced
		}
	}
	return nil
}

// compare tells how two ends of a ref relate. A tag is not moved.
func (y *syncing) compare(ctx context.Context, history cas.Getter, r *SyncedRef) error {
	r.Outcome = RefDiverged
	theirs, err := ReadCommit(ctx, history, r.Source)
	if errors.Is(err, errNoCommit) {
		return nil
	}
	if err != nil {
		return err
	}
	ours, err := ReadCommit(ctx, history, r.Target)
	if errors.Is(err, errNoCommit) {
		return nil
	}
	if err != nil {
		return err
	}
	base, err := y.base(ctx, history, theirs, ours)
	if errors.Is(err, ErrUnrelated) || errors.Is(err, ErrPruned) {
		r.Outcome = RefUnrelated
		return nil
	}
	if err != nil {
		return err
	}
	r.Base = base.ID
	if strings.HasPrefix(r.Name, string(Tag)) {
		return nil
	}
	switch base.ID {
	case ours.ID:
		r.Outcome = RefForward
	case theirs.ID:
		r.Outcome = RefAhead
	}
	return nil
}

// base is the newest commit that both come from. That one is on the line of the other, which is what there is nearly always, is found in O(log n) reads.
func (y *syncing) base(ctx context.Context, history cas.Getter, a, b Commit) (Commit, error) {
	if a.T < b.T {
		a, b = b, a
	}
	c, err := Ancestor(ctx, history, a.ID, func(c Commit) bool { return c.T <= b.T })
	if err == nil && c.ID == b.ID {
		return b, nil
	}
	if err != nil && !errors.Is(err, cas.ErrNotFound) {
		return Commit{}, err
	}
	return MergeBase(ctx, history, a, b)
}
