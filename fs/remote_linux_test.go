package fs_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dhfs/dhfs/fs"
	"github.com/ipfs/go-cid"
)

// remoteTree is a tree of a store that may keep it waiting.
func remoteTree(store *damagedStore, d fs.Deadlines) *fs.Tree {
	return fs.New([]fs.Database{{Name: "people", Store: store, Remote: true}}, fs.Options{Deadlines: d})
}

// await waits until what d has counted is as wanted; false when that takes too long.
func (d *damagedStore) await(wanted func() bool) (ok bool) {
	for range 500 {
		d.change(func() { ok = wanted() })
		if ok {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// storedSample is manySample with so many datoms that its nodes are stored, and
// a value in a block of its own.
func storedSample(t *testing.T) *sample {
	s := manySample(t, 3000)
	s.tx(`[{:person/email "p00000@example.org" :person/bio "` + strings.Repeat("long story ", 200) + `"}]`)
	return s
}

// signalled runs a program on paths below $M, the mount, sends it the signal when it waits for the
// store d, and tells how long it took to end.
func (m *mounted) signalled(d *damagedStore, sig syscall.Signal, script string) (took time.Duration, err error) {
	m.t.Helper()
	d.take()
	cmd := exec.Command("bash", "-c", "exec "+script)
	cmd.Env = append(os.Environ(), "M="+m.dir)
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	d.await(func() bool { return d.asked > 0 })
	began := time.Now()
	cmd.Process.Signal(sig)
	err = cmd.Wait()
	return time.Since(began), err
}

func TestStalledRequestsCanBeKilled(t *testing.T) {
	const ada = "head/entities/person/p00000@example.org"
	s := storedSample(t)
	for _, c := range []struct{ name, before, program string }{
		{"lookup", "ls head/entities", "stat $M/" + ada},
		{"readdir", "stat head/entities/person", "ls -U $M/head/entities/person"},
		{"attribute", "stat head/entities/person", "cat $M/" + ada + "/age"},
		{"large value", "ls -l " + ada, "cat $M/" + ada + "/bio"},
		{"large value, in a program that handles signals", "ls -l " + ada, "python3 -c \"open('$M/" + ada + "/bio').read()\""},
		{"query", "echo '[:find ?a :where [_ :person/age ?a]]' > query/q.dl", "cat $M/query/q.tsv"},
		{"table of a kind", "stat " + ada, "cat $M/head/entities/person/.tsv"},
		{"changes", "ls head/", "cat $M/diff/t0..main.tsv"},
		{"log", "ls head", "cat $M/log.tsv"},
		{"root", "true", "ls $M"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
				d := s.damaged()
				m := mount(t, remoteTree(d, fs.Deadlines{}))
				m.sh(c.before)
				d.change(func() { d.stalled = true })
				took, err := m.signalled(d, sig, c.program)
				if err == nil || took > time.Second {
					t.Errorf("%v takes %v: %v", sig, took, err)
				}
				if !d.await(func() bool { return d.cancelled == d.asked }) {
					t.Errorf("the store was asked %d times, and %d questions were taken back", d.asked, d.cancelled)
				}
				if out, err := exec.Command("stat", "-f", "-c", "%T", m.dir).Output(); string(out) != "fuseblk\n" {
					t.Errorf("statfs: %s %v", out, err)
				}
				d.change(func() { d.stalled = false })
				m.want("cat "+ada+"/name", "Person 0\n")
				m.want("wc -c < "+ada+"/bio", "2201\n")
			}
		})
	}
}

// Two programs wait for the same thing, and each can be killed alone. (In one
// case Linux does not let a program go before the answer is there: when it looks
// up a name that another one is looking up.)
func TestWaitingForAnotherRequestCanBeKilled(t *testing.T) {
	s := storedSample(t)
	d := s.damaged()
	m := mount(t, remoteTree(d, fs.Deadlines{}))
	const table = "head/entities/person/.tsv"
	m.sh("stat " + table + "; ls tags") // so that no look-up has to wait
	d.change(func() { d.stalled = true })
	wait := func(path string) *exec.Cmd {
		d.take()
		cmd := exec.Command("cat", m.dir+"/"+path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		d.await(func() bool { return d.asked > 0 })
		return cmd
	}
	first, log := wait(table), wait("log.tsv")
	second := exec.Command("cat", m.dir+"/"+table)
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // it asks nothing: it waits for the first
	for _, cmd := range []*exec.Cmd{second, first} {
		began := time.Now()
		cmd.Process.Kill()
		if err := cmd.Wait(); err == nil || time.Since(began) > time.Second {
			t.Errorf("%v: %v", time.Since(began), err)
		}
	}
	// A name that is waited for holds up no other name.
	if took, err := m.signalled(d, syscall.SIGKILL, "cat $M/README.md"); err == nil || took > time.Second {
		t.Errorf("%v: %v", took, err)
	}
	log.Process.Kill()
	log.Wait()
}

func TestDeadlines(t *testing.T) {
	const age = "head/entities/person/p00000@example.org/age"
	s := storedSample(t)
	d := s.damaged()
	m := mount(t, remoteTree(d, fs.Deadlines{Metadata: 50 * time.Millisecond, Data: 50 * time.Millisecond, Rest: time.Minute}))
	m.sh("ls head/entities")
	fails := func(want string) {
		t.Helper()
		out, err := exec.Command("cat", m.dir+"/"+age).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%v %s, want %s", err, out, want)
		}
	}
	d.change(func() { d.stalled = true })
	d.take()
	for range 3 {
		fails("Connection timed out")
	}
	if asked, cancelled := d.take(); asked != 3 || cancelled != 3 {
		t.Errorf("%d asked, %d taken back", asked, cancelled)
	}
	for range 3 {
		fails("Connection timed out")
	}
	if asked, _ := d.take(); asked != 0 {
		t.Errorf("a store that failed three times was asked %d times more", asked)
	}
	m.want("cut -f2,3 .dhfs/errors.tsv | sed -n '2p;$p'", "head\tthe store did not answer within 50ms\n"+
		".\tnot asked: the store failed 3 times in a row, last because the store did not answer within 50ms\n")
	d.change(func() { d.stalled = false })
	m.want("tail -1 .dhfs/errors.tsv | cut -f4 | cut -d: -f1", "nothing is lost\n")
}

func TestRemoteStoreComesBack(t *testing.T) {
	const age = "cat head/entities/person/p00000@example.org/age"
	s := storedSample(t)
	d := s.damaged()
	m := mount(t, remoteTree(d, fs.Deadlines{Failures: 2, Rest: 300 * time.Millisecond}))
	m.sh("ls head/entities")
	d.change(func() { d.fails[cid.Undef] = errGone })
	for range 3 {
		if out, err := m.try(age); err == nil || !strings.Contains(out, "Input/output error") {
			t.Errorf("%v %s", err, out)
		}
	}
	d.change(func() { delete(d.fails, cid.Undef) })
	time.Sleep(400 * time.Millisecond)
	m.want(age, "20\n")
}
