package index

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/dagcbor"
)

// numbered are n entries with eight-byte values: sequential keys, or (with
// mix) keys scattered over 8 bytes, in order.
func numbered(n int, mix uint64) iter.Seq2[Entry, error] {
	nums := make([]uint64, n)
	for i := range nums {
		nums[i] = uint64(i)
		if mix != 0 {
			nums[i] = uint64(i+1) * mix
		}
	}
	slices.Sort(nums)
	return func(yield func(Entry, error) bool) {
		for i, x := range nums {
			key := binary.BigEndian.AppendUint64(make([]byte, 0, 16), x)
			if !yield(Entry{Key: key, Val: binary.BigEndian.AppendUint64(nil, uint64(i))}, nil) {
				return
			}
		}
	}
}

// TestSizes: leaves are 4 KiB on average and within their bounds, whatever the keys.
func TestSizes(t *testing.T) {
	for name, mix := range map[string]uint64{"sequential": 0, "scattered": golden64} {
		t.Run(name, func(t *testing.T) {
			var sizes []int
			_, err := Build(context.Background(), NewNodes(cas.NewMemory(), 0), plain{kind: 1}, numbered(500_000, mix), func(b cas.Block) error {
				if levelOf(b) == 0 {
					sizes = append(sizes, len(b.Data()))
				}
				return nil
			})
			check(t, err)
			checkSizes(t, sizes)
		})
	}
}

// TestBranchSizes: so are branches, with and without maxima.
func TestBranchSizes(t *testing.T) {
	id := cas.NewBlock(cas.DagCBOR, nil).CID()
	for _, sums := range []bool{false, true} {
		var sizes []int
		b := builder{layout: plain{kind: 1, sums: sums}, base: 1, sink: func(b cas.Block) error {
			if levelOf(b) == 1 {
				sizes = append(sizes, len(b.Data()))
			}
			return nil
		}}
		for e := range numbered(200_000, golden64) {
			check(t, b.add(0, &row{Entry{Key: e.Key}, ref{id: id, count: 200, max: 50_000}}))
		}
		_, err := b.finish()
		check(t, err)
		checkSizes(t, sizes)
	}
}

func levelOf(b cas.Block) uint64 {
	r := dagcbor.NewReader(b.Data())
	r.Array()
	r.Uint()
	return r.Uint()
}

func checkSizes(t *testing.T, sizes []int) {
	t.Helper()
	sizes = sizes[:len(sizes)-1] // the last ends with the tree
	slices.Sort(sizes)
	sum, n := 0, len(sizes)
	for _, s := range sizes {
		sum += s
	}
	mean, p1, p99 := sum/n, sizes[n/100], sizes[n*99/100]
	what := fmt.Sprintf("%d nodes: mean %d, min %d, p1 %d, p99 %d, max %d", n, mean, sizes[0], p1, p99, sizes[n-1])
	t.Log(what)
	if mean < 3800 || mean > 4400 || sizes[0] < 900 || p1 < 1400 || p99 > 8000 || sizes[n-1] > maxSize {
		t.Error(what)
	}
}
