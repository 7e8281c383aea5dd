package fs_test

import (
	"fmt"
	"strings"
	"testing"
)

// manySample has n people in one transaction, and a change of one in a second.
func manySample(t testing.TB, n int) *sample {
	s := newSample(t)
	s.tx(sampleSchema)
	var data strings.Builder
	data.WriteByte('[')
	for i := range n {
		fmt.Fprintf(&data, `{:person/email "p%05d@example.org" :person/name "Person %d" :person/age %d :person/nick ["a%d" "b"]}`, i, i, 20+i%50, i)
	}
	data.WriteByte(']')
	s.tx(data.String())
	s.tx(fmt.Sprintf(`[{:person/email "p%05d@example.org" :person/age 99}]`, n/2))
	return s
}

func TestDiffReadsOnlyWhatDiffers(t *testing.T) {
	s := manySample(t, 10_000)
	m := mount(t, s.tree())
	want := `diff -r at/t2/entities/person/p05000@example.org/age at/t3/entities/person/p05000@example.org/age
1c1
< 20
---
> 99
`
	m.want("diff -r at/t2/ at/t3/ || true", want)
	total, n := m.reqs.take()
	t.Logf("cold: %d requests: %v", total, n)
	// Two listings of 10,000 entries are most of it.
	if total > 600 {
		t.Errorf("diff -r made %d requests: %v", total, n)
	}
	m.want("diff -r at/t2/ at/t3/ || true", want)
	total, n = m.reqs.take()
	t.Logf("warm: %d requests: %v", total, n)
	if total > 60 {
		t.Errorf("diff -r made %d requests with a warm cache: %v", total, n)
	}
}
