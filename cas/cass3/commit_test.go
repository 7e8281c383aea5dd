package cass3

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// commitChain commits block after block, each of which links to the one before, and calls each after every one.
func commitChain(t *testing.T, s *Store, chain []cas.Block, each func(i int)) {
	t.Helper()
	old := cid.Undef
	for i, b := range chain {
		if err := s.Commit(t.Context(), []cas.Block{castest.Raw(uint64(7000 + i)), b}, "heads/main", old, b.CID()); err != nil {
			t.Fatalf("commit %d: %v", i, err)
		}
		old = b.CID()
		if each != nil {
			each(i)
		}
	}
}

// A commit is one PUT of a pack and one of the ref, and what a ref needs stays few packs.
func TestCommitIsTwoPuts(t *testing.T) {
	t.Parallel()
	w := newWire()
	url := fakeURL(fake(t, nil))
	s := create(t, url, Options{Transport: w})
	chain := castest.Chain(1, 200)
	most := 0
	commitChain(t, s, chain, func(i int) {
		c := w.take()
		if first := i == 0; !first && (c.put != 2 || c.get != 0 || c.list != 0) {
			t.Fatalf("commit %d: %s", i, c)
		}
		most = max(most, len(s.seen("heads/main").packs))
	})
	if most > 12 {
		t.Errorf("a ref lists %d packs after 200 commits", most)
	}
	t.Logf("at most %d packs after 200 commits", most)
	if all, err := s.client.list(t.Context(), "packs/"); err != nil || len(all) > 12+maxOld {
		t.Errorf("%d packs are there, %v", len(all), err)
	}

	// Another process finds all of it with the ref and a few packs, and commits on top of it.
	w.take()
	other := again(t, url, Options{Transport: w})
	id, err := other.Ref(t.Context(), "heads/main")
	if err != nil || id != chain[199].CID() {
		t.Fatal(id, err)
	}
	for i := 199; i > 199-40; i-- {
		if _, err := other.Get(t.Context(), chain[i].CID()); err != nil {
			t.Fatal(err)
		}
	}
	if c := w.take(); c.get > 2 || c.list > 0 { // the format, the ref
		t.Errorf("the newest 40 commits: %s", c)
	}
	for _, b := range chain {
		if _, err := other.Get(t.Context(), b.CID()); err != nil {
			t.Fatal(err)
		}
	}
	if c := w.take(); c.list > 0 {
		t.Errorf("all commits: %s", c)
	}
	next := castest.Node(9, id)
	if err := other.Commit(t.Context(), []cas.Block{next}, "heads/main", id, next.CID()); err != nil {
		t.Fatal(err)
	}
	if c := w.take(); c.put != 4 { // two of them try the server
		t.Errorf("the first commit of a process: %s", c)
	}
}

// The answer to a PUT of a ref is lost; the ref tells whether it was moved.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		before, after func(*http.Request) error
	}{
		{"after it was stored", nil, once(1, isRefPut)},
		{"before it was stored", once(1, isRefPut), nil},
		{"three times", nil, once(3, isRefPut)},
		{"of the pack", nil, once(2, isPackPut)},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWire()
			url := fakeURL(fake(t, nil))
			s := create(t, url, Options{Transport: w})
			chain := castest.Chain(2, 3)
			commitChain(t, s, chain[:2], nil)
			w.set(c.before, c.after)
			if err := s.Commit(t.Context(), chain[2:], "heads/main", chain[1].CID(), chain[2].CID()); err != nil {
				t.Fatal(err)
			}
			other := again(t, url, Options{})
			if id, err := other.Ref(t.Context(), "heads/main"); id != chain[2].CID() || err != nil {
				t.Error(id, err)
			}
		})
	}
}

// The answer is lost, and others move the ref before it is looked at: the move was made all the same, once.
func TestLostAnswerBehindOthers(t *testing.T) {
	t.Parallel()
	for _, others := range []int{1, maxPast - 2, maxPast + 5} {
		w := newWire()
		url := fakeURL(fake(t, nil))
		s, other := create(t, url, Options{Transport: w}), again(t, url, Options{})
		chain := castest.Chain(3, 3+others)
		commitChain(t, s, chain[:1], nil)
		lose := once(1, isRefPut)
		w.set(nil, func(r *http.Request) error {
			if err := lose(r); err != nil {
				for i := 2; i < 2+others; i++ {
					if err := other.Commit(context.Background(), chain[i:i+1], "heads/main", chain[i-1].CID(), chain[i].CID()); err != nil {
						t.Error(err)
					}
				}
				return err
			}
			return nil
		})
		err := s.Commit(t.Context(), chain[1:2], "heads/main", chain[0].CID(), chain[1].CID())
		switch known := others < maxPast; {
		case known && err != nil:
			t.Errorf("%d moves later: %v", others, err)
		case !known && (err == nil || errors.Is(err, cas.ErrConflict)):
			t.Errorf("%d moves later: %v, which is not known", others, err)
		}
	}
}

// A server that answers 503 is asked again until the context's deadline.
func TestBusyServer(t *testing.T) {
	t.Parallel()
	busy := 4
	url := fakeURL(fake(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isRefPut(r) && busy > 0 {
				busy--
				w.WriteHeader(http.StatusServiceUnavailable)
				_, _ = w.Write([]byte(`<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>`))
				return
			}
			h.ServeHTTP(w, r)
		})
	}))
	s := create(t, url, Options{})
	commitChain(t, s, castest.Chain(4, 2), nil)
	busy = 1 << 30
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := s.SetRef(ctx, "tags/x", cid.Undef, castest.Raw(7000).CID())
	if !errors.Is(err, cas.ErrUnavailable) || time.Since(start) > 2*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

