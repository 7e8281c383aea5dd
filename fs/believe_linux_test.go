package fs_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
)

// TestACommitIsSeenDuringAWalk has one program walk through head as fast as it can, while another looks at it right after
// each commit: what the kernel believes of head for the one must not be told to the other.
func TestACommitIsSeenDuringAWalk(t *testing.T) {
	dir := t.TempDir()
	store, err := casfile.Create(t.Context(), dir, casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	reader, err := casfile.Open(t.Context(), dir, casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	s := &sample{t: t, store: store, next: start}
	if s.conn, err = engine.Create(t.Context(), s.store, "main", engine.Options{}, start); err != nil {
		t.Fatal(err)
	}
	s.tx(sampleSchema)
	s.tx(sampleData)
	leases := &countedLeases{RefStore: reader, Leaser: reader}
	m := mount(t, (&sample{store: leases, next: s.next}).tree())

	const age = "head/entities/person/ada@example.org/age"
	walker := m.start("echo ready; while [ -e " + age + " ]; do read -t 0 && exit; done")
	looks := m.start("echo ready; while read _; do read age < " + age + "; echo $age; done")
	for i := range 100 {
		s.tx(fmt.Sprintf(`[{:person/email "ada@example.org" :person/age %d}]`, 100+i))
		fmt.Fprintln(looks.in)
		if got, err := looks.out.ReadString('\n'); got != fmt.Sprintln(100+i) || err != nil {
			t.Errorf("after the commit of %d it is %s %v", 100+i, got, err)
		}
	}
	looks.finish("")
	walker.finish("\n")
	if leases.taken.Load() == 0 {
		t.Error("the kernel believed nothing, so this has shown nothing")
	}
}

// countedLeases counts the leases that were taken.
type countedLeases struct {
	cas.RefStore
	cas.Leaser
	taken atomic.Int64
}

func (c *countedLeases) Lease() (release func(), ok bool) {
	if release, ok = c.Leaser.Lease(); ok {
		c.taken.Add(1)
	}
	return release, ok
}
