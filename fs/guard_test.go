package fs

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// backend is a store whose answers the test gives.
type backend struct {
	cas.RefStore
	mu    sync.Mutex
	asked int
	get   func(context.Context) error
}

func (b *backend) Get(ctx context.Context, _ cid.Cid) (cas.Block, error) {
	b.mu.Lock()
	b.asked++
	get := b.get
	b.mu.Unlock()
	return cas.Block{}, get(ctx)
}

// take is how often the backend was asked since the last time.
func (b *backend) take() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.asked
	b.asked = 0
	return n
}

func (b *backend) answer(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.get = func(context.Context) error { return err }
}

var aBlock = cas.NewBlock(cas.Raw, []byte("value")).CID()

func remote(b *backend, d Deadlines) (*guard, *time.Time) {
	g := newGuard(Database{Store: b, Remote: true}, Options{Deadlines: d})
	now := time.Unix(1e9, 0)
	g.breaker.now = func() time.Time { return now }
	return g, &now
}

func TestBreaker(t *testing.T) {
	ctx := context.Background()
	b := &backend{}
	g, now := remote(b, Deadlines{})
	get := func(want int, like error) {
		t.Helper()
		_, err := g.Get(ctx, aBlock)
		if n := b.take(); n != want || like != nil && !errors.Is(err, like) {
			t.Errorf("asked %d times, want %d: %v", n, want, err)
		}
	}
	// Answers of the store are no failures of it, however many there are.
	for range 5 {
		b.answer(cas.ErrNotFound)
		get(1, cas.ErrNotFound)
		b.answer(&cas.CorruptError{CID: aBlock, Reason: "test"})
		get(1, nil)
	}
	b.answer(context.DeadlineExceeded)
	get(1, context.DeadlineExceeded)
	get(1, context.DeadlineExceeded)
	b.answer(nil)
	get(1, nil)
	// Three in a row, and it is left alone for five seconds.
	b.answer(context.DeadlineExceeded)
	for range 3 {
		get(1, context.DeadlineExceeded)
	}
	for range 10 {
		get(0, context.DeadlineExceeded)
	}
	*now = now.Add(4900 * time.Millisecond)
	get(0, context.DeadlineExceeded)
	*now = now.Add(100 * time.Millisecond)
	get(1, context.DeadlineExceeded) // one try, and it rests again
	get(0, context.DeadlineExceeded)
	*now = now.Add(5 * time.Second)
	b.answer(nil)
	get(1, nil)
	get(1, nil)
}

func TestDeadlineHoldsForAStoreThatDoesNotListen(t *testing.T) {
	b := &backend{}
	end := make(chan struct{})
	defer close(end)
	b.get = func(context.Context) error { <-end; return nil }
	g, _ := remote(b, Deadlines{Data: 20 * time.Millisecond, Metadata: time.Hour})
	_, err := g.Get(context.Background(), aBlock)
	if !errors.Is(err, context.DeadlineExceeded) || err.Error() != "block "+aBlock.String()+": the store did not answer within 20ms" {
		t.Errorf("%v", err)
	}
}

func TestGivingUpCancelsTheQuestionAndIsNoFailure(t *testing.T) {
	b := &backend{}
	cancelled := make(chan struct{}, 10)
	b.get = func(ctx context.Context) error {
		<-ctx.Done()
		cancelled <- struct{}{}
		return ctx.Err()
	}
	g, _ := remote(b, Deadlines{})
	for range 5 {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(5*time.Millisecond, cancel)
		if _, err := g.Get(ctx, aBlock); !errors.Is(err, context.Canceled) || damaged(err) {
			t.Errorf("%v", err)
		}
		<-cancelled
	}
	b.answer(nil)
	b.take()
	if _, err := g.Get(context.Background(), aBlock); err != nil || b.take() != 1 {
		t.Errorf("asked again: %v", err)
	}
}

// A store that lost a file of its own has not said that a name is missing.
func TestStoreErrorsAreNoAnswersOfTheTree(t *testing.T) {
	for _, far := range []bool{false, true} {
		for _, inner := range []error{os.ErrNotExist, os.ErrPermission, os.ErrExist, os.ErrInvalid, ErrReadOnly, context.Canceled} {
			b := &backend{}
			b.answer(inner)
			g := newGuard(Database{Store: b, Remote: far}, Options{})
			_, err := g.Get(context.Background(), aBlock)
			if err == nil || errors.Is(err, inner) || !damaged(err) {
				t.Errorf("remote %v: %v", far, err)
			}
		}
	}
}

// Many blocks are one question: what stalls ends with the deadline, and what fails says so of each block.
func TestManyAtOnce(t *testing.T) {
	b := &backend{}
	g, ok := guarded(Database{Store: castest.Batching(b), Remote: true}, Options{Deadlines: Deadlines{Data: 20 * time.Millisecond}}).(cas.Batcher)
	if !ok {
		t.Fatal("the guard of a store that is asked for many blocks at once is asked for one after the other")
	}
	ids := []cid.Cid{aBlock, aBlock}
	failed := 0
	b.answer(os.ErrPermission)
	err := g.GetMany(t.Context(), ids, func(_ int, _ cas.Block, err error) {
		if failed++; !damaged(err) {
			t.Errorf("%v", err)
		}
	})
	if err != nil || failed != len(ids) {
		t.Errorf("%d of %d failed, %v", failed, len(ids), err)
	}
	b.mu.Lock()
	b.get = func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}
	b.mu.Unlock()
	err = g.GetMany(t.Context(), ids, func(_ int, _ cas.Block, err error) {
		if err == nil {
			t.Error("a block of a store that stalls")
		}
	})
	if !errors.Is(err, context.DeadlineExceeded) || !damaged(err) {
		t.Errorf("the store stalls: %v", err)
	}
	if _, ok := guarded(Database{Store: b}, Options{}).(cas.Batcher); ok {
		t.Error("the guard of a store that is near is asked for many at once")
	}
}
