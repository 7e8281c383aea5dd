package datahike

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine/datahike/datahiketest"
	"github.com/dhfs/dhfs/engine/fressian"
	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// A look-up in a store of 100,000 datoms reads few files, and none again.
func TestPointLookupReadsFewFiles(t *testing.T) {
	w := newWriter()
	datahiketest.People(w.Writer)
	for name, lookup := range map[string]func(*Commit) iter.Seq2[Datom, error]{
		"entity": func(c *Commit) iter.Seq2[Datom, error] { return c.Entity(context.Background(), 31_416) },
		"value": func(c *Commit) iter.Seq2[Datom, error] {
			return c.ByValue(context.Background(), fressian.Keyword("person/name"), "name_31415")
		},
	} {
		s := New(w.Files, "people")
		c := head(t, s, MainBranch)
		if _, err := c.Schema(context.Background()); err != nil {
			t.Fatal(err)
		}
		read := func() string { return collected(t, lookup(c)).String() }
		if got := read(); !strings.Contains(got, `[31416 :person/name "name_31415" 536870913 true]`) {
			t.Errorf("%s: %s", name, got)
		}
		if n := s.Reads(); n > 6 {
			t.Errorf("%s: %d files read, want 6 or fewer of %d", name, n, len(w.Files))
		}
		before := s.Reads()
		read()
		if n := s.Reads() - before; n != 0 {
			t.Errorf("%s: %d files read again", name, n)
		}
	}
}

func TestPackedStores(t *testing.T) {
	for name, pack := range map[string]func([]byte) []byte{
		"lz4": func(b []byte) []byte {
			var out bytes.Buffer
			z := lz4.NewWriter(&out)
			z.Write(b)
			z.Close()
			return out.Bytes()
		},
		"zstd": func(b []byte) []byte {
			z, _ := zstd.NewWriter(nil)
			return z.EncodeAll(b, nil)
		},
	} {
		w := newWriter()
		w.Pack, w.Kind[2], w.Factor = pack, 1, 3
		var now []Datom
		for e := range int64(20) {
			now = append(now, Datom{e + 1, kw("name"), "Ada", FirstTx + 1, true})
		}
		w.commit(MainBranch, FirstTx+1, nil, now, nil, nil)
		w.Branches(MainBranch)
		c := head(t, New(w.Files, name), MainBranch)
		if got := len(collected(t, c.Datoms(context.Background(), EAVT)).Items()); got != 20 {
			t.Errorf("%s: %d datoms, want 20", name, got)
		}
		for _, f := range w.Files {
			f.Data[len(f.Data)-3] ^= 0xff
			f.Data = f.Data[:len(f.Data)-1]
		}
		if _, err := New(w.Files, name).Head(context.Background(), MainBranch); !isCorrupt(err) {
			t.Errorf("%s damaged: %v", name, err)
		}
	}
}

// What is not read is refused by the name of the setting.
func TestRefused(t *testing.T) {
	for setting, change := range map[string]func(w *writer) (config []any){
		":encryptor AES":   func(w *writer) []any { w.Kind[3] = 1; return nil },
		":serializer CBOR": func(w *writer) []any { w.Kind[1] = 2; return nil },
		":serializer 0":    func(w *writer) []any { w.Kind[1] = 0; return nil },
		":compressor 7":    func(w *writer) []any { w.Kind[2] = 7; return nil },
		":diff-buf-size":   func(w *writer) []any { w.Beside = 16; return nil },
		":index :datahike.index/hitchhiker-tree": func(w *writer) []any {
			return []any{kw("index"), kw("datahike.index/hitchhiker-tree")}
		},
	} {
		w := newWriter()
		w.commit(MainBranch, FirstTx, nil, nil, nil, nil, change(w)...)
		w.Branches(MainBranch)
		_, err := New(w.Files, "x").Head(context.Background(), MainBranch)
		var refused *UnsupportedError
		if !errors.As(err, &refused) || refused.Setting != setting || !strings.Contains(err.Error(), ".ksv") {
			t.Errorf("%s: %v", setting, err)
		}
	}
	w := newWriter()
	id := w.NewID()
	w.Put(id, tagged(branchTag, fressian.Map{kw("keys"), fressian.List{}, kw("slots"), fressian.Map{0, 0}}))
	if _, err := New(w.Files, "x").node(context.Background(), uuid.UUID(id)); !errors.As(err, new(*UnsupportedError)) {
		t.Errorf("slots: %v", err)
	}
	w.Put(id, tagged("other/leaf", fressian.Map{kw("keys"), fressian.List{}}))
	if _, err := New(w.Files, "x").node(context.Background(), uuid.UUID(id)); err == nil || !strings.Contains(err.Error(), "#other/leaf") {
		t.Errorf("unknown tag: %v", err)
	}
}

// A tree that leads back into itself ends in an error.
func TestCycle(t *testing.T) {
	w := newWriter()
	id := w.NewID()
	last := Datom{1, kw("a"), int64(1), FirstTx, true}
	w.Put(id, tagged(branchTag, fressian.Map{kw("level"), 1, kw("keys"), fressian.List{last.fressian()}, kw("addresses"), fressian.List{id}}))
	w.commit(MainBranch, FirstTx, nil, nil, nil, nil)
	c := head(t, New(w.Files, "x"), MainBranch)
	c.trees[EAVT] = root{address: uuid.UUID(id)}
	for _, err := range c.Datoms(context.Background(), EAVT) {
		if !isCorrupt(err) {
			t.Errorf("got %v", err)
		}
	}
}
