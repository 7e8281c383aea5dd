package limit

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dhfs/dhfs/queries/internal/lang"
)

func refused(err error) bool {
	var e *lang.Error
	return errors.As(err, &e) && e.Code == lang.Limit
}

// Memory that there is no time to clear is refused, and then all else; what there is time for is not.
func TestReady(t *testing.T) {
	g, ctx, stop := Start(context.Background(), Limits{Timeout: time.Minute, Memory: 1 << 60})
	defer stop()
	if err := g.Ready(1 << 30); err != nil {
		t.Fatalf("a gigabyte within a minute: %v", err)
	}
	if err := g.Fits(1 << 50); !refused(err) {
		t.Fatalf("a million gigabytes within a minute: %v", err)
	}
	if err := g.Check(); !refused(err) || !refused(context.Cause(ctx)) {
		t.Fatalf("after that: %v, the context ended for %v", err, context.Cause(ctx))
	}
}

// The guard need not wait for the timer of its context.
func TestCheckLooksAtTheClock(t *testing.T) {
	g, _, stop := Start(context.Background(), Limits{Timeout: time.Minute})
	defer stop()
	g.clock.until = time.Now()
	if err := g.Check(); !refused(err) {
		t.Fatalf("when time is up: %v", err)
	}
}

// A shorter time holds until it is restored; one that is longer than what is left does not hold.
func TestShorten(t *testing.T) {
	g, ctx, stop := Start(context.Background(), Limits{Timeout: time.Minute})
	defer stop()
	until := g.clock.until
	_, restore := g.Shorten(ctx, time.Hour)
	if !g.clock.until.Equal(until) {
		t.Errorf("an hour of a minute ends at %v, want %v", g.clock.until, until)
	}
	restore()
	inner, restore := g.Shorten(ctx, time.Nanosecond)
	if err := g.Check(); !refused(err) || inner.Err() == nil {
		t.Errorf("after a nanosecond: %v, the context's error is %v", err, inner.Err())
	}
	restore()
	if err := g.Check(); err != nil {
		t.Errorf("after restoring: %v", err)
	}
}
