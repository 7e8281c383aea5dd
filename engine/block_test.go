package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/ipfs/go-cid"
	"pgregory.net/rapid"
)

func TestTransactionsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx, s := context.Background(), cas.NewMemory()
		datoms := rapid.SliceOfN(anyDatom(anyValue()), 0, 20).Draw(t, "datoms")
		tx := expansionOf(datoms, 9)
		blocks := txBlocks(9, tx)
		if err := s.Put(ctx, blocks); err != nil {
			t.Fatal(err)
		}
		got, err := ReadTx(ctx, s, Commit{T: 9, Tx: blocks[len(blocks)-1].CID()})
		if err != nil || got.T != 9 || fmt.Sprint(got.Datoms) != fmt.Sprint(tx) {
			t.Fatalf("%v became %v, %v", tx, got, err)
		}
		if _, err := ReadTx(ctx, s, Commit{T: 8, Tx: blocks[len(blocks)-1].CID()}); err == nil {
			t.Fatal("transaction 9 was read as 8")
		}
	})
}

// expansionOf makes the datoms of transaction t: in order, each once.
func expansionOf(datoms []Datom, t uint64) []Datom {
	run := runOf(datomLayout{order: EAVT}, datoms)
	all := make([]Datom, 0, len(run))
	for i, e := range run {
		d, err := datomLayout{order: EAVT}.parse(string(e.Key), string(e.Val))
		if err != nil {
			panic(err)
		}
		d.T, d.Added = t, i%3 > 0
		all = append(all, d)
	}
	return all
}

func TestLargeTransactionsAreCut(t *testing.T) {
	var datoms []Datom
	for e := range ID(2000) {
		datoms = append(datoms, Datom{E: e + 1, A: firstAttr, V: String(strings.Repeat("x", 900)), T: 3, Added: true})
	}
	blocks, s := txBlocks(3, datoms), cas.NewMemory()
	if err := s.Put(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		if len(b.Data()) > 2*maxTxPart {
			t.Errorf("a block of %d bytes", len(b.Data()))
		}
	}
	last := blocks[len(blocks)-1]
	tx, size, err := readTx(t.Context(), s, Commit{T: 3, Tx: last.CID()})
	if err != nil || len(tx.Datoms) != len(datoms) || size < 2000*900 || len(blocks) < 7 {
		t.Errorf("%d datoms in %d blocks of %d bytes, %v", len(tx.Datoms), len(blocks), size, err)
	}
	forget(t, s, blocks[2].CID())
	if _, err := ReadTx(t.Context(), s, Commit{T: 3, Tx: last.CID()}); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("with a part missing: %v", err)
	}
}

// sampleBlocks are a commit, a transaction and a snapshot.
func sampleBlocks(t testing.TB) (commit, tx, snapshot cas.Block) {
	t.Helper()
	s := cas.NewMemory()
	c, err := Create(context.Background(), s, "main", Options{}, time.UnixMilli(1_700_000_000_000))
	if err != nil {
		t.Fatal(err)
	}
	c.now = func() time.Time { return time.UnixMilli(1_700_000_001_000) }
	r, err := c.transact(context.Background(), forms(t, testSchema), Meta{By: "ada", Msg: "schema"}, always)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []cas.Block
	for _, id := range []cid.Cid{r.Commit.ID, r.Commit.Tx, r.Commit.Root} {
		b, err := s.Get(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, b)
	}
	return blocks[0], blocks[1], blocks[2]
}

// Whatever block is read as one of ours is exactly what would be written.
func FuzzBlocks(f *testing.F) {
	commit, tx, snapshot := sampleBlocks(f)
	for _, b := range []cas.Block{commit, tx, snapshot} {
		f.Add(b.Data())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b := cas.NewBlock(cas.DagCBOR, bytes.Clone(data))
		s := cas.NewMemory()
		if err := s.Put(t.Context(), []cas.Block{b}); err != nil {
			t.Fatal(err)
		}
		if c, err := parseCommit(b); err == nil && c.block().CID() != b.CID() {
			t.Errorf("commit %+v is written otherwise", c)
		}
		for at := range uint64(3) {
			if tx, err := ReadTx(t.Context(), s, Commit{T: at, Tx: b.CID()}); err == nil && txBlocks(at, tx.Datoms)[0].CID() != b.CID() {
				t.Errorf("transaction %+v is written otherwise", tx)
			}
		}
		if s, err := readSnapshot(t.Context(), envOf(s), envOf(s), b.CID()); err == nil && s.root() != b.CID() {
			t.Errorf("snapshot is written otherwise")
		}
	})
}

// A flipped bit in a block that passes for its name must not pass for a database.
func TestForeignVersionsAreNamed(t *testing.T) {
	commit, _, snapshot := sampleBlocks(t)
	for _, c := range []struct {
		data []byte
		old  string
		want string
	}{
		{commit.Data(), "av\x01", "format version 9 is not known to this version of dhfs, which reads 1"},
		{snapshot.Data(), "av\x01", "format version 9 is not known"},
		{snapshot.Data(), "dkeys\x01", "keys of version 9 are not known"},
		{snapshot.Data(), "/4096/", `splitter "xxh3/1024/4099/10240" is not known`},
	} {
		changed := bytes.Replace(bytes.Clone(c.data), []byte(c.old), []byte(strings.NewReplacer("\x01", "\x09", "4096", "4099").Replace(c.old)), 1)
		b := cas.NewBlock(cas.DagCBOR, changed)
		s := cas.NewMemory()
		if err := s.Put(t.Context(), []cas.Block{b}); err != nil {
			t.Fatal(err)
		}
		_, asCommit := ReadCommit(t.Context(), s, b.CID())
		_, asSnapshot := readSnapshot(t.Context(), envOf(s), envOf(s), b.CID())
		if !strings.Contains(fmt.Sprint(asCommit, asSnapshot), c.want) {
			t.Errorf("%v and %v, want %q", asCommit, asSnapshot, c.want)
		}
	}
}

// A commit whose transactions do not lead to its root is corrupt, whoever made it.
func TestRootIsChecked(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	r := w.must(`[{:person/id "ada"}]`)
	lie := r.Commit
	lie.Root = r.Before.Root()
	b := lie.block()
	if err := w.store.Put(w.ctx, []cas.Block{b}); err != nil {
		t.Fatal(err)
	}
	var corrupt *cas.CorruptError
	if _, err := Open(w.ctx, w.store, b.CID()); !errors.As(err, &corrupt) || corrupt.CID != b.CID() {
		t.Errorf("opened: %v", err)
	}
}

func TestOpenRefusesWhatIsNoCommit(t *testing.T) {
	_, tx, snapshot := sampleBlocks(t)
	s := cas.NewMemory()
	leaf := cas.NewBlock(cas.DagCBOR, dagcbor.AppendArray(nil, 0))
	for _, b := range []cas.Block{tx, snapshot, leaf, cas.NewBlock(cas.Raw, []byte("x"))} {
		if b.CID() != snapshot.CID() && b.CID() != tx.CID() {
			if err := s.Put(t.Context(), []cas.Block{b}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Open(t.Context(), s, b.CID()); err == nil {
			t.Errorf("%s was opened", b.CID())
		}
	}
}
