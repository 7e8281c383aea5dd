package casfile_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/ipfs/go-cid"
)

func mustCreate(t testing.TB, dir string, o casfile.Options) *casfile.Store {
	t.Helper()
	s, err := casfile.Create(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func mustOpen(t testing.TB, dir string, o casfile.Options) *casfile.Store {
	t.Helper()
	s, err := casfile.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// noise makes blocks that do not compress.
func noise(seed uint64, n, size int) []cas.Block {
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24)})
	blocks := make([]cas.Block, n)
	for i := range blocks {
		data := make([]byte, size)
		_, _ = r.Read(data)
		blocks[i] = cas.NewBlock(cas.DagCBOR, data)
	}
	return blocks
}

// leaves makes n leaves as an index of facts about people has them: 200 rows
// each, in columns, entity ids as differences, names that recur, ages, towns.
func leaves(seed uint64, n int) []cas.Block {
	r := rand.New(rand.NewPCG(seed, 1))
	first := []string{"Ada", "Ben", "Chloe", "Dmitri", "Eva", "Farid", "Grete", "Hugo", "Ines", "Jonas"}
	last := []string{"Petrov", "Sidorov", "Ivanov", "Okafor", "Lindqvist", "Marchetti", "Nakamura", "Oliveira"}
	town := []string{"Berlin", "Potsdam", "Graz", "Luleå", "Porto", "Gdańsk"}
	const rows = 200
	blocks := make([]cas.Block, n)
	for i := range blocks {
		b := dagcbor.AppendArray(nil, 7)
		b = dagcbor.AppendUint(b, 1)
		b = dagcbor.AppendUint(b, 0)
		b = dagcbor.AppendUint(b, rows)
		b = dagcbor.AppendArray(b, rows)
		for row := range rows {
			b = dagcbor.AppendUint(b, uint64(row%5/4))
		}
		b = dagcbor.AppendArray(b, rows)
		for row := range rows {
			b = dagcbor.AppendUint(b, uint64(row%5))
		}
		b = dagcbor.AppendArray(b, rows)
		for row := range rows {
			switch row % 5 {
			case 0:
				b = dagcbor.AppendUint(b, uint64(18+r.IntN(60)))
			case 1:
				b = dagcbor.AppendText(b, first[r.IntN(len(first))])
			case 2:
				b = dagcbor.AppendText(b, last[r.IntN(len(last))])
			case 3:
				b = dagcbor.AppendText(b, fmt.Sprintf("%s%d@example.org", last[r.IntN(len(last))], r.IntN(100_000)))
			default:
				b = dagcbor.AppendText(b, town[r.IntN(len(town))])
			}
		}
		b = dagcbor.AppendArray(b, rows)
		t := uint64(r.IntN(100_000))
		for row := range rows {
			b = dagcbor.AppendInt(b, int64(t))
			if t = 0; row%50 == 49 {
				t = uint64(r.IntN(3))
			}
		}
		blocks[i] = cas.NewBlock(cas.DagCBOR, b)
	}
	return blocks
}

// BenchmarkCommit is a transaction of two blocks of 300 bytes. By turns with it
// goes what the operating system takes for a bare append of as many bytes and
// an fdatasync: the ratio of the medians does not mind a busy machine.
func BenchmarkCommit(b *testing.B) {
	s := mustCreate(b, b.TempDir(), casfile.Options{})
	bare, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	if err != nil {
		b.Fatal(err)
	}
	defer bare.Close()
	buf := make([]byte, 738)
	old, data := cid.Undef, noise(1, 1, 300)[0].Data()
	var commits, appends []time.Duration
	for b.Loop() {
		blocks := make([]cas.Block, 2)
		for k := range blocks {
			d := append([]byte(nil), data...)
			binary.LittleEndian.PutUint64(d, rand.Uint64())
			blocks[k] = cas.NewBlock(cas.DagCBOR, d)
		}
		start := time.Now()
		if err := s.Commit(b.Context(), blocks, "heads/main", old, blocks[1].CID()); err != nil {
			b.Fatal(err)
		}
		commits = append(commits, time.Since(start))
		old = blocks[1].CID()

		start = time.Now()
		if _, err := bare.WriteAt(buf, int64(len(appends)*len(buf))); err != nil {
			b.Fatal(err)
		}
		if err := casfile.Datasync(bare); err != nil {
			b.Fatal(err)
		}
		appends = append(appends, time.Since(start))
	}
	st, err := s.Stats(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(median(commits), "ns/commit")
	b.ReportMetric(median(appends), "ns/append")
	b.ReportMetric(median(commits)/median(appends), "commit/append")
	b.ReportMetric(float64(st.Written)/float64(b.N), "written/op")
	b.ReportMetric(float64(st.Fsyncs)/float64(b.N), "fsyncs/op")
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2])
}

