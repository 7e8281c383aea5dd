package car

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

func each(blocks []cas.Block) iter.Seq2[cas.Block, error] {
	return func(yield func(cas.Block, error) bool) {
		for _, b := range blocks {
			if !yield(b, nil) {
				return
			}
		}
	}
}

func written(t testing.TB, roots []cid.Cid, blocks ...cas.Block) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := Write(&buf, roots, each(blocks)); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func read(in io.Reader) (roots []cid.Cid, blocks []cas.Block, err error) {
	r, err := NewReader(in)
	if err != nil {
		return nil, nil, err
	}
	for b, err := range r.Blocks() {
		if err != nil {
			return r.Roots(), blocks, err
		}
		blocks = append(blocks, b)
	}
	return r.Roots(), blocks, nil
}

func sameBlocks(a, b []cas.Block) bool {
	return slices.EqualFunc(a, b, func(a, b cas.Block) bool {
		return a.CID() == b.CID() && bytes.Equal(a.Data(), b.Data())
	})
}

func TestRoundTrip(t *testing.T) {
	blocks := castest.Graph(1, 500)
	blocks = append(blocks, cas.NewBlock(cas.Raw, nil), cas.NewBlock(cas.Raw, make([]byte, 2<<20)), blocks[0])
	want := []cid.Cid{blocks[499].CID(), blocks[7].CID()}
	file := written(t, want, blocks...)
	for name, in := range map[string]io.Reader{
		"at once":      bytes.NewReader(file),
		"byte by byte": iotest.OneByteReader(bytes.NewReader(file)),
		"EOF early":    iotest.DataErrReader(bytes.NewReader(file)),
	} {
		roots, got, err := read(in)
		if err != nil || !slices.Equal(roots, want) || !sameBlocks(got, blocks) {
			t.Errorf("%s: %d roots, %d blocks, %v", name, len(roots), len(got), err)
		}
	}
}

// One raw block of the byte 7, as any other implementation writes it.
const smallFile = "3a" + "a2 65726f6f7473 81 d82a5825 0001551220" + smallHash + "6776657273696f6e 01" +
	"25" + "01551220" + smallHash + "07"

const smallHash = "ca358758f6d27e6cf45272937977a748fd88391db679ceda7dc7bf1f005ee879"

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestKnownBytes(t *testing.T) {
	b := cas.NewBlock(cas.Raw, []byte{7})
	if got, want := written(t, []cid.Cid{b.CID()}, b), unhex(t, smallFile); !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

func TestRefusesWhatIsNotSound(t *testing.T) {
	sha512, err := cid.Prefix{Version: 1, Codec: cid.Raw, MhType: multihash.SHA2_512, MhLength: 64}.Sum([]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	header := smallFile[:strings.Index(smallFile, "25"+"01551220")]
	link := "d82a5825 0001551220" + smallHash
	for _, c := range []struct{ name, file, reason string }{
		{"nothing", "", "the file is empty"},
		{"text", hex.EncodeToString([]byte("PK\x03\x04 is a zip")), "ends within"},
		{"length only", "3a", "ends within"},
		{"header cut short", header[:20], "ends within"},
		{"long length", "ba00", "not in its shortest form"},
		{"huge header", "ffffff7f", "more than 1048576 bytes"},
		{"endless length", "808080808080808080", "more than 1048576 bytes"},
		{"length over 64 bits", "ffffffffffffffffffff01", "more than 1048576 bytes"},
		{"empty header", "00", "without content"},
		{"version 2", "0aa16776657273696f6e02", "version 2 of CAR is not supported"},
		{"version 0", "11a265726f6f7473806776657273696f6e00", "version 0"},
		{"no roots", "11a265726f6f7473806776657273696f6e01", "one at least"},
		{"roots missing", "0aa16776657273696f6e01", "one at least"},
		{"version missing", "31a1 65726f6f7473 81" + link, "ends where text is expected"},
		{"one key more", "3d a3 65726f6f7473 81" + link + "6776657273696f6e 01 6178 00", "nothing else"},
		{"header and a byte", "3b" + header[2:] + "00", "1 bytes too many"},
		{"keys in another order", "3a a2 6776657273696f6e 01 65726f6f7473 81" + link, "one at least"},
		{"float as version", "42 a2 65726f6f7473 81" + link + "6776657273696f6e fb3ff0000000000000", "a float where"},
		{"part without content", header + "00", "without content"},
		{"null padding", smallFile + "0000", "without content"},
		{"block cut short", smallFile[:len(smallFile)-2], "ends within"},
		{"block without bytes", header + "25", "ends within"},
		{"no CID", header + "02 0001", "cid"},
		{"CID cut short", header + "05 01551220ca", "cid"},
		{"huge block", header + "ffffffff7f", "more than"},
	} {
		_, _, err := read(bytes.NewReader(unhex(t, c.file)))
		var format *FormatError
		if !errors.As(err, &format) || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: error %v, want a FormatError with %q", c.name, err, c.reason)
		}
	}
	var corrupt *cas.CorruptError
	if _, _, err := read(bytes.NewReader(unhex(t, smallFile[:len(smallFile)-2]+"08"))); !errors.As(err, &corrupt) || !strings.Contains(err.Error(), "at byte 59") {
		t.Errorf("flipped bit: %v", err)
	}
	foreign := append([]byte{byte(sha512.ByteLen() + 1)}, append(sha512.Bytes(), 7)...)
	if _, _, err := read(bytes.NewReader(append(unhex(t, header), foreign...))); !errors.Is(err, cas.ErrUnsupported) {
		t.Errorf("sha2-512: %v", err)
	}
}

// What comes before the fault is read, and every prefix of a file is either whole or refused.
func TestEveryPrefix(t *testing.T) {
	blocks := castest.Graph(1, 5)
	file := written(t, []cid.Cid{blocks[4].CID()}, blocks...)
	whole := 0
	for n := range file {
		_, got, err := read(bytes.NewReader(file[:n]))
		if err == nil {
			whole++
		}
		if !sameBlocks(got, blocks[:len(got)]) {
			t.Errorf("%d bytes: other blocks", n)
		}
	}
	if whole != 5 { // after the header and after each block but the last
		t.Errorf("%d prefixes were read as whole, want 5", whole)
	}
}

func TestFailingInput(t *testing.T) {
	file := written(t, []cid.Cid{castest.Raw(1).CID()}, castest.Raw(1), castest.Raw(2))
	broken := errors.New("the disk is on fire")
	for n := range file {
		_, _, err := read(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
}

type failingWriter struct{ left int }

var errFull = errors.New("no space left")

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	big := cas.NewBlock(cas.Raw, make([]byte, 1<<20))
	root := []cid.Cid{big.CID()}
	for _, room := range []int{0, 10, 1 << 20} {
		if err := Write(&failingWriter{room}, root, each([]cas.Block{castest.Raw(1), big})); !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: %v", room, err)
		}
	}
	if err := Write(io.Discard, nil, each(nil)); err == nil {
		t.Error("Write took no roots")
	}
	lost := func(yield func(cas.Block, error) bool) { yield(cas.Block{}, cas.ErrNotFound) }
	if err := Write(io.Discard, root, lost); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("failing blocks: %v", err)
	}
	huge := cas.NewBlock(cas.Raw, make([]byte, MaxBlock+1))
	if err := Write(io.Discard, root, each([]cas.Block{huge})); err == nil || !strings.Contains(err.Error(), huge.CID().String()) {
		t.Errorf("huge block: %v", err)
	}
}

