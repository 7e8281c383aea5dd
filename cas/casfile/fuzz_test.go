package casfile

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// FuzzBody takes apart what is no record, but has the right sum.
func FuzzBody(f *testing.F) {
	pack, err := os.ReadFile(golden + "/packs/00000001.pack")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(pack[fileHead+recordHead : fileHead+recordHead+131])
	f.Add([]byte{0})
	f.Add(appendStored([]byte{0}, key{}, make([]byte, 1000)))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, blocks, ok := parseBody(body, 100, nil)
		if !ok {
			return
		}
		for _, b := range blocks {
			if end := uint64(b.at.off) + uint64(b.at.size); b.at.off < 100 || end > uint64(100+len(body)) {
				t.Fatalf("%+v lies outside of %d bytes", b, len(body))
			}
			stored := body[b.at.off-100:][:b.at.size]
			if got, err := unpack(stored, b.key); err == nil && uint64(len(got.Data())) != b.size {
				t.Fatalf("%d bytes for a block of %d", len(got.Data()), b.size)
			}
		}
	})
}

// FuzzIndex opens what is no index, but has the right sums in its head, and
// looks everything up that it lists.
func FuzzIndex(f *testing.F) {
	data, err := os.ReadFile(golden + "/packs/00000001.idx")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(appendIndex(nil, indexInfo{}, nil))
	many := make([]found, 100)
	for i := range many {
		many[i].key.digest[0], many[i].key.digest[9] = byte(i*37), byte(i)
	}
	f.Add(appendIndex(nil, indexInfo{}, many))
	path := filepath.Join(tempDir(f), "x.idx")
	f.Fuzz(func(t *testing.T, data []byte) {
		fixSum(data)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		x, err := openIndex(quickDisk{}, path)
		if err != nil {
			return
		}
		defer x.close()
		for i := range x.bucketCount() {
			blocks, err := x.appendFound(nil, i)
			if err != nil {
				return
			}
			for _, b := range blocks {
				_, _, _ = x.find(b.key) // need not be found: it may be in the wrong bucket
			}
		}
	})
}

// fixSum writes the sum that an index of this length has in its head.
func fixSum(data []byte) {
	if len(data) < indexHead {
		return
	}
	n := int64(binary.LittleEndian.Uint32(data[60:]))
	top := int64(len(data)) - n*indexEntry
	if top < indexHead || top > math.MaxInt32 {
		return
	}
	binary.LittleEndian.PutUint32(data[sumAt:], crc32.Checksum(data[16:top], castagnoli))
}
