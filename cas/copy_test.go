package cas_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/cas/dagcbor"
)

// closed fails when a block in s lacks something that it links to. It returns how many blocks there are.
func closed(t testing.TB, s cas.Store) int {
	t.Helper()
	n := 0
	for id, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		b, err := s.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		links, err := b.Links()
		if err != nil {
			t.Fatal(err)
		}
		for _, child := range links {
			if ok, err := s.Has(t.Context(), child); !ok || err != nil {
				t.Errorf("%s is there, its child %s is not: %v", id, child, err)
			}
		}
	}
	return n
}

// strictStore refuses blocks whose children it does not have, also within a batch.
type strictStore struct{ *cas.Memory }

func (s strictStore) Put(ctx context.Context, blocks []cas.Block) error {
	for _, b := range blocks {
		links, err := b.Links()
		if err != nil {
			return err
		}
		for _, child := range links {
			if ok, err := s.Has(ctx, child); !ok || err != nil {
				return fmt.Errorf("%s comes before its child %s: %w", b.CID(), child, err)
			}
		}
		if err := s.Memory.Put(ctx, []cas.Block{b}); err != nil {
			return err
		}
	}
	return nil
}

func TestCopyPutsChildrenFirst(t *testing.T) {
	for name, blocks := range map[string][]cas.Block{
		"graph":     castest.Graph(1, 3000),
		"chain":     castest.Chain(2, 3000),
		"one block": castest.Graph(3, 1),
	} {
		t.Run(name, func(t *testing.T) {
			src := castest.NewCounting(stored(t, append(castest.Graph(99, 50), blocks...)...))
			dst := strictStore{cas.NewMemory()}
			told := cas.Copied{}
			done, err := cas.Copy(t.Context(), dst, src, last(blocks), func(c cas.Copied) { told = c })
			if err != nil {
				t.Fatal(err)
			}
			if n := closed(t, dst); n != len(blocks) || done.Blocks != n || told != done {
				t.Errorf("%d blocks in the target, %+v done, %+v told, want %d", n, done, told, len(blocks))
			}
			if n := src.Take(); n.Gets != len(blocks) || n.BytesRead != done.Bytes {
				t.Errorf("read %s for %d blocks", n, len(blocks))
			}
			dst = strictStore{cas.NewMemory()}
			again, err := cas.Copy(t.Context(), castest.Batching(dst), castest.Batching(src), last(blocks), nil)
			if n := closed(t, dst); err != nil || again != done || n != len(blocks) {
				t.Errorf("in batches: %d blocks in the target, %+v done, %v", n, again, err)
			}
		})
	}
}

func TestCopyStopsAtWhatTheTargetHas(t *testing.T) {
	old := castest.Graph(1, 2000)
	src := stored(t, old...)
	dst := strictStore{cas.NewMemory()}
	if _, err := cas.Copy(t.Context(), dst, src, last(old), nil); err != nil {
		t.Fatal(err)
	}
	top := castest.Node(7, last(old), castest.Raw(1).CID())
	if err := src.Put(t.Context(), []cas.Block{castest.Raw(1), top}); err != nil {
		t.Fatal(err)
	}
	from, to := castest.NewCounting(src), castest.NewCounting(dst)
	done, err := cas.Copy(t.Context(), to, from, top.CID(), nil)
	if err != nil || done.Blocks != 2 || done.Known != 1 {
		t.Errorf("done %+v, %v, want 2 blocks copied and 1 known", done, err)
	}
	if r, w := from.Take(), to.Take(); r.Gets != 2 || w.Has != 3 || w.Puts != 1 || w.BlocksWritten != 2 {
		t.Errorf("read %s; wrote %s", r, w)
	}
	done, err = cas.Copy(t.Context(), to, from, top.CID(), nil)
	if err != nil || done != (cas.Copied{Known: 1}) || from.Take().Gets != 0 || to.Take().Puts != 0 {
		t.Errorf("a second copy did %+v, %v", done, err)
	}
}

