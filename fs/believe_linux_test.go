package fs_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// TestACommitIsSeenDuringAWalk has one program walk through head as fast as it can, while another looks at it right after
// each commit: what the kernel believes of head for the one must not be told to the other.
func TestACommitIsSeenDuringAWalk(t *testing.T) {
	s := onDisk(peopleSample(t))
	reader := openFile(t, s.dir)
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

// onDisk is a sample on a file store, the only kind whose refs the kernel may believe in.
func onDisk(s *sample) *fileSample {
	s.t.Helper()
	ctx, dir := s.t.Context(), s.t.TempDir()
	store, err := casfile.Create(ctx, dir, casfile.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { store.Close() })
	head, err := s.store.Ref(ctx, "heads/main")
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := cas.Copy(ctx, store, s.store, head, nil); err != nil {
		s.t.Fatal(err)
	}
	if err := store.SetRef(ctx, "heads/main", cid.Undef, head); err != nil {
		s.t.Fatal(err)
	}
	conn, err := engine.Connect(ctx, store, "main")
	if err != nil {
		s.t.Fatal(err)
	}
	return &fileSample{&sample{t: s.t, store: store, conn: conn, ids: s.ids, next: s.next}, dir}
}

// fileSample is a sample in the file store dir.
type fileSample struct {
	*sample
	dir string
}

// openFile opens a file store once more, as another process does.
func openFile(t testing.TB, dir string) *casfile.Store {
	t.Helper()
	s, err := casfile.Open(t.Context(), dir, casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
