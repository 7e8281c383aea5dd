package datahike

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/google/uuid"
)

// Resolve is the commit that a revision names, in the words of dhfs: nothing, "head" or "main", a branch, "t42", the id of a commit or an
// unambiguous part of it. ok is false for what it does not know: a time, "main~3", or a transaction that is no commit of its own.
func (s *Store) Resolve(ctx context.Context, rev string) (c *Commit, ok bool, err error) {
	switch rev {
	case "", "head", "main":
		c, err := s.Head(ctx, MainBranch)
		return s.found(c, err)
	}
	if digits, ok := strings.CutPrefix(rev, "t"); ok {
		if t, err := strconv.ParseUint(digits, 10, 32); err == nil {
			return s.ofTransaction(ctx, FirstTx+int64(t))
		}
	}
	if IsPartOfID(rev) {
		id, ok, err := s.FindCommit(ctx, rev)
		if err != nil || ok {
			if err == nil {
				c, err = s.Commit(ctx, id)
			}
			return c, err == nil, err
		}
	}
	if strings.ContainsAny(rev, "~ ") {
		return nil, false, nil
	}
	c, err = s.Head(ctx, rev)
	return s.found(c, err)
}

// found makes what is missing nothing: who asks knows other ways to read a revision, and says what there is.
func (s *Store) found(c *Commit, err error) (*Commit, bool, error) {
	if errors.Is(err, cas.ErrNotFound) {
		return nil, false, nil
	}
	return c, err == nil, err
}

// ofTransaction goes back from the head to the commit that ends with a transaction, as long as there is one way back.
func (s *Store) ofTransaction(ctx context.Context, tx int64) (*Commit, bool, error) {
	c, err := s.Head(ctx, MainBranch)
	for err == nil && c.MaxTx > tx && len(c.Parents) == 1 {
		c, err = s.Commit(ctx, c.Parents[0])
	}
	if err != nil || c.MaxTx != tx {
		return nil, false, nil
	}
	return c, true, nil
}

// minPart is how much of an id is enough to be taken for one.
const minPart = 7

// IsPartOfID tells whether text may be the beginning of a commit's id.
func IsPartOfID(text string) bool {
	if len(text) < minPart || len(text) > 36 {
		return false
	}
	for i, r := range text {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (r == '-') || !dash && !strings.ContainsRune("0123456789abcdef", r) {
			return false
		}
	}
	return true
}

// FindCommit is the commit whose id begins with part. Of a part, all commits that branches lead to are looked at.
func (s *Store) FindCommit(ctx context.Context, part string) (id uuid.UUID, ok bool, err error) {
	if len(part) == 36 {
		if id, err = uuid.Parse(part); err != nil {
			return id, false, nil
		}
		c, err := s.Commit(ctx, id)
		_, ok, err = s.found(c, err)
		return id, ok, err
	}
	h, err := plan(ctx, s, func(uuid.UUID) bool { return false })
	if err != nil {
		return id, false, err
	}
	for other := range h.commits {
		if !strings.HasPrefix(other.String(), part) {
			continue
		}
		if ok {
			return id, false, fmt.Errorf("commits %s and %s begin with %s: %w; try more of one", id, other, part, cas.ErrNotFound)
		}
		id, ok = other, true
	}
	return id, ok, nil
}
