//go:build unix

package cass3

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/test/servers"
)

// A clock that is ten minutes off changes nothing; one that is an hour off is refused by the server, which is said, with by how much, and nothing is lost. When it is set right, the
// same open store goes on.
func TestClockIsWrong(t *testing.T) {
	t.Parallel()
	direct := newURL(servers.S3(t))
	clock, url, err := servers.ClockOff(direct, 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(clock.Close)
	s := create(t, url, Options{Alone: true})
	chain := castest.Chain(31, 3)
	commitChain(t, s, chain[:1], nil)
	if _, err := s.Collect(t.Context(), false, reachable(s)); err != nil {
		t.Error(err)
	}
	for _, off := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		clock.Set(off)
		other := again(t, url, Options{})
		if id, err := other.Ref(t.Context(), "heads/main"); err != nil || id != chain[0].CID() {
			t.Error(id, err)
		}
		if ahead, ok := other.ClockAhead(); !ok || (ahead-off).Abs() > 10*time.Second {
			t.Errorf("ahead by %s, %v: want about %s", ahead, ok, off)
		}
	}
	refused := func(what string, err error, want string) {
		t.Helper()
		var told interface{ Hint() string }
		if !errors.Is(err, fs.ErrPermission) || errors.Is(err, cas.ErrUnavailable) || !errors.As(err, &told) || !strings.Contains(told.Hint(), want) || !strings.Contains(told.Hint(), "timedatectl") {
			t.Errorf("%s: %v: want a permission that is missing, and a hint with %q", what, err, want)
		}
	}
	for off, want := range map[time.Duration]string{time.Hour: "ahead of the server's", -time.Hour: "behind the server's"} {
		clock.Set(off)
		start := time.Now()
		refused("commit", s.Commit(t.Context(), chain[1:2], "heads/main", chain[0].CID(), chain[1].CID()), want)
		_, err := s.Ref(t.Context(), "heads/main")
		refused("ref", err, want)
		_, err = s.Get(t.Context(), castest.Raw(1).CID())
		refused("get", err, want)
		_, err = Open(t.Context(), url, Options{Alone: true})
		refused("open", err, want)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("it was tried over and over for %s", took)
		}
	}
	clock.Set(0)
	if id, err := again(t, direct, Options{}).Ref(t.Context(), "heads/main"); err != nil || id != chain[0].CID() {
		t.Error(id, err)
	}
	for i := 1; i < len(chain); i++ {
		if err := s.Commit(t.Context(), chain[i:i+1], "heads/main", chain[i-1].CID(), chain[i].CID()); err != nil {
			t.Error(err)
		}
	}
	wantWhole(t, again(t, direct, Options{}), "heads/main", chain[2].CID(), -1)
}
