package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

const (
	heads      = "heads/"
	tags       = "tags/"
	mainBranch = "main"
)

// Resolve finds the commit that rev names: "" or "head" (branch main, or the only one), a branch, a tag, "t42",
// "main~3", "2026-11-01" (the last commit of that UTC day), "2026-11-01T120000Z", "yesterday", a commit id or an unambiguous part of it of at least 7 characters
// ("bafyrei" in front may be left out). The error wraps cas.ErrNotFound and names what is near.
func Resolve(ctx context.Context, s cas.RefStore, rev string, now time.Time) (Commit, error) {
	name, back, err := splitRev(rev)
	if err != nil {
		return Commit{}, err
	}
	c, err := resolveName(ctx, s, name, now)
	if err != nil && rev == "" {
		return Commit{}, err
	}
	if err != nil {
		return Commit{}, fmt.Errorf("rev %q: %w", rev, err)
	}
	if back > c.T {
		return Commit{}, fmt.Errorf("rev %q: %q has only %d commits before it: %w", rev, name, c.T, cas.ErrNotFound)
	}
	return ancestorAt(ctx, s, c, c.T-back)
}

// splitRev splits "main~3" into a name and how many commits to go back.
func splitRev(rev string) (name string, back uint64, err error) {
	name, rest, found := strings.Cut(rev, "~")
	if !found {
		return name, 0, nil
	}
	for _, n := range strings.Split(rest, "~") {
		count := uint64(1)
		if n != "" {
			if count, err = strconv.ParseUint(n, 10, 42); err != nil {
				return "", 0, fmt.Errorf("rev %q: %q is not a number of commits; try %s~1", rev, n, name)
			}
		}
		back += count
	}
	return name, back, nil
}

// resolvers are the ways to read a name, tried one after another. Each says whether the name is meant for it.
var resolvers = []func(ctx context.Context, s cas.RefStore, name string, now time.Time) (c Commit, mine bool, err error){
	resolveRef, resolveT, resolveTime, resolveAlias, resolveID,
}

// Aliaser is a store that knows commits by other names too.
type Aliaser interface {
	// Alias is the commit that name is meant for; ok is false where there is none.
	Alias(ctx context.Context, name string) (id cid.Cid, ok bool, err error)
}

// resolveAlias asks a store that has names of its own.
func resolveAlias(ctx context.Context, s cas.RefStore, name string, _ time.Time) (Commit, bool, error) {
	a, ok := cas.As[Aliaser](s)
	if !ok {
		return Commit{}, false, nil
	}
	id, ok, err := a.Alias(ctx, name)
	if err != nil || !ok {
		return Commit{}, ok, err
	}
	c, err := ReadCommit(ctx, s, id)
	return c, true, err
}

func resolveName(ctx context.Context, s cas.RefStore, name string, now time.Time) (Commit, error) {
	for _, resolve := range resolvers {
		if c, mine, err := resolve(ctx, s, name, now); mine || err != nil {
			return c, err
		}
	}
	return Commit{}, unknownRev(ctx, s, name)
}

// resolveRef reads a branch or a tag, or the default branch.
func resolveRef(ctx context.Context, s cas.RefStore, name string, _ time.Time) (Commit, bool, error) {
	if name == "" || name == "head" {
		c, err := head(ctx, s)
		return c, true, err
	}
	if cas.CheckRefName(heads+name) != nil {
		return Commit{}, false, nil
	}
	for _, prefix := range []string{heads, tags} {
		id, err := s.Ref(ctx, prefix+name)
		if errors.Is(err, cas.ErrNotFound) {
			continue
		}
		if err != nil {
			return Commit{}, true, err
		}
		c, err := ReadCommit(ctx, s, id)
		return c, true, err
	}
	return Commit{}, false, nil
}

// head is the newest commit of branch main, or of the only branch.
func head(ctx context.Context, s cas.RefStore) (Commit, error) {
	id, err := s.Ref(ctx, heads+mainBranch)
	if errors.Is(err, cas.ErrNotFound) {
		id, err = onlyBranch(ctx, s)
	}
	if err != nil {
		return Commit{}, err
	}
	return ReadCommit(ctx, s, id)
}

func onlyBranch(ctx context.Context, s cas.RefStore) (cid.Cid, error) {
	refs, err := s.Refs(ctx)
	if err != nil {
		return cid.Undef, err
	}
	var names []string
	var id cid.Cid
	for _, r := range refs {
		if name, ok := strings.CutPrefix(r.Name, heads); ok {
			names, id = append(names, name), r.CID
		}
	}
	switch len(names) {
	case 1:
		return id, nil
	case 0:
		return cid.Undef, fmt.Errorf("no branch: %w", cas.ErrNotFound)
	}
	return cid.Undef, fmt.Errorf("no branch %s: %w; name one of %s", mainBranch, cas.ErrNotFound, strings.Join(names, ", "))
}

