package cass3

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// A writer that began before a Collect stores its pack long after it, on top of what is garbage and gone, and takes in packs that stay. Its ref does not move; and who syncs the same
// finds none of it there, since it has not what it links to.
func TestLatePackDoesNotCount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		who  string
		sees bool // what the late writer has put, until it is told of the next epoch
		of   func(slow, early *Store, url string) *Store
	}{
		{"who comes afterwards", false, func(_, _ *Store, url string) *Store { return again(t, url, Options{}) }},
		{"the late writer itself", false, func(slow, _ *Store, _ string) *Store { return slow }},
		{"who was there before", true, func(_, early *Store, _ string) *Store { return early }},
	} {
		t.Run(c.who, func(t *testing.T) {
			url := fakeURL(fake(t, nil))
			head, live := littered(t, url)
			gone := castest.Node(77, secret.CID(), head) // as there
			made := castest.Node(78, gone.CID(), head)
			early := again(t, url, Options{})
			slow := putLate(t, url, head, gone, made)

			s := c.of(slow, early, url)
			for id, want := range map[cid.Cid]bool{made.CID(): c.sees, head: true} {
				if ok, err := s.Begin().Has(t.Context(), id); ok != want || err != nil {
					t.Errorf("has %s: %v, %v; want %v", id, ok, err, want)
				}
			}
			wantWhole(t, s, "heads/main", head, -1)
			syncTo(t, s, "heads/synced", append(append([]cas.Block{secret}, castest.Chain(3, 4)...), gone, made))
			wantWhole(t, again(t, url, Options{}), "heads/synced", made.CID(), -1)

			// The next collector removes it, and the roll before.
			if err := s.SetRef(t.Context(), "heads/synced", made.CID(), cid.Undef); err != nil {
				t.Fatal(err)
			}
			last := again(t, url, Options{})
			if _, err := last.Collect(t.Context(), true, reachable(last)); err != nil {
				t.Fatal(err)
			}
			if holds(t, last, secret.Data()) {
				t.Error("what is garbage is still there")
			}
			wantWhole(t, again(t, url, Options{}), "heads/main", head, live)
			wantWhole(t, early, "heads/main", head, live)
			if rolls, err := last.client.list(t.Context(), "rolls/"); err != nil || len(rolls) != 1 {
				t.Errorf("%d rolls, %v: want the last one", len(rolls), err)
			}
		})
	}
}

// putLate has a writer begin that counts on gone, which is garbage, removes that, and only then lets the writer store its pack.
func putLate(t *testing.T, url string, head cid.Cid, gone, made cas.Block) *Store {
	t.Helper()
	held, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var once sync.Once
	w := newWire()
	w.set(func(r *http.Request) error {
		if isPackPut(r) {
			once.Do(func() { close(held); <-release })
		}
		return nil
	}, nil)
	slow := again(t, url, Options{Transport: w})
	late := slow.Begin()
	if ok, err := late.Has(t.Context(), gone.CID()); !ok || err != nil {
		t.Fatal("what the writer counts on is not there:", err)
	}
	go func() {
		ended <- cas.Commit(t.Context(), late, []cas.Block{made}, "heads/main", head, made.CID())
	}()
	<-held
	s := again(t, url, Options{})
	if done, err := s.Collect(t.Context(), false, reachable(s)); err != nil || done.Blocks == 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	before, err := s.client.list(t.Context(), "packs/")
	if err != nil {
		t.Fatal(err)
	}
	close(release)
	if err := <-ended; !errors.Is(err, cas.ErrConflict) {
		t.Fatalf("the late writer: %v, want a conflict", err)
	}
	if after, err := s.client.list(t.Context(), "packs/"); err != nil || len(after) != len(before)+1 {
		t.Fatalf("%d packs, %v; before %d: the late one is to be there", len(after), err, len(before))
	}
	return slow
}

// syncTo copies blocks, the last of which links to the others, and has a ref point there, as Sync does.
func syncTo(t *testing.T, s *Store, ref string, blocks []cas.Block) {
	t.Helper()
	src, head := cas.NewMemory(), blocks[len(blocks)-1].CID()
	if err := src.Put(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	for try := 0; ; try++ {
		dst := s.Begin()
		_, err := cas.Copy(t.Context(), dst, src, head, nil)
		if err == nil {
			err = dst.SetRef(t.Context(), ref, cid.Undef, head)
		}
		if err == nil {
			return
		}
		if !errors.Is(err, cas.ErrConflict) || try == 3 {
			t.Fatal(err)
		}
	}
}

// A roll that is damaged or missing is told of by its name, and what is asked without listing packs goes on.
func TestRollIsDamaged(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	head, _ := littered(t, url)
	gone := castest.Node(77, secret.CID(), head)
	putLate(t, url, head, gone, castest.Node(78, gone.CID(), head))
	s := again(t, url, Options{})
	key := s.rollNow().key()
	damage := map[string]func() error{
		"damaged": func() error {
			_, err := s.client.put(t.Context(), key, []byte(rollMagic+"and no sum of it"), condition{})
			return err
		},
		"missing": func() error { return s.client.remove(t.Context(), key) },
	}
	for _, what := range []string{"damaged", "missing"} {
		if err := damage[what](); err != nil {
			t.Fatal(err)
		}
		other := again(t, url, Options{})
		if id, err := other.Ref(t.Context(), "heads/main"); id != head || err != nil {
			t.Error(id, err)
		}
		if _, err := other.Get(t.Context(), head); err != nil {
			t.Error(err)
		}
		_, err := other.Has(t.Context(), castest.Raw(12345).CID())
		var corrupt *cas.CorruptError
		if !errors.As(err, &corrupt) || !strings.HasSuffix(corrupt.Path, key) || !strings.Contains(corrupt.Reason, what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
