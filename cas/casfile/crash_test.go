package casfile

import (
	"math/rand/v2"
	"testing"
)

// TestPowerFailure cuts the power after every number of operations on the
// disk: what was acknowledged is there, whatever part of the rest is.
func TestPowerFailure(t *testing.T) {
	for n := 1; ; n++ {
		dir, d := crashStore(t)
		h := newHistory()
		one := session(d, n)
		runSteps(t, h, dir, one, 20)
		for seed := range uint64(4) {
			h.survives(t, d, rand.New(rand.NewPCG(uint64(n), seed)))
		}
		if !one.met() {
			if n < 100 {
				t.Errorf("the work took only %d operations", n)
			}
			return
		}
	}
}

// TestPowerFailureAfterDeath lets one process die in place of an fsync, another
// one go on until it dies so too, and then cuts the power.
func TestPowerFailureAfterDeath(t *testing.T) {
	for n, met := 1, true; met; n++ {
		met = false
		for m := 1; m <= 12; m++ {
			dir, d := crashStore(t)
			h := newHistory()
			one, two := syncSession(d, n), syncSession(d, m)
			runSteps(t, h, dir, one, 5)
			runSteps(t, h, dir, two, 5)
			for seed := range uint64(3) {
				h.survives(t, d, rand.New(rand.NewPCG(uint64(100*n+m), seed)))
			}
			met = met || one.met()
		}
	}
}

func syncSession(d *crashDisk, n int) *faultyDisk {
	return &faultyDisk{disk: d, fault: fault{err: errFault, dead: true, syncs: true}, left: n}
}

// crashStore makes a store on a crashDisk; all of the empty store is safe.
func crashStore(t *testing.T) (string, *crashDisk) {
	t.Helper()
	dir := tempDir(t)
	d := newCrashDisk(dir)
	s, err := create(t.Context(), dir, Options{}, d)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	return dir, d
}

// session is one process on a disk that others share; it dies at its nth operation.
func session(d *crashDisk, n int) *faultyDisk {
	return &faultyDisk{disk: d, fault: faults["died"], left: n}
}

// runSteps works until the steps are done or the process has died.
func runSteps(t *testing.T, h *history, dir string, d *faultyDisk, steps int) {
	s, err := openTiny(t, dir, d)
	if err != nil {
		if d.met() {
			return
		}
		t.Fatal(err)
	}
	defer s.Close()
	for i := 0; i < steps && !d.met(); i++ {
		h.step(t, s)
	}
}

// survives cuts the power and looks at what is left, as the next process would.
func (h *history) survives(t *testing.T, d *crashDisk, r *rand.Rand) {
	t.Helper()
	dir := d.powerFailure(t, r)
	s, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatalf("after a power failure: %v", err)
	}
	defer s.Close()
	h.holds(t, s)
	next := &history{n: h.n + 1000, acked: h.acked[:len(h.acked):len(h.acked)]}
	for range 4 {
		next.step(t, s)
	}
	if len(next.acked) != len(h.acked)+12 {
		t.Fatalf("the store does not go on after a power failure: %v", next.failed)
	}
	next.holds(t, s)
}