// BenchmarkCommitGroup is the same by many goroutines at once, each with a ref of its own.
func BenchmarkCommitGroup(b *testing.B) {
	s := mustCreate(b, b.TempDir(), casfile.Options{})
	data := noise(1, 1, 300)[0].Data()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		r := rand.New(rand.NewPCG(rand.Uint64(), 1))
		name := fmt.Sprintf("heads/%x", r.Uint64())
		old := cid.Undef
		for pb.Next() {
			d := append([]byte(nil), data...)
			binary.LittleEndian.PutUint64(d, r.Uint64())
			block := cas.NewBlock(cas.DagCBOR, d)
			if err := s.Commit(b.Context(), []cas.Block{block}, name, old, block.CID()); err != nil {
				b.Fatal(err)
			}
			old = block.CID()
		}
	})
	st, err := s.Stats(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(st.Fsyncs)/float64(b.N), "fsyncs/op")
}

// BenchmarkPut stores 256 leaves of about 4 KiB at a time.
func BenchmarkPut(b *testing.B) {
	s := mustCreate(b, b.TempDir(), casfile.Options{})
	var raw, round uint64
	for b.Loop() {
		b.StopTimer()
		blocks := leaves(round, 256)
		for _, l := range blocks {
			raw += uint64(len(l.Data()))
		}
		round++
		b.StartTimer()
		if err := s.Put(b.Context(), blocks); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(raw) / int64(b.N))
	st, err := s.Stats(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(st.Disk)/float64(st.Raw), "disk/raw")
	b.ReportMetric(float64(st.Disk)/float64(st.Blocks*200), "disk/row")
	b.ReportMetric(float64(st.Raw)/float64(st.Blocks), "raw/block")
}

// BenchmarkPutAgain stores blocks that are there already.
func BenchmarkPutAgain(b *testing.B) {
	s := mustCreate(b, b.TempDir(), casfile.Options{})
	blocks := noise(1, 256, 4096)
	if err := s.Put(b.Context(), blocks); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := s.Put(b.Context(), blocks); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(blocks)), "ns/block")
}

// large makes a store of about 100 MB on disk in packs of 16 MiB and a journal.
func large(b *testing.B) (string, []cas.Block) {
	dir := b.TempDir()
	s := mustCreate(b, dir, casfile.Options{PackSize: 16 << 20})
	var some []cas.Block
	for round := uint64(0); ; round++ {
		blocks := append(leaves(round, 200), noise(round, 200, 4000)...)
		if err := s.Put(b.Context(), blocks); err != nil {
			b.Fatal(err)
		}
		some = append(some, blocks[round%400], blocks[399])
		st, err := s.Stats(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if st.Disk > 100<<20 {
			break
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return dir, some
}

// BenchmarkGet reads blocks all over a store of 100 MB that is open.
func BenchmarkGet(b *testing.B) {
	dir, some := large(b)
	s := mustOpen(b, dir, casfile.Options{})
	i := 0
	for b.Loop() {
		if _, err := s.Get(b.Context(), some[i%len(some)].CID()); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkHasNot asks a store of 100 MB for blocks that it does not have.
func BenchmarkHasNot(b *testing.B) {
	dir, _ := large(b)
	s := mustOpen(b, dir, casfile.Options{})
	absent := noise(1<<30, 1, 10)[0].CID()
	for b.Loop() {
		if _, err := s.Has(b.Context(), absent); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpenGet opens a store of 100 MB and reads one block.
func BenchmarkOpenGet(b *testing.B) {
	dir, some := large(b)
	for b.Loop() {
		s, err := casfile.Open(b.Context(), dir, casfile.Options{ReadOnly: true})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Get(b.Context(), some[0].CID()); err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}
