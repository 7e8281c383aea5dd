package cass3

import (
	"slices"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// Pins whose process has died end by themselves, and those of others count, whatever this machine's clock says.
func TestPinsEnd(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	s := create(t, url, Options{})
	b := castest.Raw(1)
	if err := s.Put(t.Context(), []cas.Block{b}); err != nil {
		t.Fatal(err)
	}
	dying := again(t, url, Options{})
	if _, err := dying.Pin(t.Context(), b.CID()); err != nil {
		t.Fatal(err)
	}
	if pins, err := s.livePins(t.Context()); err != nil || !slices.Equal(pins, []cid.Cid{b.CID()}) {
		t.Fatal(pins, err)
	}
	// It has been renewed now and then, until just now.
	dying.renew(t.Context())
	if pins, err := s.pinsAt(t.Context(), lease/2); err != nil || len(pins) != 1 {
		t.Fatal(pins, err)
	}
	if pins, err := s.pinsAt(t.Context(), lease+time.Minute); err != nil || len(pins) != 0 {
		t.Fatal(pins, err)
	}
	if all, err := s.client.list(t.Context(), "pins/"); err != nil || len(all) != 0 {
		t.Error(all, err)
	}

	// Who is done soon has not pinned.
	w := newWire()
	reader := again(t, url, Options{Transport: w})
	reader.PinLater(time.Hour, b.CID())()
	if n := w.take(); n.put > 0 {
		t.Error(n)
	}
	unpin := reader.PinLater(0, b.CID())
	for try := 0; ; try++ {
		pins, err := s.livePins(t.Context())
		if err != nil || try == 500 {
			t.Fatal(pins, err)
		}
		if len(pins) == 1 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	unpin()
	if pins, err := s.livePins(t.Context()); err != nil || len(pins) > 0 {
		t.Error(pins, err)
	}
}
