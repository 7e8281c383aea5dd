package cass3

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"syscall"
	"time"

	"github.com/minio/minio-go/v7"
)

const (
	firstPause = 50 * time.Millisecond
	lastPause  = 2 * time.Second
	// refusedPatience is how long a server is tried that refuses connections: as long as it may take to restart.
	refusedPatience = 2 * time.Second
	// slowest is the rate at which bytes have to come or go, per second; besides, a request may take attemptTime, but not much longer than the client is patient: a
	// server that says nothing is not waited for over and over. leastTime it may take in any case, since a busy machine says nothing for a while too.
	slowest     = 64 << 10
	attemptTime = 20 * time.Second
	leastTime   = 2 * time.Second
)

// retry repeats a request that moves size bytes while the server says that it is busy, or says nothing: up to the context's
// deadline, or as long as the client is patient. Requests must be such that doing them twice is as good as once; where the condition of a
// PUT may have been met by its own first try, the caller looks (see swap).
func (c *client) retry(ctx context.Context, verb, key string, size int64, request func(context.Context) error) error {
	end := time.Now().Add(c.patience)
	if d, ok := ctx.Deadline(); ok && d.After(end) {
		end = d
	}
	pause := firstPause
	var busy error // what the server said before the context ended
	for {
		err := attempt(ctx, min(attemptTime, max(leastTime, time.Until(end))), size, request)
		switch {
		case err != nil && ctx.Err() != nil && busy != nil:
			return fmt.Errorf("%w, until %w", busy, ctx.Err())
		case err == nil || ctx.Err() != nil || !temporary(err):
			return c.explain(ctx, verb, key, err)
		}
		if refused(err) && time.Until(end) > refusedPatience {
			end = time.Now().Add(refusedPatience)
		}
		wait := pause/2 + rand.N(pause/2)
		if d, ok := ctx.Deadline(); time.Now().Add(wait).After(end) || ok && time.Now().Add(wait).After(d) {
			return c.explain(ctx, verb, key, err)
		}
		busy = c.explain(ctx, verb, key, err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		pause = min(2*pause, lastPause)
	}
}

// attempt makes one request, which ends in any case.
func attempt(ctx context.Context, within time.Duration, size int64, request func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	inner, cancel := context.WithTimeout(ctx, within+time.Duration(size)*time.Second/slowest)
	defer cancel()
	return request(inner)
}

// refused tells that no server was there.
func refused(err error) bool {
	var r minio.ErrorResponse
	var dns *net.DNSError
	return !errors.As(err, &r) && (errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &dns))
}