// resolveT reads "t42".
func resolveT(ctx context.Context, s cas.RefStore, name string, _ time.Time) (Commit, bool, error) {
	digits, ok := strings.CutPrefix(name, "t")
	t, err := strconv.ParseUint(digits, 10, 42)
	if !ok || err != nil {
		return Commit{}, false, nil
	}
	newest, err := head(ctx, s)
	if err != nil {
		return Commit{}, true, err
	}
	if t > newest.T {
		return Commit{}, true, fmt.Errorf("transaction %d: %w; the newest is t%d", t, cas.ErrNotFound, newest.T)
	}
	c, err := ancestorAt(ctx, s, newest, t)
	return c, true, err
}

// resolveTime reads a day, a time or "yesterday": the newest commit that is not younger.
func resolveTime(ctx context.Context, s cas.RefStore, name string, now time.Time) (Commit, bool, error) {
	before, ok := parseWhen(name, now)
	if !ok {
		return Commit{}, false, nil
	}
	newest, err := head(ctx, s)
	if err != nil {
		return Commit{}, true, err
	}
	// The making of the database may be younger than all transactions, whose times tx data can give.
	c, err := Ancestor(ctx, s, newest.ID, func(c Commit) bool { return c.T == 0 || c.At.Before(before) })
	if err == nil && !c.At.Before(before) {
		err = tooOld(ctx, s, newest, c)
	}
	return c, true, err
}

// tooOld is what is said of a time before everything, where first is the making of the database.
func tooOld(ctx context.Context, s cas.RefStore, newest, first Commit) error {
	at := first.At
	if newest.T > 0 {
		one, err := ancestorAt(ctx, s, newest, 1)
		if err != nil {
			return err
		}
		if one.At.Before(at) {
			at = one.At
		}
	}
	return fmt.Errorf("no commit is that old: %w; the first is of %s", cas.ErrNotFound, at.Format(time.RFC3339))
}

// parseWhen is the moment that commits have to lie before.
func parseWhen(name string, now time.Time) (before time.Time, ok bool) {
	today := now.UTC().Truncate(24 * time.Hour)
	switch name {
	case "yesterday":
		return today, true
	case "today":
		return today.AddDate(0, 0, 1), true
	}
	if day, err := time.Parse(time.DateOnly, name); err == nil {
		return day.AddDate(0, 0, 1), true
	}
	for _, layout := range []string{"2006-01-02T150405Z0700", time.RFC3339Nano, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, name); err == nil {
			return at.Add(time.Millisecond), true
		}
	}
	return time.Time{}, false
}

const (
	idPrefix = "bafyrei" // of all CIDs of dag-cbor under sha2-256
	minPart  = 7
)

// resolveID reads a commit's id or the beginning of one.
func resolveID(ctx context.Context, s cas.RefStore, name string, _ time.Time) (Commit, bool, error) {
	if id, err := cid.Decode(name); err == nil {
		c, err := ReadCommit(ctx, s, id)
		return c, true, err
	}
	part := strings.TrimPrefix(name, idPrefix)
	if len(part) < minPart || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		return Commit{}, false, nil
	}
	found, err := commitsLike(ctx, s, idPrefix+part)
	switch {
	case err != nil || len(found) == 0:
		return Commit{}, false, err
	case len(found) > 1:
		return Commit{}, true, fmt.Errorf("%d commits begin like that: %w; try more of %s or %s", len(found), cas.ErrNotFound, found[0].ID, found[1].ID)
	}
	return found[0], true, nil
}

// commitsLike lists the commits of the store whose id begins with prefix.
func commitsLike(ctx context.Context, s cas.RefStore, prefix string) ([]Commit, error) {
	var found []Commit
	for id, err := range s.All(ctx) {
		if err != nil {
			return nil, err
		}
		if id.Prefix().Codec != cas.DagCBOR || !strings.HasPrefix(id.String(), prefix) {
			continue
		}
		c, err := ReadCommit(ctx, s, id)
		if err == nil {
			found = append(found, c)
		} else if !errors.Is(err, errNoCommit) {
			return nil, err
		}
	}
	return found, nil
}

// unknownRev says what there is instead.
func unknownRev(ctx context.Context, s cas.RefStore, name string) error {
	refs, err := s.Refs(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, r := range refs {
		if strings.HasPrefix(r.Name, heads) || strings.HasPrefix(r.Name, tags) {
			names = append(names, strings.TrimPrefix(strings.TrimPrefix(r.Name, heads), tags))
		}
	}
	slices.Sort(names)
	if near := nearestOf(name, names); near != "" {
		return fmt.Errorf("%w; did you mean %s?", cas.ErrNotFound, near)
	}
	if len(names) > 8 {
		names = append(names[:8], "…")
	}
	return fmt.Errorf("%w: not a branch, tag, t, day, time or commit; there are %s", cas.ErrNotFound, strings.Join(names, ", "))
}
