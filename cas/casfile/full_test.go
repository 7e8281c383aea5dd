//go:build linux

package casfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"golang.org/x/sys/unix"
)

// fillUp commits until that fails, and returns what was stored and the failure.
func fillUp(ctx context.Context, s *Store) (stored []cas.Block, _ error) {
	old, err := s.Ref(ctx, "heads/main")
	if err != nil && !errors.Is(err, cas.ErrNotFound) {
		return nil, err
	}
	for {
		blocks := randomBlocks(3, 1000)
		next := blocks[2].CID()
		if err := s.Commit(ctx, blocks, "heads/main", old, next); err != nil {
			return stored, err
		}
		old, stored = next, append(stored, blocks...)
	}
}

// fill is a process that may not make files of more than 100 kB.
func fill(ctx context.Context, dir string) error {
	signal.Ignore(unix.SIGXFSZ)
	s, err := openSmall(ctx, dir)
	if err != nil {
		return err
	}
	defer s.Close()
	s.limits.pack = 1 << 20
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 100_000, Max: limit.Max}); err != nil {
		return err
	}
	stored, err := fillUp(ctx, s)
	if !errors.Is(err, unix.EFBIG) || len(stored) < 50 {
		return fmt.Errorf("after %d blocks: %w", len(stored), err)
	}
	if err := holdsAll(ctx, s, stored); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	more := randomBlocks(3, 1000)
	if err := s.Commit(ctx, more, "heads/main", stored[len(stored)-1].CID(), more[2].CID()); err != nil {
		return fmt.Errorf("although there is room again: %w", err)
	}
	return holdsAll(ctx, s, append(stored, more...))
}

func TestFileSizeLimit(t *testing.T) {
	dir := newStore(t)
	if out, err := process(dir, "fill").Output(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// smallDisk mounts a file system with little room.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=600k"); err != nil {
		t.Skipf("a file system of its own is for root only: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

func TestFullDisk(t *testing.T) {
	disk := smallDisk(t)
	dir := filepath.Join(disk, "store")
	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, 200_000), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := Create(t.Context(), dir, Options{PackSize: 150_000})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	stored, err := fillUp(t.Context(), s)
	if !errors.Is(err, unix.ENOSPC) || len(stored) < 100 {
		t.Fatalf("after %d blocks: %v", len(stored), err)
	}
	for range 3 { // it stays full, and readable
		if _, err := fillUp(t.Context(), s); !errors.Is(err, unix.ENOSPC) {
			t.Fatal(err)
		}
		if err := holdsAll(t.Context(), s, stored); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := holdsAll(t.Context(), again, stored); err != nil {
		t.Error(err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	for i, s := range []*Store{s, again} {
		more := randomBlocks(3, 1000)
		if err := s.Commit(t.Context(), more, "heads/main", stored[len(stored)-1].CID(), more[2].CID()); err != nil {
			t.Fatalf("store %d, although there is room again: %v", i, err)
		}
		stored = append(stored, more...)
	}
	if err := holdsAll(t.Context(), s, stored); err != nil {
		t.Error(err)
	}
}

// TestReadOnlyDisk opens and reads where nothing can be written.
func TestReadOnlyDisk(t *testing.T) {
	disk := smallDisk(t)
	dir := filepath.Join(disk, "store")
	s, err := Create(t.Context(), dir, Options{PackSize: 5000})
	if err != nil {
		t.Fatal(err)
	}
	stored := randomBlocks(9, 1000)
	for i := 0; i < 9; i += 3 {
		old := cid.Undef
		if i > 0 {
			old = stored[i-1].CID()
		}
		if err := s.Commit(t.Context(), stored[i:i+3], "heads/main", old, stored[i+2].CID()); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	if out, err := exec.Command("mount", "-o", "remount,ro", disk).CombinedOutput(); err != nil {
		t.Skipf("mount: %v: %s", err, out)
	}
	for name, want := range map[string]error{"ReadOnly": fs.ErrPermission, "": unix.EROFS} {
		s, err := Open(t.Context(), dir, Options{ReadOnly: name == "ReadOnly"})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := holdsAll(t.Context(), s, stored); err != nil {
			t.Error(err)
		}
		err = s.Put(t.Context(), randomBlocks(1, 10))
		if !errors.Is(err, want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("Put: %v", err)
		}
	}
}
