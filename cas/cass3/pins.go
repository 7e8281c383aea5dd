package cass3

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// A pin is an object in pins/: a CID a line. It counts as long as it was written not long ago. Who holds it writes it again now and then. What is
// long is told by the clock of the server alone, which dates all objects.

const (
	// lease is how long a pin counts without being written again. Of that, more than half is for servers and networks that stall.
	lease = 3 * time.Minute
	// renewEvery is how often pins are written.
	renewEvery = 30 * time.Second
	// letGo is how long Close waits at most for pins to be removed. They would end by themselves.
	letGo = 3 * time.Second
)

func newPinKey() string { return "pins/" + newPackID().String() }

// Pin implements cas.Collector. First it is said, then it is looked whether the blocks are there: a collector that has not seen the pin had
// removed its garbage, or is waited for.
func (s *Store) Pin(ctx context.Context, ids ...cid.Cid) (unpin func(), err error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	var text strings.Builder
	for _, id := range ids {
		text.WriteString(id.String() + "\n")
	}
	key, data := newPinKey(), []byte(text.String())
	if _, err := s.client.put(ctx, key, data, condition{}); err != nil {
		if ctx.Err() != nil { // it may have been written before it was given up
			s.dropPins([]string{key})
		}
		return nil, fmt.Errorf("pin: %w", err)
	}
	_, err = s.settle(ctx)
	for i := 0; i < len(ids) && err == nil; i++ {
		var ok bool
		if ok, err = s.Has(ctx, ids[i]); err == nil && !ok {
			err = fmt.Errorf("block %s: %w", ids[i], cas.ErrNotFound)
		}
	}
	if err != nil {
		s.dropPins([]string{key})
		return nil, fmt.Errorf("pin: %w", err)
	}
	s.pinned.Hold(key, data)
	if s.closed.Load() { // meanwhile
		s.pinned.ReleaseAll()
		return nil, s.usable(ctx)
	}
	return func() { s.pinned.Release(key) }, nil
}

// PinLater is Pin for who may be done soon, or may not write: nothing is asked before the time has passed, and nothing is said when it fails. What
// refs lead to is there for a reader without a pin. When unpin returns no pin is left.
func (s *Store) PinLater(after time.Duration, ids ...cid.Cid) (unpin func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	pinned := func() {}
	timer := time.AfterFunc(after, func() {
		defer close(done)
		if unpin, err := s.Pin(ctx, ids...); err == nil {
			pinned = unpin
		}
	})
	return sync.OnceFunc(func() {
		cancel()
		if !timer.Stop() {
			<-done
			pinned()
		}
	})
}

func (s *Store) dropPins(keys []string) {
	ctx, cancel := context.WithTimeout(context.Background(), min(s.client.patience, letGo))
	defer cancel()
	var g errgroup.Group
	g.SetLimit(atOnce)
	for _, key := range keys {
		g.Go(func() error { return s.client.remove(ctx, key) })
	}
	_ = g.Wait() // what stays ends by itself
}

// renew writes all pins again. What fails is tried again the next time.
func (s *Store) renew(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, renewEvery)
	defer cancel()
	for key, data := range s.pinned.All() {
		_, _ = s.client.put(ctx, key, data, condition{})
		if !s.pinned.Has(key) { // it was let go meanwhile
			_ = s.client.remove(ctx, key)
		}
	}
}

// livePins lists what is pinned, by any process, and removes pins that have ended. What the time is by the server's clock, it sees by an object of its own.
func (s *Store) livePins(ctx context.Context) (pins []cid.Cid, err error) { return s.pinsAt(ctx, 0) }

// pinsAt is livePins at a later time.
func (s *Store) pinsAt(ctx context.Context, later time.Duration) (pins []cid.Cid, err error) {
	own := newPinKey()
	// Not an empty one: of such a PUT versitygw leaves the end of the body unread, and the next request on the connection fails.
	if _, err := s.client.put(ctx, own, []byte("\n"), condition{}); err != nil {
		return nil, fmt.Errorf("list pins: %w", err)
	}
	defer s.dropPins([]string{own})
	all, err := s.client.list(ctx, "pins/")
	if err != nil {
		return nil, fmt.Errorf("list pins: %w", err)
	}
	at := slices.IndexFunc(all, func(o listed) bool { return o.key == own })
	if at < 0 {
		return nil, fmt.Errorf("list pins: the server does not list what was just written: %w", cas.ErrUnsupported)
	}
	now, ended := all[at].modified.Add(later), []string(nil)
	for _, o := range all {
		if now.Sub(o.modified) > lease {
			ended = append(ended, o.key)
			continue
		}
		more, err := s.readPin(ctx, o.key)
		if err != nil {
			return nil, err
		}
		pins = append(pins, more...)
	}
	s.dropPins(ended)
	return pins, nil
}

// readPin reads a pin; there is nothing in one that was just let go.
func (s *Store) readPin(ctx context.Context, key string) (ids []cid.Cid, err error) {
	got, err := s.client.get(ctx, key, "")
	if err != nil {
		if errors.Is(err, errNoKey) {
			return nil, nil
		}
		return nil, fmt.Errorf("list pins: %w", err)
	}
	for line := range strings.FieldsSeq(string(got.data)) {
		id, err := cid.Decode(line)
		if err != nil {
			return nil, &cas.CorruptError{Path: "s3://" + s.bucket + "/" + s.prefix + key, Reason: "it is not a list of CIDs; remove it if nobody uses the store"}
		}
		ids = append(ids, id)
	}
	return ids, nil
}
