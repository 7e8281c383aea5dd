package casfile

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// committed is a store of one commit, closed.
func committed(t *testing.T) (dir string) {
	t.Helper()
	dir = newStore(t)
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	blocks := randomBlocks(2, 300)
	if err := s.Commit(t.Context(), blocks, "heads/main", cid.Undef, blocks[1].CID()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// refOf opens the store and asks for its only ref.
func refOf(t *testing.T, dir string) error {
	t.Helper()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Ref(t.Context(), "heads/main")
	return err
}

// Every byte of the last record, and every length that it can be cut to, is known to be damage and not
// the torn end of an append; nothing is cut off by whoever opens the store for writing then.
func TestDamageOfTheLastRecord(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no number here")
	}
	dir := committed(t)
	path := filepath.Join(dir, "journal")
	whole := mustRead(t, dir, "journal")
	damage := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o666); err != nil { // in place
			t.Fatal(err)
		}
		var corrupt *cas.CorruptError
		if err := refOf(t, dir); !errors.As(err, &corrupt) {
			t.Fatalf("%d of %d bytes: %v", len(data), len(whole), err)
		}
		if s, err := Open(t.Context(), dir, Options{}); err == nil {
			if err := s.Put(t.Context(), randomBlocks(1, 10)); !errors.As(err, &corrupt) {
				t.Fatalf("Put into a damaged store: %v", err)
			}
			s.Close()
		}
		if got := mustRead(t, dir, "journal"); len(got) != len(data) {
			t.Fatalf("the damaged journal was cut to %d bytes", len(got))
		}
	}
	for i := fileHead; i < len(whole); i++ {
		flipped := append([]byte(nil), whole...)
		flipped[i] ^= 0x10
		damage(flipped)
		damage(whole[:i])
	}
	if err := os.WriteFile(path, whole, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := refOf(t, dir); err != nil {
		t.Fatalf("mended: %v", err)
	}
}

// A copy may have been taken while the store was written, its lock file last: what it lacks was never its own.
func TestFloorSaysNothingOfCopies(t *testing.T) {
	dir := committed(t)
	copied := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(copied, "journal"), int64(len(mustRead(t, dir, "journal"))-1)); err != nil {
		t.Fatal(err)
	}
	if err := refOf(t, copied); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("the copy without the last record: %v", err)
	}
}
