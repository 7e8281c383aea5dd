package answer

import (
	"cmp"
	"encoding/binary"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// textRank is a text with where it was. Most are told apart by the eight bytes that follow what all begin with.
type textRank struct {
	begin uint64
	text  string
	place uint32
}

// texts are different values of one kind of text, which both byOrder and byKey order by their bytes.
type texts []textRank

// textsOf is values as texts, if all are strings, or all are keywords.
func textsOf(values []edn.Value) (texts, bool) {
	list := make(texts, len(values))
	for i, v := range values {
		if k := v.Kind(); k != values[0].Kind() || k != edn.String && k != edn.Keyword {
			return nil, false
		}
		list[i] = textRank{text: v.Text(), place: uint32(i)}
	}
	return list, len(list) > 0
}

// sorted is the places of the texts in their order.
func (t texts) sorted(check func() error) ([]uint32, error) {
	same := len(t[0].text)
	for _, r := range t[1:] {
		same = common(t[0].text[:same], r.text)
	}
	for i := range t {
		t[i].begin = beginning(t[i].text[same:])
	}
	err := sortFunc(check, t, func(a, b textRank) int {
		if a.begin != b.begin {
			return cmp.Compare(a.begin, b.begin)
		}
		return strings.Compare(a.text, b.text)
	})
	places := make([]uint32, len(t))
	for i, r := range t {
		places[i] = r.place
	}
	return places, err
}

// common is how many bytes a and b begin with that are the same.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// beginning is the first eight bytes as a number that compares as they do.
func beginning(text string) uint64 {
	var b [8]byte
	copy(b[:], text)
	return binary.BigEndian.Uint64(b[:])
}