// Interrupted at any operation of either store, a copy leaves the target sound,
// and the next one completes it.
func TestCopyResumes(t *testing.T) {
	blocks := castest.Graph(1, 12)
	root := last(blocks)
	check := func(t *testing.T, dst *cas.Memory, err error, faulty *castest.Faulty, src cas.Getter) {
		if err != nil && !errors.Is(err, castest.ErrFault) {
			t.Fatalf("the copy failed with %v", err)
		}
		if err == nil && faulty.Met() {
			t.Error("the copy did not notice the fault")
		}
		closed(t, dst)
		if ok, _ := dst.Has(t.Context(), root); err == nil && !ok {
			t.Error("the copy says that it is done, but the root is not there")
		}
		if _, err := cas.Copy(t.Context(), dst, src, root, nil); err != nil {
			t.Fatal(err)
		}
		if n := closed(t, dst); n != len(blocks) {
			t.Errorf("the second copy left %d blocks of %d", n, len(blocks))
		}
	}
	t.Run("target", func(t *testing.T) {
		castest.EachFault(t, func(t *testing.T, f castest.Fault) *castest.Faulty {
			src, dst := stored(t, blocks...), cas.NewMemory()
			faulty := castest.NewFaulty(dst, f)
			_, err := cas.Copy(t.Context(), faulty, src, root, nil)
			check(t, dst, err, faulty, src)
			return faulty
		})
	})
	t.Run("source", func(t *testing.T) {
		castest.EachFault(t, func(t *testing.T, f castest.Fault) *castest.Faulty {
			src, dst := stored(t, blocks...), cas.NewMemory()
			faulty := castest.NewFaulty(src, f)
			_, err := cas.Copy(t.Context(), dst, faulty, root, nil)
			check(t, dst, err, faulty, src)
			return faulty
		})
	})
}

// A copy that is larger than one batch and cancelled in between keeps what it put.
func TestCopyCancelled(t *testing.T) {
	blocks := castest.Graph(1, 5000)
	src, dst := stored(t, blocks...), cas.NewMemory()
	ctx, cancel := context.WithCancel(t.Context())
	done, err := cas.Copy(ctx, dst, src, last(blocks), func(cas.Copied) { cancel() })
	if !errors.Is(err, context.Canceled) || done.Blocks == 0 || done.Blocks == 5000 {
		t.Fatalf("done %+v, %v", done, err)
	}
	if n := closed(t, dst); n != done.Blocks {
		t.Errorf("%d blocks in the target, %d done", n, done.Blocks)
	}
	again, err := cas.Copy(t.Context(), dst, src, last(blocks), nil)
	if err != nil || done.Blocks+again.Blocks != 5000 {
		t.Errorf("done %d and again %+v, %v, want 5000 together", done.Blocks, again, err)
	}
}

func TestCopyErrors(t *testing.T) {
	chain := castest.Chain(1, 10)
	dst := cas.NewMemory()
	_, err := cas.Copy(t.Context(), dst, stored(t, slices.Concat(chain[:3], chain[4:])...), last(chain), nil)
	if !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("missing block: %v", err)
	}
	if n := closed(t, dst); n != 0 {
		t.Errorf("%d blocks were put below the missing one", n)
	}
}

// Blocks that wait are given up beyond a limit and read again.
func TestCopyHoldsLittle(t *testing.T) {
	const size, n = 2 << 20, 40 // 80 MiB that all wait for the first block
	chain := []cas.Block{castest.Raw(1)}
	for i := range n {
		data := dagcbor.AppendBytes(dagcbor.AppendArray(nil, 2), append(make([]byte, size), byte(i)))
		chain = append(chain, cas.NewBlock(cas.DagCBOR, dagcbor.AppendLink(data, last(chain))))
	}
	src := castest.NewCounting(stored(t, chain...))
	dst := strictStore{cas.NewMemory()}
	if _, err := cas.Copy(t.Context(), dst, src, last(chain), nil); err != nil {
		t.Fatal(err)
	}
	if got := closed(t, dst); got != n+1 {
		t.Errorf("%d blocks in the target, want %d", got, n+1)
	}
	if gets := src.Take().Gets; gets < n+1+5 || gets > n+1+12 {
		t.Errorf("%d blocks were read, want about 8 of %d twice", gets, n+1)
	}
}

func BenchmarkCopy(b *testing.B) {
	blocks := castest.Graph(1, 10_000)
	src := cas.NewMemory()
	if err := src.Put(b.Context(), blocks); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := cas.Copy(b.Context(), cas.NewMemory(), src, blocks[9999].CID(), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/block")
}
