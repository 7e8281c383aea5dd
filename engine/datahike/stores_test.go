package datahike

import (
	"archive/zip"
	"context"
	"errors"
	"io/fs"
	"strconv"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
)

// stores are those in testdata/stores.zip, which Datahike wrote; NAME.edn.d has what it says of each.
var stores = []string{"small", "small-bf8", "crypto", "attrrefs", "nohist-read", "branches", "fused-bf8"}

func testStores(t testing.TB) fs.FS {
	t.Helper()
	z, err := zip.OpenReader("testdata/stores.zip")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { z.Close() })
	return z
}

// realStore is a store by its name, and what Datahike says of it.
func realStore(t testing.TB, name string) (*Store, func(file string) edn.Value) {
	t.Helper()
	all := testStores(t)
	dir, err := fs.Sub(all, name)
	if err != nil {
		t.Fatal(err)
	}
	return New(dir, name), func(file string) edn.Value {
		t.Helper()
		text, err := fs.ReadFile(all, name+".edn.d/"+file+".edn")
		if err != nil {
			t.Fatal(err)
		}
		v, err := edn.Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		return plain(v)
	}
}

// plain makes of what the dump has tagged, sets and 32-bit floats, what this package gives.
func plain(v edn.Value) edn.Value {
	items := make([]edn.Value, len(v.Items()))
	for i, item := range v.Items() {
		items[i] = plain(item)
	}
	switch v.Kind() {
	case edn.Tagged:
		switch v.Text() {
		case "set":
			return edn.MakeSet(items[0].Items()...)
		case "float":
			f, err := strconv.ParseFloat(items[0].Text(), 32)
			if err != nil {
				panic(err)
			}
			return edn.MakeFloat(f)
		}
		return v // an object of Java
	case edn.Vector, edn.List:
		return edn.MakeVector(items...)
	case edn.Map:
		return edn.MakeMap(items...)
	case edn.Set:
		return edn.MakeSet(items...)
	}
	return v
}

func head(t testing.TB, s *Store, branch string) *Commit {
	t.Helper()
	c, err := s.Head(context.Background(), branch)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func isCorrupt(err error) bool {
	var corrupt *cas.CorruptError
	return errors.As(err, &corrupt)
}
