package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/fs"
	"github.com/ipfs/go-cid"
)

// shopOf makes a database of customers in dir, in shop.
func shopOf(t *testing.T, dir string) {
	t.Helper()
	data, err := filepath.Abs("../../test/data/shop/customers.csv")
	if err != nil {
		t.Fatal(err)
	}
	inDir(t, dir, "mkdir mnt; dhfs import shop "+data+" --as customer --key id")
}

// inDir runs a script that has to succeed.
func inDir(t *testing.T, dir, script string) string {
	t.Helper()
	out, err := inShell(dir, script)
	if err != nil {
		t.Fatalf("%s: %v %s", script, err, out)
	}
	return out
}

// What a mount was told of a ref is there from that moment on, whatever others do to the ref and however they collect.
func TestWhatIsShownIsPinned(t *testing.T) {
	dir := t.TempDir()
	shopOf(t, dir)
	s, err := openStore(t.Context(), filepath.Join(dir, "shop"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p, err := newPinning(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	whole := func(id cid.Cid) (bool, error) {
		absent, err := cas.ReadAbsent(t.Context(), s)
		if err != nil {
			return false, err
		}
		found, err := cas.Verify(t.Context(), s, []cid.Cid{id}, absent.Missing(t.Context(), s), nil)
		return len(found.Faults) == 0, err
	}
	collect := "dhfs gc shop --keep-last 1 --thorough"
	const change = `dhfs tx shop@side '[{:customer/id "ALFKI" :customer/city "City%d"}]'`
	inDir(t, dir, "dhfs branch shop side")
	for n := range 3 {
		inDir(t, dir, fmt.Sprintf(change, n))
		id, err := p.Ref(t.Context(), "heads/side")
		if err != nil {
			t.Fatal(err)
		}
		inDir(t, dir, "dhfs branch shop -D side; dhfs branch shop side; "+collect)
		if ok, err := whole(id); !ok || err != nil {
			t.Fatalf("the commit that the mount shows is damaged: %v", err)
		}
		if pins := len(p.all()); pins != n+1 { // lines that parted; main is on all of them
			t.Errorf("%d commits are pinned, want %d", pins, n+1)
		}
	}
	inDir(t, dir, fmt.Sprintf(change, 3)+"; "+collect)
	refs, err := p.Refs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	side := refs[len(refs)-1].CID
	before := len(p.all())
	inDir(t, dir, fmt.Sprintf(change, 4)+"; "+fmt.Sprintf(change, 5))
	next, err := p.Ref(t.Context(), "heads/side")
	if err != nil || next == side || len(p.all()) != before {
		t.Errorf("%d commits are pinned after a branch moved on, want %d: %v", len(p.all()), before, err)
	}
	inDir(t, dir, "dhfs branch shop -D side; "+collect)
	if ok, err := whole(side); !ok || err != nil {
		t.Errorf("what comes before a pinned commit is damaged: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	inDir(t, dir, collect)
	if s, err = openStore(t.Context(), filepath.Join(dir, "shop")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), next); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("nobody reads it any more, and it was kept: %v", err)
	}
}

// TestCollectingBesideAMount reads files of a mount while other processes commit, move and delete branches, and collect all that nobody holds.
func TestCollectingBesideAMount(t *testing.T) {
	for _, f := range fs.CheckMounting() {
		if f.State == fs.Problem {
			t.Skip(f.Says)
		}
	}
	dir := t.TempDir()
	shopOf(t, dir)
	stop := mountShop(t, dir)
	defer func() {
		if said := stop(); strings.Contains(said, "DATA RACE") || strings.Contains(said, "panic") {
			t.Error(said)
		}
	}()
	const script = "cd mnt/branches/side%d/entities/customer; echo ready; read _; cat ALFKI/city; cat */city | wc -l"
	for n := range 4 {
		// A commit that only a branch reaches, and a shell in it that has read nothing yet.
		inDir(t, dir, fmt.Sprintf(`dhfs branch shop side%[1]d; dhfs set shop@side%[1]d customer/ALFKI city=Side%[1]d`, n))
		shell := exec.Command("bash", "-euo", "pipefail", "-c", fmt.Sprintf(script, n))
		shell.Dir = dir
		in, err := shell.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		ready := &firstLine{to: &out, seen: make(chan struct{})}
		shell.Stdout, shell.Stderr = ready, os.Stderr
		if err := shell.Start(); err != nil {
			t.Fatal(err)
		}
		<-ready.seen
		inDir(t, dir, fmt.Sprintf(`dhfs branch shop -D side%d; dhfs set shop customer/ANATR city=City%d; dhfs gc shop --keep-last 1 --thorough`, n, n))
		in.Write([]byte("\n"))
		in.Close()
		if err := shell.Wait(); err != nil || out.String() != fmt.Sprintf("ready\nSide%d\n91\n", n) {
			t.Errorf("in a branch that is gone: %v %s", err, out.String())
		}
		// What the mount showed at its beginning, and what it shows now.
		want := fmt.Sprintf("91\nCity%d\n", n)
		if got := inDir(t, dir, "cat mnt/at/t1/entities/customer/*/city | wc -l; cat mnt/head/entities/customer/ANATR/city"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// firstLine tells when something was written.
type firstLine struct {
	to   *bytes.Buffer
	seen chan struct{}
	once bool
}

func (f *firstLine) Write(b []byte) (int, error) {
	if !f.once {
		f.once = true
		close(f.seen)
	}
	return f.to.Write(b)
}
