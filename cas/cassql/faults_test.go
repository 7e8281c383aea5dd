//go:build unix

package cassql_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/test/servers"
	"github.com/ipfs/go-cid"
)

// A server that goes away is told as such, in bounded time, and when it is back so is the store.
func TestServerRestarts(t *testing.T) {
	for name, of := range map[string]func(testing.TB) *servers.Server{"PostgreSQL": servers.Postgres, "MariaDB": servers.MariaDB} {
		t.Run(name, func(t *testing.T) {
			server := of(t)
			url := server.Database(t)
			s := create(t, url)
			a, b := castest.Raw(1), castest.Raw(2)
			put(t, s, a)
			server.Stop()
			s.SetPatience(time.Second)
			began := time.Now()
			if _, err := s.Get(t.Context(), a.CID()); !errors.Is(err, cas.ErrUnavailable) {
				t.Errorf("Get without a server: %v", err)
			}
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("it took %v to say so", took)
			}
			if _, err := cassql.Open(t.Context(), url); !errors.Is(err, cas.ErrUnavailable) {
				t.Errorf("Open without a server: %v", err)
			}
			s.SetPatience(time.Minute)
			back := make(chan error)
			go func() {
				time.Sleep(200 * time.Millisecond)
				back <- server.Start()
			}()
			err := s.Commit(t.Context(), []cas.Block{b}, "heads/main", cid.Undef, b.CID()) // waits for the server
			if err := <-back; err != nil {
				t.Fatal(err)
			}
			if errors.Is(err, cas.ErrUnavailable) { // it took long to come
				err = s.Commit(t.Context(), []cas.Block{b}, "heads/main", cid.Undef, b.CID())
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []cas.Block{a, b} {
				if _, err := s.Get(t.Context(), want.CID()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A server that does not answer is given up in time.
func TestServerHangs(t *testing.T) {
	for name, of := range map[string]func(testing.TB) *servers.Server{"PostgreSQL": servers.Postgres, "MariaDB": servers.MariaDB} {
		t.Run(name, func(t *testing.T) {
			server := of(t)
			s := create(t, server.Database(t))
			a := castest.Raw(1)
			put(t, s, a)
			s.SetPatience(300 * time.Millisecond)
			server.Pause()
			defer server.Continue()
			time.Sleep(50 * time.Millisecond) // until the last of its threads has noticed
			began := time.Now()
			if _, err := s.Get(t.Context(), a.CID()); !errors.Is(err, cas.ErrUnavailable) {
				t.Errorf("Get = %v", err)
			}
			if err := s.Put(t.Context(), []cas.Block{castest.Raw(2)}); !errors.Is(err, cas.ErrUnavailable) {
				t.Errorf("Put = %v", err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %v to give up", took)
			}
			server.Continue()
			s.SetPatience(time.Minute)
			if _, err := s.Get(t.Context(), a.CID()); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// Who waits for a lock waits until it is free, and no longer than its context.
func TestLocked(t *testing.T) {
	forEach(t, func(t *testing.T, url string) {
		s, other := create(t, url), open(t, url)
		held, release := make(chan struct{}), make(chan struct{})
		ended := make(chan error)
		go func() {
			_, err := other.Collect(context.WithoutCancel(t.Context()), false, func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
				close(held)
				<-release
				return func(cid.Cid) bool { return true }, nil
			})
			ended <- err
		}()
		<-held
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		began := time.Now()
		if err := s.Put(ctx, []cas.Block{castest.Raw(1)}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Put beside a Collect = %v", err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it waited for %v", took)
		}
		put := make(chan error)
		go func() { put <- s.Put(t.Context(), []cas.Block{castest.Raw(2)}) }()
		select {
		case err := <-put:
			t.Errorf("Put did not wait: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
		close(release)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := <-put; err != nil {
			t.Error(err)
		}
	})
}

// Garbage is removed although writers never rest.
func TestCollectAmongWriters(t *testing.T) {
	forEach(t, func(t *testing.T, url string) {
		s := create(t, url)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		const writers = 4
		for w := range writers {
			go func() {
				for i := 0; ; i++ {
					err := s.Put(ctx, []cas.Block{castest.Node(uint64(1000*w + i))})
					if ctx.Err() != nil {
						err = nil
					}
					if err != nil || ctx.Err() != nil {
						ended <- err
						return
					}
				}
			}()
		}
		for range 5 {
			within, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			if _, err := s.Collect(within, false, func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
				return func(cid.Cid) bool { return false }, nil
			}); err != nil {
				t.Errorf("Collect: %v", err)
			}
			cancel()
		}
		stop()
		for range writers {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}
