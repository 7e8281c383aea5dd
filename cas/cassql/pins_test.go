//go:build unix

package cassql_test

import (
	"context"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// pinsTold is what a Collect is told of pins.
func pinsTold(t *testing.T, s *cassql.Store) (told []cid.Cid) {
	t.Helper()
	_, err := s.Collect(t.Context(), false, func(_ context.Context, _ []cas.Ref, pins []cid.Cid) (func(cid.Cid) bool, error) {
		told = pins
		return func(cid.Cid) bool { return true }, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return told
}

// A pin ends when it is not renewed, as that of a process that died, and is made again by a process that only slept.
func TestPinsExpire(t *testing.T) {
	forEach(t, func(t *testing.T, url string) {
		s, other := create(t, url), open(t, url)
		a := castest.Raw(1)
		put(t, s, a)
		unpin, err := s.Pin(t.Context(), a.CID())
		if err != nil {
			t.Fatal(err)
		}
		want := func(when string, ids ...cid.Cid) {
			t.Helper()
			if told := pinsTold(t, other); !slices.Equal(told, ids) {
				t.Errorf("%s: pins %v, want %v", when, told, ids)
			}
		}
		renew := func() {
			t.Helper()
			if err := s.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		want("pinned", a.CID())
		do(t, s, "UPDATE %p_pins SET expires = expires - 110")
		want("late", a.CID())
		renew()
		do(t, s, "UPDATE %p_pins SET expires = expires - 110")
		want("renewed", a.CID())
		do(t, s, "UPDATE %p_pins SET expires = expires - 1000")
		want("expired")
		renew()
		want("made again", a.CID())
		unpin()
		want("let go")
		renew()
		want("let go for good")
		if _, err := s.Pin(t.Context(), a.CID()); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		want("closed")
	})
}
