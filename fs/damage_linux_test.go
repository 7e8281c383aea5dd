package fs_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/fs"
	"github.com/ipfs/go-cid"
)

// damagedStore fails, or hangs, where it is told to, and counts what it is asked.
type damagedStore struct {
	cas.RefStore
	mu        sync.Mutex
	fails     map[cid.Cid]error
	hangs     map[cid.Cid]bool
	stalled   bool // hangs whatever it is asked
	failAt    int  // the number of the question that fails, if not 0
	asked     int
	cancelled int // questions that were given up while it hung
}

var errGone = errors.New("the backend is gone")

// question is asked of the block id, or of the refs when that is undefined.
func (d *damagedStore) question(ctx context.Context, id cid.Cid) error {
	d.mu.Lock()
	d.asked++
	err, hang := d.fails[id], d.hangs[id] || d.stalled
	if d.asked == d.failAt {
		err = errGone
	}
	d.mu.Unlock()
	if !hang {
		return err
	}
	<-ctx.Done()
	d.change(func() { d.cancelled++ })
	return ctx.Err()
}

// change sets a field while the store is in use.
func (d *damagedStore) change(set func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	set()
}

// take is how often the store was asked, and a question given up, since the last time.
func (d *damagedStore) take() (asked, cancelled int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	asked, cancelled = d.asked, d.cancelled
	d.asked, d.cancelled = 0, 0
	return asked, cancelled
}

func (d *damagedStore) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	if err := d.question(ctx, id); err != nil {
		return cas.Block{}, err
	}
	return d.RefStore.Get(ctx, id)
}

func (d *damagedStore) Has(ctx context.Context, id cid.Cid) (bool, error) {
	if err := d.question(ctx, cid.Undef); err != nil {
		return false, err
	}
	return d.RefStore.Has(ctx, id)
}

func (d *damagedStore) Ref(ctx context.Context, name string) (cid.Cid, error) {
	if err := d.question(ctx, cid.Undef); err != nil {
		return cid.Undef, err
	}
	return d.RefStore.Ref(ctx, name)
}

func (d *damagedStore) Refs(ctx context.Context) ([]cas.Ref, error) {
	if err := d.question(ctx, cid.Undef); err != nil {
		return nil, err
	}
	return d.RefStore.Refs(ctx)
}

