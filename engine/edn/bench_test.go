package edn

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// people is tx data as databases are filled with: about 130 bytes a map.
func people(n int) []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	names := []string{"Petr", "Ivan", "Oleg", "Anna", "Sofia", "Marie"}
	var b bytes.Buffer
	for i := range n {
		name := names[rnd.IntN(len(names))]
		fmt.Fprintf(&b, "{:db/id %d :name %q :last-name %q :alias [\"A. J. %s\" \"%s Fair\"] :sex :male :age %d :salary %d}\n",
			i+1, name, names[rnd.IntN(len(names))]+"ov", name, name, rnd.IntN(100), rnd.IntN(100_000))
	}
	return b.Bytes()
}

func BenchmarkReader(b *testing.B) {
	text := people(100_000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(bytes.NewReader(text))
		for {
			if _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkParse(b *testing.B) {
	text := "[" + string(people(100_000)) + "]"
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseQuery(b *testing.B) {
	const text = `[:find ?name (count ?o) :where [?o :order/customer ?c] [?c :customer/name ?name] [?o :order/freight ?f] [(< ?f 10.5)]]`
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	text := people(10_000)
	all, err := ParseAll(string(text))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = dst[:0]
		for _, v := range all {
			dst = Append(dst, v)
		}
	}
}

// Numbers are read without memory of their own.
func TestNumbersDoNotAllocate(t *testing.T) {
	text := bytes.Repeat([]byte("12 -7.25 1e-9 123456789012345678 0.1 "), 1000)
	for name, open := range map[string]func(io.Reader) *Reader{"EDN": NewReader, "JSON": NewJSONReader} {
		allocs := testing.AllocsPerRun(5, func() {
			r := open(bytes.NewReader(text))
			for {
				if _, err := r.Next(); err == io.EOF {
					return
				} else if err != nil {
					t.Fatal(err)
				}
			}
		})
		if allocs > 20 {
			t.Errorf("%s: %v allocations for 5000 numbers", name, allocs)
		}
	}
}