// A length that lies costs nothing, and memory does not grow with the file.
func TestMemoryIsBounded(t *testing.T) {
	header := unhex(t, smallFile)[:59]
	lie := append(header, 0xff, 0xff, 0xff, 0x1f, 1) // 64 MiB, then one byte
	if n := allocated(func() { read(bytes.NewReader(lie)) }); n > 1<<20 {
		t.Errorf("%d bytes were allocated for a file of %d", n, len(lie))
	}
	block := cas.NewBlock(cas.Raw, make([]byte, 1<<20))
	var peak uint64
	endless := func(yield func(cas.Block, error) bool) {
		for range 200 {
			if !yield(block, nil) {
				return
			}
		}
	}
	in, out := io.Pipe()
	go func() { out.CloseWithError(Write(out, []cid.Cid{block.CID()}, endless)) }()
	r, err := NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range r.Blocks() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%50 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	if n != 200 || peak > 32<<20 {
		t.Errorf("%d blocks of 1 MiB, %d bytes in use", n, peak)
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Whatever is read is written again as the same bytes: a file has one form only.
func FuzzRead(f *testing.F) {
	f.Add(unhex(f, smallFile))
	blocks := castest.Graph(1, 4)
	f.Add(written(f, []cid.Cid{blocks[3].CID(), blocks[0].CID()}, blocks...))
	f.Add(unhex(f, "0aa16776657273696f6e02"))
	f.Fuzz(func(t *testing.T, data []byte) {
		roots, blocks, err := read(bytes.NewReader(data))
		if err == nil && !bytes.Equal(written(t, roots, blocks...), data) {
			t.Fatalf("%x is read, but written otherwise", data)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var blocks []cas.Block
	for i := range 256 {
		blocks = append(blocks, cas.NewBlock(cas.Raw, bytes.Repeat([]byte{byte(i)}, 4096)))
	}
	file := written(b, []cid.Cid{blocks[0].CID()}, blocks...)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, _, err := read(bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}

// A file that is read by name gives what is in it, and nothing else.
func TestFileByName(t *testing.T) {
	blocks := castest.Graph(5, 100)
	file := written(t, []cid.Cid{blocks[99].CID()}, append(blocks, blocks[3])...)
	f, err := Open(t.Context(), bytes.NewReader(file), int64(len(file)), nil)
	if err != nil {
		t.Fatal(err)
	}
	var size int64
	for _, b := range blocks {
		size += int64(len(b.Data()))
		got, err := f.Get(t.Context(), b.CID())
		if err != nil || !bytes.Equal(got.Data(), b.Data()) || !f.Has(b.CID()) {
			t.Fatalf("%s: %v", b.CID(), err)
		}
	}
	other := castest.Raw(77).CID()
	if _, err := f.Get(t.Context(), other); !errors.Is(err, cas.ErrNotFound) || f.Has(other) {
		t.Errorf("a block that is not there: %v", err)
	}
	if f.Bytes() != size || f.Roots()[0] != blocks[99].CID() {
		t.Errorf("%d bytes, want %d", f.Bytes(), size)
	}
	changed := slices.Clone(file)
	if f, err = Open(t.Context(), bytes.NewReader(changed), int64(len(file)), nil); err != nil {
		t.Fatal(err)
	}
	for i := range changed {
		changed[i] ^= 1
	}
	var corrupt *cas.CorruptError
	if _, err := f.Get(t.Context(), blocks[0].CID()); !errors.As(err, &corrupt) {
		t.Errorf("a file that was changed since: %v", err)
	}
}
