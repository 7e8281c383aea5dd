package index

import (
	"bytes"
	"errors"
	"slices"
	"sort"

	"github.com/dhfs/dhfs/cas/dagcbor"
)

// maxKey is how many bytes a key may have. It bounds what a short branch can unfold to.
const maxKey = 1 << 16

// keys are rising byte strings in one buffer: the separators of a branch.
type keys struct {
	buf  []byte
	ends []uint32
}

// grow makes room for the keys of run.
func (k *keys) grow(run []Entry) {
	size := 0
	for _, e := range run {
		size += len(e.Key)
	}
	k.buf = slices.Grow(k.buf, size)
	k.ends = slices.Grow(k.ends, len(run))
}

func (k *keys) append(key []byte) {
	k.buf = append(k.buf, key...)
	k.ends = append(k.ends, uint32(len(k.buf)))
}

func (k *keys) at(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = k.ends[i-1]
	}
	return k.buf[start:k.ends[i]:k.ends[i]]
}

// after is the number of keys that are at most key.
func (k *keys) after(key []byte) int {
	return sort.Search(len(k.ends), func(i int) bool { return bytes.Compare(k.at(i), key) > 0 })
}

// before is the number of keys that are less than key.
func (k *keys) before(key []byte) int {
	return sort.Search(len(k.ends), func(i int) bool { return bytes.Compare(k.at(i), key) >= 0 })
}

// appendKeys appends n rising keys as [[shared…], [length…], suffixes]: how many
// bytes every key but the first shares with the one before, how many follow,
// and these of all keys.
func appendKeys(dst []byte, n int, at func(int) []byte) []byte {
	dst = dagcbor.AppendArray(dst, 3)
	dst = dagcbor.AppendArray(dst, n-1)
	prev := at(0)
	var room [256]int
	lens := append(room[:0], len(prev))
	suffixes := append(make([]byte, 0, 12*n+len(prev)), prev...)
	for i := 1; i < n; i++ {
		key := at(i)
		same := shared(prev, key)
		dst = dagcbor.AppendUint(dst, uint64(same))
		suffixes = append(suffixes, key[same:]...)
		lens = append(lens, len(key)-same)
		prev = key
	}
	dst = dagcbor.AppendArray(dst, n)
	for _, length := range lens {
		dst = dagcbor.AppendUint(dst, uint64(length))
	}
	return dagcbor.AppendBytes(dst, suffixes)
}

// decodeKeys reads n keys that appendKeys wrote.
func decodeKeys(r *dagcbor.Reader, n int) (keys, error) {
	if r.Array() != 3 || r.Array() != n-1 {
		return keys{}, strict(r, "separators are not three lists")
	}
	same := make([]uint64, n)
	for i := 1; i < n; i++ {
		same[i] = r.Uint()
	}
	if r.Array() != n {
		return keys{}, strict(r, "separators without as many lengths")
	}
	lens := make([]uint64, n)
	for i := range lens {
		lens[i] = r.Uint()
	}
	suffixes := r.Bytes()
	if r.Err() != nil {
		return keys{}, r.Err()
	}
	return unfold(same, lens, suffixes)
}

// unfold restores the keys from their shared lengths and suffixes.
func unfold(same, lens []uint64, suffixes []byte) (keys, error) {
	k := keys{buf: make([]byte, 0, 2*len(suffixes)), ends: make([]uint32, 0, len(lens))}
	var prev []byte
	for i, length := range lens {
		if length > uint64(len(suffixes)) || same[i] > uint64(len(prev)) || same[i]+length > maxKey {
			return keys{}, errors.New("separator is longer than what there is of it")
		}
		suffix := suffixes[:length]
		suffixes = suffixes[length:]
		if rest := prev[same[i]:]; i > 0 && (length == 0 || len(rest) > 0 && suffix[0] <= rest[0]) {
			return keys{}, errors.New("separators do not rise or are not as short as they can be")
		}
		start := len(k.buf)
		k.buf = append(append(k.buf, prev[:same[i]]...), suffix...)
		k.ends = append(k.ends, uint32(len(k.buf)))
		prev = k.buf[start:]
	}
	if len(suffixes) > 0 {
		return keys{}, errors.New("bytes left over after the last separator")
	}
	return k, nil
}

// strict is the reader's error or, when it has none, one that says what.
func strict(r *dagcbor.Reader, what string) error {
	if err := r.Err(); err != nil {
		return err
	}
	return errors.New(what)
}
