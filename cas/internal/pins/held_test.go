package pins

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var renewed atomic.Int64
		var dropped []string
		var h *Held[int]
		h = New[int](time.Minute, func(context.Context) { renewed.Add(int64(len(h.All()))) }, func(names []string) {
			slices.Sort(names)
			dropped = append(dropped, names...)
		})
		h.ReleaseAll() // nothing runs
		h.Hold("a", 1)
		h.Hold("b", 2)
		h.Hold("c", 3)
		time.Sleep(2*time.Minute + time.Second)
		if n := renewed.Load(); n != 6 {
			t.Errorf("%d renewals of three pins in two minutes", n)
		}
		h.Release("b")
		h.Release("b")
		if !slices.Equal(dropped, []string{"b"}) || h.Has("b") || !h.Has("a") || len(h.All()) != 2 {
			t.Errorf("dropped %v, held %v", dropped, h.All())
		}
		h.ReleaseAll()
		if !slices.Equal(dropped, []string{"b", "a", "c"}) {
			t.Errorf("dropped %v", dropped)
		}
		before := renewed.Load()
		time.Sleep(time.Hour)
		if n := renewed.Load(); n != before {
			t.Error("pins are renewed that were let go")
		}
		h.Hold("d", 4) // as a Pin that was under way when the store was closed
		time.Sleep(time.Minute + time.Second)
		if renewed.Load() != before+1 {
			t.Error("it is not renewed any more")
		}
		h.ReleaseAll()
	})
}
