package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Label is a class of names for commits.
type Label string

// A branch moves with each transaction on it, a tag stays.
const (
	Branch Label = heads
	Tag    Label = tags
)

func (l Label) String() string {
	if l == Branch {
		return "branch"
	}
	return "tag"
}

// List is all branches or tags, by name.
func (l Label) List(ctx context.Context, s cas.Refs) ([]cas.Ref, error) {
	refs, err := s.Refs(ctx)
	if err != nil {
		return nil, err
	}
	var found []cas.Ref
	for _, r := range refs {
		if name, ok := strings.CutPrefix(r.Name, string(l)); ok {
			found = append(found, cas.Ref{Name: name, CID: r.CID})
		}
	}
	return found, nil
}

// Create gives a commit a name; the error wraps cas.ErrConflict where there is that name already.
func (l Label) Create(ctx context.Context, s cas.RefStore, name string, at cid.Cid) error {
	if err := l.check(name); err != nil {
		return err
	}
	if _, err := ReadCommit(ctx, s, at); err != nil {
		return fmt.Errorf("%s %s: %w", l, name, err)
	}
	return l.set(ctx, s, name, cid.Undef, at)
}

// Move points a name at another commit. It must still point at old.
func (l Label) Move(ctx context.Context, s cas.RefStore, name string, old, at cid.Cid) error {
	if _, err := ReadCommit(ctx, s, at); err != nil {
		return fmt.Errorf("%s %s: %w", l, name, err)
	}
	return l.set(ctx, s, name, old, at)
}

// Delete takes a name away. It must still point at old. The commits stay until they are collected.
func (l Label) Delete(ctx context.Context, s cas.Refs, name string, old cid.Cid) error {
	return l.set(ctx, s, name, old, cid.Undef)
}

// Rename gives what is called old another name. Should it be cut short, both names are there.
func (l Label) Rename(ctx context.Context, s cas.RefStore, old, name string) error {
	at, err := s.Ref(ctx, string(l)+old)
	if err != nil {
		return fmt.Errorf("%s %s: %w", l, old, err)
	}
	if err := l.Create(ctx, s, name, at); err != nil {
		return err
	}
	return l.Delete(ctx, s, old, at)
}

func (l Label) set(ctx context.Context, s cas.Refs, name string, old, next cid.Cid) error {
	if err := s.SetRef(ctx, string(l)+name, old, next); err != nil {
		return fmt.Errorf("%s %s: %w", l, name, err)
	}
	return nil
}

// check refuses names that mean something else wherever a revision can be named.
func (l Label) check(name string) error {
	if err := cas.CheckRefName(string(l) + name); err != nil {
		return err
	}
	t, isT := strings.CutPrefix(name, "t")
	_, err := strconv.ParseUint(t, 10, 64)
	_, isTime := parseWhen(name, time.Time{})
	_, notID := cid.Decode(name)
	if name == "head" || isT && err == nil || isTime || notID == nil {
		return fmt.Errorf("%s %s: the name means a revision already: try %s-%s", l, name, l, strings.ToLower(name))
	}
	return nil
}

// Holders are the names from which a commit is reached, in the form of refs, without except.
func Holders(ctx context.Context, s cas.RefStore, commit cid.Cid, except string) ([]string, error) {
	wanted, err := ReadCommit(ctx, s, commit)
	if err != nil {
		return nil, err
	}
	refs, err := s.Refs(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, r := range refs {
		if r.Name == except {
			continue
		}
		head, err := ReadCommit(ctx, s, r.CID)
		if err != nil {
			return nil, err
		}
		held, err := Contains(ctx, s, head, wanted)
		if err != nil {
			return nil, err
		}
		if held {
			names = append(names, r.Name)
		}
	}
	return names, nil
}
