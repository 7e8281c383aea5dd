package cass3

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// refKey is the key of a ref. No name has an exclamation mark; with slashes, a ref and another below it could not both lie in a bucket
// that is a directory.
func refKey(name string) string { return "refs/" + strings.ReplaceAll(name, "/", "!") }

// Ref implements cas.Refs.
func (s *Store) Ref(ctx context.Context, name string) (cid.Cid, error) {
	if err := errors.Join(s.usable(ctx), cas.CheckRefName(name)); err != nil {
		return cid.Undef, err
	}
	o, err := s.readRef(ctx, name)
	if err == nil && !o.target().Defined() {
		err = fmt.Errorf("ref %s: %w", name, cas.ErrNotFound)
	}
	return o.target(), err
}

// readRef asks for a ref object, which is nil when there is none. What has not changed is not sent again.
func (s *Store) readRef(ctx context.Context, name string) (*refObject, error) {
	known := s.seen(name)
	etag := ""
	if known != nil {
		etag = known.etag
	}
	got, err := s.client.get(ctx, refKey(name), etag)
	switch {
	case errors.Is(err, errSame):
		return known, nil
	case errors.Is(err, errNoKey):
		s.see(name, nil)
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("ref %s: %w", name, err)
	}
	o, blocks, err := parseRef(got.data)
	if err != nil {
		return nil, fmt.Errorf("ref %s: %w", name, &cas.CorruptError{Path: "s3://" + s.bucket + "/" + s.prefix + refKey(name), Reason: err.Error()})
	}
	o.etag = got.etag
	if known != nil {
		s.rivalled(name)
	}
	s.addPacks(o.epoch, o.packs...)
	for _, b := range blocks {
		s.keep(b.block)
		if b.at.known() {
			s.learn(b.id, b.at)
		}
		s.learnHints(b.links, b.hints)
	}
	s.see(name, o)
	return o, nil
}

func (s *shared) seen(name string) *refObject {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refs[name]
}

func (s *shared) see(name string, o *refObject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refs[name] = o
}

// Refs implements cas.Refs.
func (s *Store) Refs(ctx context.Context) ([]cas.Ref, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	keys, err := s.client.list(ctx, "refs/")
	if err != nil {
		return nil, fmt.Errorf("list refs: %w", err)
	}
	refs := make([]cas.Ref, len(keys))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, k := range keys {
		name := strings.ReplaceAll(strings.TrimPrefix(k.key, "refs/"), "!", "/")
		if cas.CheckRefName(name) != nil {
			continue // not made by this program
		}
		g.Go(func() error {
			o, err := s.readRef(inner, name)
			refs[i] = cas.Ref{Name: name, CID: o.target()}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	refs = slices.DeleteFunc(refs, func(r cas.Ref) bool { return !r.CID.Defined() })
	slices.SortFunc(refs, func(a, b cas.Ref) int { return strings.Compare(a.Name, b.Name) })
	return refs, nil
}

// SetRef implements cas.Refs.
func (s *Store) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return s.Commit(ctx, nil, name, old, next)
}

// expected is the ref object as last seen if that points at old, else as it is now; the error wraps cas.ErrConflict where that points elsewhere.
func (s *Store) expected(ctx context.Context, name string, old cid.Cid) (*refObject, error) {
	if o := s.seen(name); o.target() == old && (o != nil || !old.Defined()) {
		return o, nil
	}
	o, err := s.readRef(ctx, name)
	if err == nil && o.target() != old {
		err = conflict(name)
	}
	return o, err
}

func conflict(name string) error { return fmt.Errorf("ref %s: %w", name, cas.ErrConflict) }

// errMoved says that the ref object is another than was expected, though it may point at the same.
var errMoved = errors.New("ref object was replaced")

// swap puts next in the place of cur. Where it is not clear whether that was done, because the answer was lost or because a repeated request met what the
// first one had made, it looks whether the move is there. The error is errMoved where another one came first.
func (s *Store) swap(ctx context.Context, name string, cur, next *refObject, data []byte) error {
	when := condition{none: cur == nil}
	if cur != nil {
		when.match = cur.etag
	}
	for try := 0; ; try++ {
		began := time.Now()
		etag, err := s.client.put(ctx, refKey(name), data, when)
		if err == nil {
			next.etag = etag
			s.see(name, next)
			return nil
		}
		if answered(err) {
			return err
		}
		now, lookErr := s.look(ctx, name, time.Since(began) > s.client.patience/2)
		switch {
		case lookErr != nil:
			return fmt.Errorf("ref %s: whether it was moved is not known: %w; looking at it: %w", name, err, lookErr)
		case now.knows(next.token):
			return nil
		case !sameObject(now, cur) && reachesBack(now, cur):
			return errMoved
		case !sameObject(now, cur):
			return fmt.Errorf("ref %s: whether it was moved is not known, it was moved more than %d times since: %w", name, maxPast, err)
		case try == 2 || ctx.Err() != nil || !errors.Is(err, errRefused):
			return fmt.Errorf("ref %s: it was not moved: %w", name, err)
		}
	}
}

// look reads a ref also when the context has just ended, so that a caller is not left in doubt. A server that was silent for long is not waited for as long again.
func (s *Store) look(ctx context.Context, name string, silent bool) (*refObject, error) {
	if ctx.Err() != nil || silent {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
	}
	return s.readRef(ctx, name)
}

func sameObject(a, b *refObject) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.token == b.token
}

// reachesBack tells whether all moves since cur are known.
func reachesBack(now, cur *refObject) bool {
	return now == nil || cur == nil && len(now.past) < maxPast || cur != nil && now.knows(cur.token)
}
