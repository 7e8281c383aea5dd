package dagcbor

import (
	"testing"

	"github.com/ipfs/go-cid"
)

// The small row of the benchmarks: an array of an id, a keyword, a text, a number and a flag.
func appendRow(dst []byte) []byte {
	dst = AppendArray(dst, 5)
	dst = AppendUint(dst, 123456)
	dst = AppendUint(dst, 17)
	dst = AppendText(dst, "ada@example.org")
	dst = AppendInt(dst, -42)
	return AppendBool(dst, true)
}

func readRow(r *Reader) (sum int) {
	n := r.Array()
	sum += n + int(r.Uint()) + int(r.Uint()) + len(r.Text()) + int(r.Int())
	if r.Bool() {
		sum++
	}
	return sum
}

func BenchmarkAppendRow(b *testing.B) {
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		buf = appendRow(buf[:0])
	}
}

func BenchmarkReadRow(b *testing.B) {
	row := appendRow(nil)
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(row)
		readRow(r)
		if r.Done() != nil {
			b.Fatal(r.Err())
		}
	}
}

func linkList(n int) []byte {
	data := AppendArray(nil, n)
	for i := range n {
		data = AppendLink(data, testCID(cid.DagCBOR, byte(i)))
	}
	return data
}

func BenchmarkLinks(b *testing.B) {
	data := linkList(100)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Links(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLinkBytes(b *testing.B) {
	data := linkList(100)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(data)
		for n := r.Array(); n > 0; n-- {
			r.LinkBytes()
		}
		if r.Done() != nil {
			b.Fatal(r.Err())
		}
	}
}

func BenchmarkCheckRows(b *testing.B) {
	data := AppendArray(nil, 200)
	for range 200 {
		data = appendRow(data)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Check(data); err != nil {
			b.Fatal(err)
		}
	}
}
