//go:build unix

package cass3

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/test/servers"
	"github.com/ipfs/go-cid"
)

// onlyPack is the file of the only pack of a store.
func onlyPack(t *testing.T, g servers.S3Server, url string) string {
	t.Helper()
	a, err := parseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(g.Dir(), a.prefix, "packs", "*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%d packs, %v", len(names), err)
	}
	return names[0]
}

// Each bit of a pack that is flipped is found: all blocks are as they were, or what is damaged is told, with the pack and where in it.
func TestFlippedBits(t *testing.T) {
	g := servers.S3(t)
	url := newURL(g)
	blocks := castest.Graph(1, 40)
	if err := create(t, url, Options{}).Put(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	path := onlyPack(t, g, url)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for at := 0; at < len(whole); at += 67 {
		flipped := append([]byte(nil), whole...)
		flipped[at] ^= 1 << (at % 8)
		if err := os.WriteFile(path, flipped, 0o666); err != nil {
			t.Fatal(err)
		}
		s := again(t, url, Options{Patience: time.Millisecond})
		for _, b := range blocks {
			got, err := s.Get(t.Context(), b.CID())
			var corrupt *cas.CorruptError
			switch {
			case err == nil && got.CID() == b.CID():
			case !errors.As(err, &corrupt):
				t.Fatalf("byte %d: block %s: %v, which is no damage", at, b.CID(), err)
			case !strings.Contains(corrupt.Path, filepath.Base(path)) || !strings.Contains(corrupt.Path, "at offset"):
				t.Fatalf("byte %d: %v does not say where", at, err)
			default:
				told++
			}
		}
		s.Close()
	}
	if told < len(whole)/67 {
		t.Errorf("only %d times was damage told", told)
	}
}

// A pack that was cut off is damage, and one that is gone is a block that is not there; another pack with the same block helps.
func TestCutPack(t *testing.T) {
	g := servers.S3(t)
	url := newURL(g)
	b := castest.Node(1, castest.Raw(1).CID())
	s := create(t, url, Options{})
	if err := s.Put(t.Context(), []cas.Block{castest.Raw(1), b}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetRef(t.Context(), "heads/main", cid.Undef, b.CID()); err != nil {
		t.Fatal(err)
	}
	path := onlyPack(t, g, url)
	if err := os.Truncate(path, 20); err != nil {
		t.Fatal(err)
	}
	other := again(t, url, Options{Patience: time.Millisecond})
	if _, err := other.Ref(t.Context(), "heads/main"); err != nil {
		t.Fatal(err)
	}
	var corrupt *cas.CorruptError
	if _, err := other.Get(t.Context(), castest.Raw(1).CID()); !errors.As(err, &corrupt) {
		t.Errorf("a pack that was cut off: %v", err)
	}
	if err := again(t, url, Options{}).Put(t.Context(), []cas.Block{castest.Raw(1)}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	other = again(t, url, Options{})
	if _, err := other.Ref(t.Context(), "heads/main"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Get(t.Context(), castest.Raw(1).CID()); err != nil {
		t.Errorf("a block that lies in another pack too: %v", err)
	}
}

// A ref that is damaged is told as damage.
func TestDamagedRef(t *testing.T) {
	g := servers.S3(t)
	url := newURL(g)
	s := create(t, url, Options{})
	commitChain(t, s, castest.Chain(8, 3), nil)
	a, _ := parseURL(url)
	path := filepath.Join(g.Dir(), a.prefix, "refs", "heads!main")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range data {
		flipped := append([]byte(nil), data...)
		flipped[at] ^= 1 << (at % 8)
		if _, _, err := parseRef(flipped); err == nil {
			t.Errorf("byte %d", at)
		}
	}
	if err := os.WriteFile(path, data[:len(data)-1], 0o666); err != nil {
		t.Fatal(err)
	}
	var corrupt *cas.CorruptError
	if _, err := again(t, url, Options{}).Ref(t.Context(), "heads/main"); !errors.As(err, &corrupt) || !strings.Contains(corrupt.Path, "refs/heads!main") {
		t.Errorf("%v", err)
	}
}

// A server that is stopped is told as unavailable within the deadline, a paused one too; when it is back, the same open store goes on.
func TestServerGoesAway(t *testing.T) {
	g := servers.S3(t)
	s := create(t, newURL(g), Options{Patience: 500 * time.Millisecond})
	chain := castest.Chain(9, 3)
	commitChain(t, s, chain[:2], nil)
	for what, stop := range map[string]func(){"stopped": g.Stop, "killed": g.Kill} {
		stop()
		start := time.Now()
		if _, err := s.Ref(t.Context(), "heads/main"); !errors.Is(err, cas.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: it took %s", what, took)
		}
		if err := g.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Ref(t.Context(), "heads/main"); err != nil {
			t.Errorf("%s, and started again: %v", what, err)
		}
	}
	g.Pause()
	ctx, cancel := contextOf(t, 300*time.Millisecond)
	defer cancel()
	start := time.Now()
	if err := s.Commit(ctx, chain[2:], "heads/main", chain[1].CID(), chain[2].CID()); err == nil || time.Since(start) > 8*time.Second {
		t.Errorf("paused: %v after %s", err, time.Since(start))
	}
	g.Continue()
	id, err := s.Ref(t.Context(), "heads/main")
	if err != nil || id != chain[1].CID() && id != chain[2].CID() {
		t.Errorf("after the pause: %v, %v", id, err)
	}
}

// Keys that are wrong are told as a matter of permission, and no message has them.
func TestWrongKeys(t *testing.T) {
	url := newURL(servers.S3(t))
	create(t, url, Options{})
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hush-hush")
	_, err := Open(t.Context(), url, Options{})
	if !errors.Is(err, fs.ErrPermission) || strings.Contains(fmt.Sprint(err), "hush") {
		t.Error(err)
	}
}

// A damaged block is forgotten and taken from a copy, and nothing else is lost. No byte of the damaged pack stays.
func TestForgetDamaged(t *testing.T) {
	g := servers.S3(t)
	url := newURL(g)
	blocks := castest.Graph(8, 60)
	root := castest.Node(1, blocks[59].CID(), blocks[58].CID())
	copied := cas.NewMemory()
	s := create(t, url, Options{})
	for _, to := range []cas.RefStore{s, copied} {
		if err := cas.Commit(t.Context(), to, append(blocks, root), "heads/main", cid.Undef, root.CID()); err != nil {
			t.Fatal(err)
		}
	}
	path := onlyPack(t, g, url)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := s.where(blocks[3].CID())
	for i := at.off + at.size - 4; i < at.end(); i++ {
		whole[i] ^= 0xff
	}
	if err := os.WriteFile(path, whole, 0o666); err != nil {
		t.Fatal(err)
	}
	broken := again(t, url, Options{Patience: time.Millisecond})
	var corrupt *cas.CorruptError
	if _, err := broken.Get(t.Context(), blocks[3].CID()); !errors.As(err, &corrupt) {
		t.Fatalf("the block is not damaged: %v", err)
	}
	broken = again(t, url, Options{})
	if err := broken.Forget(t.Context(), []cid.Cid{blocks[3].CID()}); err != nil {
		t.Fatal(err)
	}
	if ok, err := again(t, url, Options{}).Has(t.Context(), blocks[3].CID()); ok || err != nil {
		t.Fatalf("the damaged block: %t, %v", ok, err)
	}
	done, err := cas.Repair(t.Context(), broken, copied, []cid.Cid{root.CID()}, nil, false, nil)
	if err != nil || len(done.Mended) != 1 || done.Mended[0] != blocks[3].CID() || len(done.Faults) > 0 {
		t.Fatalf("%d mended, %d faults, %v", len(done.Mended), len(done.Faults), err)
	}
	wantWhole(t, again(t, url, Options{}), "heads/main", root.CID(), len(blocks)+1)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the damaged pack is still there: %v", err)
	}
}