// newest is the newest commit of a sample.
func (s *sample) newest() engine.Commit {
	s.t.Helper()
	c, err := engine.Resolve(context.Background(), s.store, "", s.now())
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// bio is the block of the sample's one large value.
func (s *sample) bio() cid.Cid {
	return cas.NewBlock(cas.Raw, []byte(strings.Repeat("long story ", 200))).CID()
}

// damaged is the sample in a store that can fail.
func (s *sample) damaged() *damagedStore {
	return &damagedStore{RefStore: s.store, fails: map[cid.Cid]error{}, hangs: map[cid.Cid]bool{}}
}

func treeOf(store cas.RefStore) *fs.Tree {
	return fs.New([]fs.Database{{Name: "people", Store: store}}, fs.Options{})
}

func TestDamageIsAnError(t *testing.T) {
	s := peopleSample(t)
	for name, err := range map[string]error{
		"flipped bit": &cas.CorruptError{CID: s.bio(), Reason: "does not match"},
		"missing":     cas.ErrNotFound,
	} {
		t.Run(name, func(t *testing.T) {
			d := s.damaged()
			d.fails[s.bio()] = err
			m := mount(t, treeOf(d))
			m.want("ls -l head/entities/person/ada@example.org | grep -c ^-r; stat -c %s head/entities/person/ada@example.org/bio", "6\n2201\n")
			m.want("cat head/entities/person/ada@example.org/bio 2>&1 || true", "cat: head/entities/person/ada@example.org/bio: Input/output error\n")
			m.want("cut -f2 .dhfs/errors.tsv", "path\ncommits/"+s.ids[2]+"/entities/person/ada@example.org/bio\n")
			m.want("tail -1 .dhfs/errors.tsv | cut -f4 | grep -c dhfs", "1\n")
			m.want("cat head/entities/person/ada@example.org/age", "37\n")
		})
	}
	t.Run("one of many large values", func(t *testing.T) {
		s := peopleSample(t)
		long := strings.Repeat("long nick ", 200)
		s.tx(`[{:person/email "ben@example.org" :person/nick ["` + long + `" "benny"]}]`)
		d := s.damaged()
		block := cas.NewBlock(cas.Raw, []byte(long)).CID()
		d.fails[block] = flipped(t, s.store, block)
		m := mount(t, treeOf(d))
		// How long the text of many values is cannot be told without them: that file, and no other, has no size.
		m.want("ls head/entities/person/ben@example.org", "age\nemail\nfriend\nname\nnick\n")
		m.want("cd head/entities/person/ben@example.org; ls -l 2>&1 | tail -n +2 | grep -c ^-r--r--r-- || true; ls -l 2>&1 >/dev/null | sed 's/.*nick.: //'", "4\nInput/output error\n")
		m.want("cat head/entities/person/ben@example.org/[aen]* 2>&1 || true", "40\nben@example.org\nBen\ncat: head/entities/person/ben@example.org/nick: Input/output error\n")
		m.want("cut -f2 .dhfs/errors.tsv | sort -u", "commits/"+s.ids[3]+"/entities/person/ben@example.org/nick\npath\n")
	})
	t.Run("missing commit", func(t *testing.T) {
		d := s.damaged()
		parent := s.newest().Parents[0]
		d.fails[parent] = fmt.Errorf("block %s: %w", parent, cas.ErrNotFound)
		m := mount(t, treeOf(d))
		// That a commit is lost on the way does not mean that there is no such revision.
		m.want("ls at/main~1 2>&1 | cut -d: -f3; ls at/main~9 2>&1 | cut -d: -f3; ls at/none 2>&1 | cut -d: -f3", " Input/output error\n No such file or directory\n No such file or directory\n")
		m.want("cut -f4 .dhfs/errors.tsv", "repair\ndhfs sync from a store that has the block\n")
	})
	t.Run("transaction", func(t *testing.T) {
		d := s.damaged()
		d.fails[s.newest().Tx] = &cas.CorruptError{CID: s.newest().Tx, Reason: "does not match"}
		m := mount(t, treeOf(d))
		out, err := m.try("ls head/entities")
		if err == nil || !strings.Contains(out, "Input/output error") {
			t.Errorf("ls: %s", out)
		}
		m.want("ls at/t2/entities", "_\norder\nperson\n")
		m.want("grep -c "+s.newest().Tx.String()+" .dhfs/errors.tsv", "1\n")
	})
}

func TestStalledReadsCanBeKilled(t *testing.T) {
	s := peopleSample(t)
	d := s.damaged()
	d.hangs[s.newest().Tx] = true
	m := mount(t, treeOf(d))
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		cmd := exec.Command("cat", m.dir+"/head/entities/person/ada@example.org/age")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
		began := time.Now()
		cmd.Process.Signal(sig)
		if err := cmd.Wait(); err == nil {
			t.Error("cat of a stalled store succeeds")
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("%v takes %v", sig, took)
		}
		m.want("ls at/t2/entities; stat -f -c %T .", "_\norder\nperson\nfuseblk\n")
	}
}

func TestInterruptsThatAreHandledDoNoHarm(t *testing.T) {
	m := mount(t, manySample(t, 300).tree())
	// A parent that is told of every dying child while it stats and reads.
	m.want(`perl -e '
	  $SIG{CHLD} = sub { 1 }; my $bad = 0;
	  for my $i (0..299) {
	    if (!fork) { exit 0 }
	    open(my $f, "<", sprintf("head/entities/person/p%05d\@example.org/age", $i)) or $bad++;
	    defined(<$f>) or $bad++;
	  } print "$bad bad\n"'`, "0 bad\n")
}

// TestHistoryOfADamagedStore is an error, never a part.
func TestHistoryOfADamagedStore(t *testing.T) {
	s := peopleSample(t)
	whole := s.file("head/.history.edn")
	for n := 1; ; n++ {
		d := s.damaged()
		d.failAt = n
		data, err := fs.New([]fs.Database{{Store: d}}, fs.Options{Now: s.now}).ReadFile("head/.history.edn")
		if err == nil && string(data) != whole {
			t.Fatalf("the nth read fails, n = %d: %d bytes, want %d", n, len(data), len(whole))
		}
		if asked, _ := d.take(); asked < n {
			if n < 6 {
				t.Errorf("only %d questions", n-1)
			}
			return
		}
	}
}
