package fs_test

import (
	"strings"
	"testing"
	"time"
)

func TestDiffReadsOnlyWhatDiffers(t *testing.T) {
	s := onDisk(manySample(t, 10_000))
	m := mount(t, s.tree())
	const change = `diff -r A/entities/person/p0+/p05+/p05000@example.org/age B/entities/person/p0+/p05+/p05000@example.org/age
1c1
< 20
---
> 99
`
	diff := func(a, b string) (requests int) {
		m.want("diff -r "+a+" "+b+" || true", strings.NewReplacer("A", a, "B", b).Replace(change))
		requests, n := m.reqs.take()
		t.Logf("diff -r of %.10s and %.10s: %d requests: %v", a, b, requests, n)
		return requests
	}
	before, after := "commits/"+s.ids[1], "commits/"+s.ids[2]
	// The listings of the one page that differs are most of it.
	if n := diff(before, after); n > 80 {
		t.Errorf("diff -r made %d requests", n)
	}
	if n := diff(before, after); n > 50 {
		t.Errorf("diff -r made %d requests with a warm cache", n)
	}
	// Moving names, of which there are 2,000 in the paths, are asked for again and again, but only when a moment is over: two
	// in 4 ms, which is the least that a kernel makes of one. What is once for all is 20. Where other programs take the time of
	// diff, it does not look like a walk, so it is tried until the machine has a quiet moment.
	for try := 1; ; try++ {
		began := time.Now()
		n, took := diff("at/main~1", "head"), time.Since(began)
		if n <= min(40+int(took/(2*time.Millisecond)), 400) {
			break
		}
		if try == 20 {
			t.Fatalf("diff -r through moving names made %d requests in %v", n, took)
		}
	}
}
