package index

import (
	"context"
	"encoding/binary"
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

// TestSizes: nodes are 4 KiB on average and within their bounds, whatever the keys.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		name string
		mix  uint64
		sums bool
	}{{"sequential", 0, false}, {"scattered", 0x9E3779B97F4A7C15, false}, {"sums", 0x9E3779B97F4A7C15, true}} {
		t.Run(c.name, func(t *testing.T) {
			sizes := map[bool][]int{}
			_, err := Build(context.Background(), NewNodes(cas.NewMemory(), 0), plain{1, c.sums}, numbered(500_000, c.mix), func(b cas.Block) error {
				r := dagcbor.NewReader(b.Data())
				r.Array()
				r.Uint()
				leaf := r.Uint() == 0
				sizes[leaf] = append(sizes[leaf], len(b.Data()))
				return nil
			})
			check(t, err)
			checkSizes(t, "leaves", sizes[true])
			checkSizes(t, "branches", sizes[false])
		})
	}
}

func checkSizes(t *testing.T, what string, sizes []int) {
	slices.Sort(sizes)
	sum := 0
	for _, s := range sizes {
		sum += s
	}
	n := len(sizes)
	mean, p1, p99 := sum/n, sizes[n/100], sizes[n*99/100]
	t.Logf("%s: %d, mean %d, min %d, p1 %d, p99 %d, max %d", what, n, mean, sizes[0], p1, p99, sizes[n-1])
}
