//go:build unix

package test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// serveUntilTold serves the store in dir at an address until SIGTERM.
func serveUntilTold(dir, address string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s, err := casfile.Open(ctx, dir, casfile.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: wireHandler(s), ReadHeaderTimeout: time.Minute}
	go func() {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		_ = server.Shutdown(last) // those who watch are still there
		_ = server.Close()
	}()
	fmt.Println("ready")
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// faultSilence is the patience of the clients; whatever happens, they tell of it within faultDeadline.
const (
	faultSilence  = time.Second
	faultDeadline = 5 * time.Second
)

// faulty is a server in a process of its own, and clients that use it without a pause.
type faulty struct {
	t            *testing.T
	dir, address string
	server       *process
	conns        [4]*cashttp.Client
	writes       *engine.Conn
	acknowledged map[string]bool
	tried        atomic.Int64
	done         [4]atomic.Int64 // how often each activity had its way
}

func (f *faulty) start() {
	f.t.Helper()
	f.server = startProcess(f.t, "serve", f.dir, f.address, nil)
	select {
	case <-f.server.ready:
	case <-time.After(20 * time.Second):
		f.t.Fatal("the server does not start")
	}
}

// activities are what clients do, once each.
var activities = [...]string{"read", "write", "sync", "watch"}

func (f *faulty) act(ctx context.Context, i int) error {
	c := f.conns[i]
	switch activities[i] {
	case "read":
		conn, err := engine.Connect(ctx, c, "main")
		if err != nil {
			return err
		}
		db, err := conn.DB(ctx)
		if err != nil {
			return err
		}
		for _, err := range db.Datoms(ctx, engine.EAVT, engine.Pattern{}) {
			if err != nil {
				return err
			}
		}
		return nil
	case "write":
		key := fmt.Sprintf("n-%d", f.tried.Add(1))
		forms, err := edn.ParseAll(fmt.Sprintf(`{:note/key %q :note/text %q}`, key, strings.Repeat(key, 40)))
		if err != nil {
			return err
		}
		if _, err = f.writes.Transact(ctx, forms, engine.Meta{}); err == nil {
			f.acknowledged[key] = true
		}
		return err
	case "sync":
		_, err := engine.Sync(ctx, cas.NewMemory(), c, engine.SyncOptions{})
		return err
	}
	conn, err := engine.Connect(ctx, c, "main")
	if err != nil {
		return err
	}
	db, err := conn.DB(ctx)
	if err != nil {
		return err
	}
	for _, err := range conn.Watch(ctx, db.Commit()) {
		if err != nil {
			return err
		}
		f.done[i].Add(1)
	}
	return nil
}

// TestFaultsOfAServer stops, kills and pauses a server while clients read, write, sync and watch. Each is told once, as of a storage that cannot be
// reached, before long; when the server is back all go on, as they are; and nothing that was acknowledged is lost, or there twice.
func TestFaultsOfAServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &faulty{t: t, dir: filepath.Join(t.TempDir(), "db"), address: l.Addr().String(), acknowledged: map[string]bool{}}
	l.Close()
	newNotes(t, f.dir)
	f.start()
	t.Cleanup(func() { f.server.kill(t) })
	for i := range f.conns {
		if f.conns[i], err = cashttp.Open("http://"+f.address, cashttp.Options{Token: wireToken, Timeout: faultSilence, Pause: 20 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		defer f.conns[i].Close()
	}
	if f.writes, err = engine.Connect(t.Context(), f.conns[1], "main"); err != nil {
		t.Fatal(err)
	}
	signalled := func(s os.Signal) {
		if err := f.server.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	f.fault("stopped", func() { signalled(syscall.SIGTERM); f.server.end(t) }, f.start)
	f.fault("killed", func() { f.server.kill(t) }, f.start)
	f.fault("paused", func() { signalled(syscall.SIGSTOP) }, func() { signalled(syscall.SIGCONT) })
	f.fault("paused again", func() { signalled(syscall.SIGSTOP) }, func() { signalled(syscall.SIGCONT) })
	checkNotes(t, f.dir, f.acknowledged)
	checkReplay(t, f.dir)
	t.Logf("%d of %d transactions were acknowledged", len(f.acknowledged), f.tried.Load())
}

// fault has something happen to the server while all clients use it, looks at what they are told, and lets them go on.
func (f *faulty) fault(what string, happen, mend func()) {
	t := f.t
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for i := range f.done {
		f.done[i].Store(0)
	}
	told := make([]error, len(activities))
	at := make([]time.Time, len(activities))
	var all sync.WaitGroup
	for i := range activities {
		all.Go(func() {
			for told[i] == nil {
				if told[i] = f.act(ctx, i); told[i] == nil {
					f.done[i].Add(1)
				}
			}
			at[i] = time.Now()
		})
	}
	for i := range f.done { // all are at it
		for until := time.Now().Add(20 * time.Second); f.done[i].Load() < 2; time.Sleep(time.Millisecond) {
			if time.Now().After(until) {
				t.Fatalf("%s: nothing comes of %s", what, activities[i])
			}
		}
	}
	began := time.Now()
	happen()
	timer := time.AfterFunc(4*faultDeadline, cancel)
	all.Wait()
	timer.Stop()
	for i, name := range activities {
		late := at[i].Sub(began)
		text := told[i].Error()
		if !errors.Is(told[i], cas.ErrUnavailable) || strings.Count(text, cas.ErrUnavailable.Error()) != 1 || !strings.Contains(text, f.address) {
			t.Errorf("%s during %s: %v", what, name, told[i])
		}
		if late > faultDeadline {
			t.Errorf("%s during %s: told after %v", what, name, late)
		}
	}
	mend()
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for i, name := range activities[:3] { // with the clients that they have
		if err := f.act(ctx, i); err != nil {
			t.Errorf("%s, and back: %s: %v", what, name, err)
		}
	}
}
