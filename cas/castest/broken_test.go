package castest_test

import (
	"context"
	"iter"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// Each broken store is a sound one with one method that does not keep its promise.
type (
	blindRefs    struct{ *cas.Memory } // moves refs without looking
	racyRefs     struct{ *cas.Memory } // looks, then moves: another may come between
	looseNames   struct{ *cas.Memory } // takes any name
	foldedNames  struct{ *cas.Memory } // as on a file system that ignores case
	parentsFirst struct{ *cas.Memory } // puts a batch from the end
	listsTwice   struct{ *cas.Memory }
	unsortedRefs struct{ *cas.Memory }
	deaf         struct{ *cas.Memory } // does not hear that it is cancelled
	keeps        struct{ *cas.Memory } // collects nothing
	forgetful    struct{ *cas.Memory } // pins nothing
	careless     struct{ *cas.Memory } // moves refs although garbage was removed
	loses        struct{ *cas.Memory } // does not store empty blocks
	vague        struct{ *cas.Memory } // another error than ErrNotFound
)

// step is a store like Memory that has no Commit of its own.
type step interface {
	cas.RefStore
	cas.Collector
}

func (s blindRefs) SetRef(ctx context.Context, name string, _, next cid.Cid) error {
	old, err := s.Ref(ctx, name)
	if err != nil {
		old = cid.Undef
	}
	return s.Memory.SetRef(ctx, name, old, next)
}

func (s racyRefs) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	if now, err := s.Ref(ctx, name); err == nil && now != old || err != nil && old.Defined() {
		return cas.ErrConflict
	}
	runtime.Gosched()
	return blindRefs(s).SetRef(ctx, name, old, next)
}

func (s looseNames) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return s.Memory.SetRef(ctx, strings.ReplaceAll(name, "..", "-"), old, next)
}

func (s foldedNames) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return s.Memory.SetRef(ctx, strings.ToLower(name), old, next)
}

func (s foldedNames) Ref(ctx context.Context, name string) (cid.Cid, error) {
	return s.Memory.Ref(ctx, strings.ToLower(name))
}

func (s parentsFirst) Put(ctx context.Context, blocks []cas.Block) error {
	for _, b := range slices.Backward(blocks) {
		if err := s.Memory.Put(ctx, []cas.Block{b}); err != nil {
			return err
		}
		runtime.Gosched()
	}
	return nil
}

func (s listsTwice) All(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		for id, err := range s.Memory.All(ctx) {
			for range 2 {
				if !yield(id, err) {
					return
				}
			}
		}
	}
}

func (s unsortedRefs) Refs(ctx context.Context) ([]cas.Ref, error) {
	refs, err := s.Memory.Refs(ctx)
	slices.Reverse(refs)
	return refs, err
}

func (s deaf) Put(_ context.Context, blocks []cas.Block) error {
	return s.Memory.Put(context.Background(), blocks)
}

func (s keeps) Collect(context.Context, bool, cas.Mark) (cas.Collected, error) {
	return cas.Collected{}, nil
}

func (s forgetful) Pin(context.Context, ...cid.Cid) (func(), error) { return func() {}, nil }

func (s careless) Begin() cas.RefStore { return s.Memory }

func (s loses) Put(ctx context.Context, blocks []cas.Block) error {
	return s.Memory.Put(ctx, slices.DeleteFunc(slices.Clone(blocks), func(b cas.Block) bool { return b.CID().Defined() && len(b.Data()) == 0 }))
}

func (s vague) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	b, err := s.Memory.Get(ctx, id)
	if err != nil {
		return b, &cas.CorruptError{CID: id, Reason: err.Error()}
	}
	return b, nil
}

// noCommit hides Memory's own Commit, so that the broken methods are used.
type noCommit struct{ step }

func (n noCommit) Commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid) error {
	if err := n.Put(ctx, blocks); err != nil {
		return err
	}
	return n.SetRef(ctx, ref, old, next)
}

var broken = []struct {
	name  string
	fails string // a test of the suite that must notice
	open  func(*cas.Memory) step
}{
	{"none", "", func(m *cas.Memory) step { return m }},
	{"blindRefs", "RefConflict", func(m *cas.Memory) step { return blindRefs{m} }},
	{"racyRefs", "RefRace", func(m *cas.Memory) step { return racyRefs{m} }},
	{"looseNames", "RefNames", func(m *cas.Memory) step { return looseNames{m} }},
	{"foldedNames", "RefsSorted", func(m *cas.Memory) step { return foldedNames{m} }},
	{"parentsFirst", "Closure", func(m *cas.Memory) step { return parentsFirst{m} }},
	{"listsTwice", "All", func(m *cas.Memory) step { return listsTwice{m} }},
	{"unsortedRefs", "RefsSorted", func(m *cas.Memory) step { return unsortedRefs{m} }},
	{"deaf", "Cancelled", func(m *cas.Memory) step { return deaf{m} }},
	{"keeps", "Collect", func(m *cas.Memory) step { return keeps{m} }},
	{"forgetful", "Pin", func(m *cas.Memory) step { return forgetful{m} }},
	{"careless", "CollectWhileWriting", func(m *cas.Memory) step { return careless{m} }},
	{"loses", "Blocks", func(m *cas.Memory) step { return loses{m} }},
	{"vague", "Unknown", func(m *cas.Memory) step { return vague{m} }},
}

// brokenStore names the store that TestBrokenStore is to run the suite on.
const brokenStore = "CASTEST_BROKEN"

// TestBrokenStore does nothing unless TestSuiteNotices runs it in a process of
// its own, where it may fail.
func TestBrokenStore(t *testing.T) {
	for _, b := range broken {
		if b.name == os.Getenv(brokenStore) {
			castest.Run(t, func(testing.TB) cas.RefStore { return noCommit{b.open(cas.NewMemory())} })
		}
	}
}

func TestSuiteNotices(t *testing.T) {
	for _, b := range broken {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBrokenStore$")
		cmd.Env = append(os.Environ(), brokenStore+"="+b.name)
		out, err := cmd.CombinedOutput()
		if b.fails == "" && err != nil {
			t.Errorf("a sound store: %v\n%s", err, out)
		}
		if b.fails != "" && !strings.Contains(string(out), "--- FAIL: TestBrokenStore/"+b.fails) {
			t.Errorf("%s: %s did not notice\n%s", b.name, b.fails, out)
		}
	}
}
