package casfile

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// TestOneCommit counts what a small transaction costs.
func TestOneCommit(t *testing.T) {
	s, err := open(t.Context(), newStore(t), Options{}, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	blocks := randomBlocks(2, 300)
	count := func(what string, do func() error, written, fsyncs int64) {
		t.Helper()
		before, err := s.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := do(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		after, err := s.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := after.Written - before.Written; n > written {
			t.Errorf("%s: %d bytes were written, more than %d", what, n, written)
		}
		if n := after.Fsyncs - before.Fsyncs; n != fsyncs {
			t.Errorf("%s: %d fsyncs, want %d", what, n, fsyncs)
		}
	}
	next := blocks[1].CID()
	count("commit", func() error { return s.Commit(t.Context(), blocks, "heads/main", cid.Undef, next) }, 760, 1)
	count("put again", func() error { return s.Put(t.Context(), blocks) }, 0, 0)
	count("no move", func() error { return s.SetRef(t.Context(), "heads/main", next, next) }, 1, 0)
	twice := randomBlocks(1, 300)
	count("put twice at once", func() error { return s.Put(t.Context(), append(twice, twice...)) }, 375, 1)
	st, err := s.Stats(t.Context())
	if err != nil || st.Blocks != 3 || st.Raw != 900 || st.Disk < 900 || st.Packs != 0 {
		t.Errorf("Stats = %+v, %v", st, err)
	}
}

// TestGroupCommit lets many commits wait for one fsync: they share the next.
func TestGroupCommit(t *testing.T) {
	const commits = 20
	d := &hookDisk{}
	s, err := open(t.Context(), newStore(t), Options{}, d)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var wait sync.WaitGroup
	d.before = func() error {
		d.before = nil
		for i := range commits {
			wait.Go(func() {
				if err := s.Put(t.Context(), []cas.Block{block(i)}); err != nil {
					t.Error(err)
				}
			})
		}
		for s.queue.len() < commits {
			time.Sleep(time.Millisecond)
		}
		return nil
	}
	if err := s.Put(t.Context(), []cas.Block{block(1000)}); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	if st, err := s.Stats(t.Context()); err != nil || st.Fsyncs != 2 || st.Blocks != commits+1 {
		t.Errorf("Stats = %+v, %v: want 2 fsyncs", st, err)
	}
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// TestManyParts puts more than goes into one record.
func TestManyParts(t *testing.T) {
	s, err := openTiny(t, newStore(t), quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	blocks := randomBlocks(40, 100)
	if err := s.Commit(t.Context(), blocks, "heads/main", cid.Undef, blocks[39].CID()); err != nil {
		t.Fatal(err)
	}
	if err := holdsAll(t.Context(), s, blocks); err != nil {
		t.Error(err)
	}
	if st, err := s.Stats(t.Context()); err != nil || st.Blocks != 40 || st.Packs == 0 {
		t.Errorf("Stats = %+v, %v", st, err)
	}
}

// TestWaitForLock gives up waiting for another process, and goes on later.
func TestWaitForLock(t *testing.T) {
	dir := newStore(t)
	s, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other := lock{path: filepath.Join(dir, "lock")}
	if err := other.acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		if err := s.Put(ctx, []cas.Block{block(i)}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Put: %v", err)
		}
		cancel()
	}
	if err := other.release(); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), []cas.Block{block(1)}); err != nil {
		t.Error(err)
	}
	if err := other.acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Put(ctx, []cas.Block{block(2)}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Put: %v", err)
	}
	if err := s.Close(); err != nil { // does not wait for the other process
		t.Error(err)
	}
	if err := other.close(); err != nil {
		t.Error(err)
	}
}

// TestCloseIndexes leaves little for the next process to read.
func TestCloseIndexes(t *testing.T) {
	dir := newStore(t)
	for _, size := range []int{100, 1000} {
		s, err := open(t.Context(), dir, Options{}, quickDisk{})
		if err != nil {
			t.Fatal(err)
		}
		s.limits.checkpoint = 4000
		blocks := randomBlocks(3, size)
		if err := s.Put(t.Context(), blocks); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s, err = open(t.Context(), dir, Options{}, quickDisk{})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(s.journal.tail); size == 100 && n != 3 || size == 1000 && n != 0 {
			t.Errorf("%d blocks are in no index after some of %d bytes", n, size)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClosed(t *testing.T) {
	s, err := openTiny(t, newStore(t), quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	h := newHistory()
	for range 9 {
		h.step(t, s)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	id := block(1).CID()
	calls := map[string]func() error{
		"Get":        func() error { _, err := s.Get(t.Context(), id); return err },
		"Has":        func() error { _, err := s.Has(t.Context(), id); return err },
		"Put":        func() error { return s.Put(t.Context(), []cas.Block{block(1)}) },
		"Put no one": func() error { return s.Put(t.Context(), nil) },
		"Ref":        func() error { _, err := s.Ref(t.Context(), "heads/main"); return err },
		"Refs":       func() error { _, err := s.Refs(t.Context()); return err },
		"SetRef":     func() error { return s.SetRef(t.Context(), "heads/main", id, id) },
		"Stats":      func() error { _, err := s.Stats(t.Context()); return err },
		"All": func() error {
			for _, err := range s.All(t.Context()) {
				return err
			}
			return nil
		},
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
}

// TestNotAStore opens and creates where that cannot be.
func TestNotAStore(t *testing.T) {
	there := newStore(t)
	file := filepath.Join(t.TempDir(), "file")
	full := t.TempDir()
	for _, path := range []string{file, filepath.Join(full, "letter.txt")} {
		if err := os.WriteFile(path, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	missing := filepath.Join(t.TempDir(), "a", "b")
	for _, dir := range []string{missing, t.TempDir(), full, file, filepath.Join(file, "below")} {
		_, err := Open(t.Context(), dir, Options{})
		if !errors.Is(err, cas.ErrNotFound) || !strings.Contains(err.Error(), dir) {
			t.Errorf("Open: %v", err)
		}
	}
	for _, dir := range []string{there, full} {
		_, err := Create(t.Context(), dir, Options{})
		if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), dir) {
			t.Errorf("Create: %v", err)
		}
	}
	if names, err := os.ReadDir(full); err != nil || len(names) != 1 {
		t.Errorf("Create left %v behind, %v", names, err)
	}
	if _, err := Create(t.Context(), file, Options{}); err == nil {
		t.Error("Create made a store of a file")
	}
	if err := os.Remove(filepath.Join(there, "format")); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), there, Options{}); err != nil {
		t.Errorf("Create over what a Create that was cut off left: %v", err)
	}
	s, err := Create(t.Context(), missing, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

// TestCreateKeepsOthers does not begin anew where data is.
func TestCreateKeepsOthers(t *testing.T) {
	dir := newSample(t, false).with(t, "format", nil)
	for _, what := range []string{"journal with records", "packs"} {
		if _, err := Create(t.Context(), dir, Options{}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: Create: %v", what, err)
		}
		if err := os.Remove(filepath.Join(dir, "journal")); err != nil && what != "packs" {
			t.Fatal(err)
		}
	}
}

func TestFormat(t *testing.T) {
	dir := newStore(t)
	for text, known := range map[string]string{
		formatLine:               "",
		"dhfs file store 2\n":    "2",
		"dhfs file store 1.5b\n": "1.5b",
		"dhfs file store 2":      "corrupt",
		"":                       "corrupt",
		"something else\n":       "corrupt",
	} {
		if err := os.WriteFile(filepath.Join(dir, "format"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), dir, Options{})
		var other *VersionError
		switch {
		case known == "":
			if err != nil {
				t.Errorf("%q: %v", text, err)
				continue
			}
			s.Close()
		case known == "corrupt":
			if !isCorrupt(t, err, "format") {
				t.Errorf("%q: %v", text, err)
			}
		case !errors.As(err, &other) || other.Found != known || other.Path != dir:
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestCreateFaults fails each operation of a Create in turn: the next one makes the store.
func TestCreateFaults(t *testing.T) {
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			for n, met := 1, true; met; n++ {
				dir := filepath.Join(tempDir(t), "store")
				d := newFaultyDisk(n, f)
				s, err := create(t.Context(), dir, Options{}, d)
				met = d.met()
				if err == nil {
					s.Close()
				} else if !errors.Is(err, f.err) {
					t.Fatalf("operation %d: %v", n, err)
				}
				s, err = create(t.Context(), dir, Options{}, quickDisk{})
				if errors.Is(err, fs.ErrExist) { // it was complete but for the last sync
					s, err = open(t.Context(), dir, Options{}, quickDisk{})
				}
				if err != nil {
					t.Fatalf("operation %d: %v", n, err)
				}
				if err := s.Put(t.Context(), []cas.Block{block(1)}); err != nil {
					t.Fatalf("operation %d: %v", n, err)
				}
				s.Close()
			}
		})
	}
}

// readingDisk reports everything that would write.
type readingDisk struct {
	quickDisk
	t *testing.T
}

func (d readingDisk) open(path string, flag int) (file, error) {
	if flag != os.O_RDONLY {
		d.t.Errorf("%s was opened for writing", path)
	}
	return d.quickDisk.open(path, flag)
}

func (d readingDisk) mkdir(path string) error      { d.t.Errorf("mkdir %s", path); return nil }
func (d readingDisk) rename(from, to string) error { d.t.Errorf("rename %s %s", from, to); return nil }
func (d readingDisk) syncDir(path string) error    { d.t.Errorf("sync %s", path); return nil }

// TestOnlyReads reads a store with a torn journal and a missing index, and changes nothing.
func TestOnlyReads(t *testing.T) {
	sample := newSample(t, false)
	dir := sample.with(t, "packs/00000001.idx", nil)
	if err := os.Truncate(filepath.Join(dir, "journal"), sample.ends[2]+5); err != nil {
		t.Fatal(err)
	}
	before := mustRead(t, dir, "journal")
	for _, readOnly := range []bool{true, false} {
		s, err := open(t.Context(), dir, Options{ReadOnly: readOnly}, readingDisk{t: t})
		if err != nil {
			t.Fatal(err)
		}
		h := &history{acked: sample.blocks[:len(sample.blocks)-4], refs: sample.main[2:3]}
		h.holds(t, s)
		if _, err := s.Stats(t.Context()); err != nil {
			t.Error(err)
		}
		if readOnly {
			if err := s.Put(t.Context(), []cas.Block{block(1)}); !errors.Is(err, fs.ErrPermission) {
				t.Errorf("Put: %v", err)
			}
		}
		s.Close()
	}
	if !bytes.Equal(before, mustRead(t, dir, "journal")) {
		t.Error("the journal was changed")
	}
	if _, err := os.Stat(filepath.Join(dir, "packs/00000001.idx")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the index was made: %v", err)
	}
}