// 409 is not 412: another conditional request was under way, and the same one may still win.
func TestConflictUnderWay(t *testing.T) {
	t.Parallel()
	left := 3
	url := fakeURL(fake(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isRefPut(r) && left > 0 {
				left--
				w.WriteHeader(http.StatusConflict)
				_, _ = w.Write([]byte(`<Error><Code>ConditionalRequestConflict</Code></Error>`))
				return
			}
			h.ServeHTTP(w, r)
		})
	}))
	commitChain(t, create(t, url, Options{}), castest.Chain(5, 3), nil)
	if left != 0 {
		t.Error("it was not asked again")
	}
}

// If-Match of a ref that is gone is refused with 404 by some servers and with 412 by others: a conflict both.
func TestRefIsGone(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusNotFound, http.StatusPreconditionFailed} {
		gone := false
		url := fakeURL(fake(t, func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case gone && isRefPut(r) && r.Header.Get("If-Match") != "":
					w.WriteHeader(status)
				case gone && r.Method == http.MethodGet && r.URL.Path != "/" && len(r.URL.Query()) == 0:
					w.WriteHeader(http.StatusNotFound)
				default:
					h.ServeHTTP(w, r)
				}
			})
		}))
		s := create(t, url, Options{})
		chain := castest.Chain(6, 2)
		commitChain(t, s, chain[:1], nil)
		gone = true
		if err := s.SetRef(t.Context(), "heads/main", chain[0].CID(), chain[1].CID()); !errors.Is(err, cas.ErrConflict) {
			t.Errorf("status %d: %v", status, err)
		}
	}
}

// A server that drops conditions is not written to.
func TestConditionsIgnored(t *testing.T) {
	t.Parallel()
	for _, dropped := range []string{"If-Match", "If-None-Match"} {
		url := fakeURL(fake(t, func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPut {
					r.Header.Del(dropped)
				}
				h.ServeHTTP(w, r)
			})
		}))
		s := create(t, url, Options{})
		b := castest.Raw(1)
		for name, write := range map[string]func() error{
			"Put":    func() error { return s.Put(t.Context(), []cas.Block{b}) },
			"SetRef": func() error { return s.SetRef(t.Context(), "heads/main", cid.Undef, b.CID()) },
			"Commit": func() error { return s.Commit(t.Context(), []cas.Block{b}, "heads/main", cid.Undef, b.CID()) },
		} {
			if err := write(); !errors.Is(err, cas.ErrUnsupported) {
				t.Errorf("%s without %s: %v", name, dropped, err)
			}
		}
		if ok, err := s.Has(t.Context(), b.CID()); ok || err != nil {
			t.Errorf("Has: %v, %v", ok, err)
		}
	}
}

// A large object is one PUT too, with its condition: in parts, it would be written without.
func TestLargePutKeepsItsCondition(t *testing.T) {
	t.Parallel()
	w := newWire()
	s := create(t, fakeURL(fake(t, nil)), Options{Transport: w})
	w.take()
	large := make([]byte, 17<<20)
	if _, err := s.client.put(t.Context(), "large", large, condition{none: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.put(t.Context(), "large", large, condition{none: true}); !errors.Is(err, errRefused) {
		t.Errorf("the second one: %v", err)
	}
	if c := w.take(); c.put != 2 || len(c.log) != 2 {
		t.Error(c)
	}
}

// A ref that was moved away and back has another ETag: a writer who has not seen that is refused, looks, and tries again.
func TestMovedAwayAndBack(t *testing.T) {
	t.Parallel()
	w := newWire()
	url := fakeURL(fake(t, nil))
	s, other := create(t, url, Options{Transport: w}), again(t, url, Options{})
	a, b, c := castest.Raw(1), castest.Raw(2), castest.Raw(3)
	if err := s.Put(t.Context(), []cas.Block{a, b, c}); err != nil {
		t.Fatal(err)
	}
	move := func(s *Store, old, next cid.Cid) {
		t.Helper()
		if err := s.SetRef(t.Context(), "heads/main", old, next); err != nil {
			t.Fatal(err)
		}
	}
	move(s, cid.Undef, a.CID())
	move(other, a.CID(), b.CID())
	move(other, b.CID(), a.CID())
	w.take()
	move(s, a.CID(), c.CID())
	if n := w.take(); n.put != 2 || n.get != 1 {
		t.Errorf("it was not refused: %s", n)
	}
	if id, err := other.Ref(t.Context(), "heads/main"); id != c.CID() || err != nil {
		t.Error(id, err)
	}
}

// Keys that may only read are enough to read; what writes is refused as a matter of permission.
func TestKeysThatMayRead(t *testing.T) {
	t.Parallel()
	readOnly := false
	url := fakeURL(fake(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if readOnly && r.Method != http.MethodGet {
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(`<Error><Code>AccessDenied</Code></Error>`))
				return
			}
			h.ServeHTTP(w, r)
		})
	}))
	chain := castest.Chain(12, 2)
	commitChain(t, create(t, url, Options{}), chain[:1], nil)
	readOnly = true
	s := again(t, url, Options{})
	if id, err := s.Ref(t.Context(), "heads/main"); err != nil || id != chain[0].CID() {
		t.Fatal(id, err)
	}
	if _, err := s.Get(t.Context(), chain[0].CID()); err != nil {
		t.Error(err)
	}
	if err := s.Put(t.Context(), chain[1:]); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Put: %v", err)
	}
	if err := s.Commit(t.Context(), chain[1:], "heads/main", chain[0].CID(), chain[1].CID()); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Commit: %v", err)
	}
}
