package casfile

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"go.uber.org/goleak"
)

// TestMain is also the other processes of the tests: it plays the role that the
// environment names.
func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv("CASFILE_ROLE")]
	if !ok {
		goleak.VerifyTestMain(m)
		return
	}
	if err := role(context.Background(), os.Getenv("CASFILE_DIR")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var roles = map[string]func(ctx context.Context, dir string) error{
	"commit": commitForEver,
	"climb":  climb,
	"fill":   fill,
	"hold":   hold,
}

func process(dir, role string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "CASFILE_ROLE="+role, "CASFILE_DIR="+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

// small makes packs and indexes often, but not at each commit.
var small = limits{pack: 12_000, checkpoint: 4_000, append: 1 << 20}

func openSmall(ctx context.Context, dir string) (*Store, error) {
	s, err := Open(ctx, dir, Options{})
	if err == nil {
		s.limits = small
	}
	return s, err
}

// commitForEver commits blocks of random bytes and says which are stored.
func commitForEver(ctx context.Context, dir string) error {
	s, err := openSmall(ctx, dir)
	if err != nil {
		return err
	}
	for {
		old, err := s.Ref(ctx, "heads/main")
		if err != nil && !errors.Is(err, cas.ErrNotFound) {
			return err
		}
		data := make([]byte, 300)
		binary.BigEndian.PutUint64(data, rand.Uint64())
		b := cas.NewBlock(cas.Raw, data)
		if err := s.Commit(ctx, []cas.Block{b}, "heads/main", old, b.CID()); err != nil {
			return err
		}
		fmt.Println(b.CID())
	}
}

// hold has a turn until it is killed.
func hold(ctx context.Context, dir string) error {
	s, err := Open(ctx, dir, Options{})
	if err != nil {
		return err
	}
	s.Turn(ctx, "heads/main")
	fmt.Println("held")
	time.Sleep(time.Hour) // and not for ever, which the runtime takes for a deadlock
	return nil
}

// TestKilled kills processes that commit. All that they were told is stored is there.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	s, err := Create(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	var acked []cid.Cid
	for round := range 12 {
		told := killOne(t, dir, time.Duration(1+round*7)*time.Millisecond)
		if len(told) == 0 {
			t.Fatal("the process did not get to commit")
		}
		acked = append(acked, told...)
		wantStored(t, dir, acked, told[len(told)-1])
	}
}

// killOne lets a process commit for a while. It returns what it was told.
func killOne(t *testing.T, dir string, after time.Duration) []cid.Cid {
	t.Helper()
	cmd := process(dir, "commit")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var told []cid.Cid
	for lines := bufio.NewReader(out); ; {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break // what follows the last newline was cut off
		}
		if err != nil {
			t.Fatal(err)
		}
		if told = append(told, cid.MustParse(line[:len(line)-1])); len(told) == 1 {
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait() // it was killed
	return told
}

// wantStored checks what a process that opens the store now sees. Main is at
// last or at the one commit that may have followed.
func wantStored(t *testing.T, dir string, acked []cid.Cid, last cid.Cid) {
	t.Helper()
	s, err := Open(t.Context(), dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, id := range acked {
		if _, err := s.Get(t.Context(), id); err != nil {
			t.Fatalf("acknowledged, but: %v", err)
		}
	}
	main, err := s.Ref(t.Context(), "heads/main")
	if err != nil {
		t.Fatal(err)
	}
	if st, err := s.Stats(t.Context()); main != last && (err != nil || st.Blocks < int64(len(acked))+1) {
		t.Errorf("main points at %s, not at %s, and there are %d blocks for %d commits", main, last, st.Blocks, len(acked))
	}
}

// steps is how many times each climber moves the ref.
const steps = 25

// climb puts blocks on top of the one that the ref points at, with its number.
func climb(ctx context.Context, dir string) error {
	s, err := openSmall(ctx, dir)
	if err != nil {
		return err
	}
	defer s.Close()
	for range steps {
		if err := climbOne(ctx, s); err != nil {
			return err
		}
	}
	fmt.Println("done")
	return nil
}

func climbOne(ctx context.Context, s *Store) error {
	for {
		old, err := s.Ref(ctx, "heads/main")
		height := uint64(0)
		if err == nil {
			top, err := s.Get(ctx, old)
			if err != nil {
				return err
			}
			height = binary.BigEndian.Uint64(top.Data())
		} else if !errors.Is(err, cas.ErrNotFound) {
			return err
		}
		data := binary.BigEndian.AppendUint64(nil, height+1)
		data = binary.BigEndian.AppendUint64(data, rand.Uint64())
		next := cas.NewBlock(cas.Raw, append(data, old.Bytes()...))
		err = s.Commit(ctx, []cas.Block{next}, "heads/main", old, next.CID())
		if !errors.Is(err, cas.ErrConflict) {
			return err
		}
	}
}

// TestManyProcesses has eight processes race for one ref: each step has exactly one winner.
func TestManyProcesses(t *testing.T) {
	dir := t.TempDir()
	s, err := Create(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const climbers = 8
	var wait sync.WaitGroup
	for range climbers {
		wait.Go(func() {
			if out, err := process(dir, "climb").Output(); err != nil || string(out) != "done\n" {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wait.Wait()
	height := climbers * steps
	for id, err := s.Ref(t.Context(), "heads/main"); ; height-- {
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if n := binary.BigEndian.Uint64(b.Data()); n != uint64(height) {
			t.Fatalf("block %d is where %d should be", n, height)
		}
		if len(b.Data()) == 16 {
			break
		}
		if id, err = cid.Cast(b.Data()[16:]); err != nil {
			t.Fatal(err)
		}
	}
	if height != 1 {
		t.Errorf("the first block has the number %d", height)
	}
	if st, err := s.Stats(t.Context()); err != nil || st.Packs == 0 || st.Blocks != climbers*steps {
		t.Errorf("Stats = %+v, %v", st, err)
	}
}

// TestReadersNeverMiss has stores that only read follow one that seals at
// nearly every commit: what was acknowledged is found at once.
func TestReadersNeverMiss(t *testing.T) {
	dir := newStore(t)
	writer, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	const readers = 4
	var wait sync.WaitGroup
	var told [readers]chan cid.Cid
	for i := range told {
		told[i] = make(chan cid.Cid)
		wait.Go(func() { follow(t, dir, told[i]) })
	}
	for n := range 300 {
		b := block(n)
		if err := writer.Put(t.Context(), []cas.Block{b}); err != nil {
			t.Fatal(err)
		}
		told[n%readers] <- b.CID()
	}
	for _, c := range told {
		close(c)
	}
	wait.Wait()
}

func follow(t *testing.T, dir string, told <-chan cid.Cid) {
	s, err := open(t.Context(), dir, Options{ReadOnly: true}, quickDisk{})
	if err != nil {
		t.Error(err)
		return
	}
	defer s.Close()
	for id := range told {
		if _, err := s.Get(t.Context(), id); err != nil {
			t.Error(err)
		}
		if again, err := Open(t.Context(), dir, Options{}); err != nil {
			t.Error(err)
		} else if ok, err := again.Has(t.Context(), id); !ok || err != nil {
			t.Errorf("a store opened just now: %v, %v", ok, err)
		} else {
			again.Close()
		}
	}
}
