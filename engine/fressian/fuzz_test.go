package fressian_test

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine/fressian"
)

// realBlocks are values out of stores that Datahike wrote.
func realBlocks(t testing.TB) (blocks [][]byte) {
	t.Helper()
	z, err := zip.OpenReader("../datahike/testdata/stores.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if path.Ext(f.Name) != ".ksv" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, data[20+binary.BigEndian.Uint32(data[4:]):])
	}
	return blocks
}

// Whatever the bytes, they are a value or an error with a place in them.
func FuzzRead(f *testing.F) {
	for i, b := range realBlocks(f) {
		if i%40 == 0 && len(b) < 4000 {
			f.Add(b)
		}
	}
	for _, s := range hostile {
		f.Add([]byte(s.data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := checkMemory(t, data)
		var fault *fressian.Error
		if err != nil && (!errors.As(err, &fault) || fault.Offset < 0 || fault.Offset > len(data)) {
			t.Errorf("%x: %v", data, err)
		}
	})
}

var hostile = []struct{ name, data, want string }{
	{"nothing", "", "1 bytes expected, 0 left"},
	{"a list of 2^62", "\xec\xf8\x40\x00\x00\x00\x00\x00\x00\x00", "a count"},
	{"a list of -1", "\xec\xff", "a count"},
	{"a string of 16 MB", "\xe3\x68\xff\xff", "a count"},
	{"bytes in parts without an end", "\xd8\x01a\xd8\x01b", "1 bytes expected"},
	{"bytes that end as a string", "\xd8\x01a\xda", "bytes in parts"},
	{"a list that nothing closes", "\xed\x01\x02", "1 bytes expected"},
	{"a value within itself", "\xcd\xe5\x80", "within itself"},
	{"a value of an empty cache", "\x80", "value 0 of the cache"},
	{"a type that was not named", "\xa0", "type 0 of 0"},
	{"a type with 2^40 parts", "\xef\xdb\x61\x7b\x00\x00\x00\x00\x00", "a count"},
	{"a uuid of 15 bytes", "\xc3\xd9\x0f123456789012345", "a uuid made of something else"},
	{"a decimal of 10^999999", "\xc7\xd1\x01\xf8\x00\x00\x00\x00\x00\x0f\x42\x3f", "a bigdec"},
	{"a map of three", "\xc0\xe7\x01\x02\x03", "a map made of"},
	{"a keyword of numbers", "\xca\x01\x02", "a key made of"},
	{"half a character", "\xdb\xed", "not UTF-16"},
	{"a code of nothing", "\xc2", "byte 0: 0xc2 begins no value"},
	{"more than one value", "\x01\x02", "byte 1: 1 bytes after the value"},
	{"nested", strings.Repeat("\xe5", 5000) + "\x01", "nested more than"},
	{"a record of 2^30", "\xef\xe1irecord\x02\x72\x40\x00\x00\x00", ""},
}

func TestHostile(t *testing.T) {
	for _, c := range hostile {
		_, err := fressian.Read([]byte(c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// Lists of lists of lists that are each named many times would be 10^18 values.
func TestManyfold(t *testing.T) {
	data := "\xcd\xe5\x01"
	for i := range 12 {
		data += "\xcd\xec\x50\x40" + strings.Repeat(string([]byte{byte(0x80 + i)}), 64)
	}
	data = "\xec\x0d" + data
	if err := checkMemory(t, []byte(data)); err == nil || !strings.Contains(err.Error(), "more values than") {
		t.Errorf("got %v", err)
	}
}

// Real values, cut off or with a byte changed, never do worse than fail; whole they are read.
func TestRealBlocks(t *testing.T) {
	blocks := realBlocks(t)
	if len(blocks) < 1000 {
		t.Fatalf("only %d", len(blocks))
	}
	for n, b := range blocks {
		if _, err := fressian.Read(b); err != nil {
			t.Errorf("block %d: %v", n, err)
		}
		if n%200 != 0 {
			continue
		}
		for cut := range min(len(b), 600) {
			if _, err := fressian.Read(b[:cut]); err == nil {
				t.Errorf("block %d cut off at %d is read", n, cut)
			}
			flipped := append([]byte(nil), b...)
			flipped[cut] ^= 0x55
			fressian.Read(flipped)
		}
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		data string
		want any
	}{
		{"\xe0\xed\xa0\xbc\xed\xbe\xac", "\U0001F3AC"},
		{"\xff", int64(-1)},
		{"\x3f", int64(63)},
		{"\x50\x9c", int64(156)},
		{"\x4f\x00", int64(-256)},
		{"\x76\x20\x00\x00\x03", int64(0x20000003)},
		{"\xf8\x80\x00\x00\x00\x00\x00\x00\x00", int64(-1 << 63)},
		{"\xfa\x40\x20\x66\x66\x66\x66\x66\x66", 8.2},
		{"\xf9\x41\x08\x00\x00", float32(8.5)},
		{"\xc9\xdc\x61\x62\xdb\x63", fressian.Symbol("ab/c")},
		{"\xca\xf7\xdb\x63", fressian.Keyword("c")},
		{"\xe2\x01a\xe2\x01b\xdb\x63", "abc"},
	} {
		got, err := fressian.Read([]byte(c.data))
		if err != nil || got != c.want {
			t.Errorf("%x: %v (%v), want %v", c.data, got, err, c.want)
		}
	}
}
