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

// faulty is a server, and clients that use it without a pause.
type faulty struct {
	t            *testing.T
	named        string // what an error has to say
	once         bool   // it says once, and in these words, that the storage is unavailable
	deadline     time.Duration
	activities   []string // what clients do, once each
	conns        []cas.RefStore
	writes       *engine.Conn
	near         *cas.Memory // what is pushed, and where it is written
	nearby       *engine.Conn
	acknowledged map[string]bool
	tried        atomic.Int64
	done         []atomic.Int64 // how often each activity had its way
}

// ownServer is one of HTTP in a process of its own.
type ownServer struct {
	t            *testing.T
	dir, address string
	server       *process
}

func (f *ownServer) start() {
	f.t.Helper()
	f.server = startProcess(f.t, "serve", f.dir, f.address, nil)
	select {
	case <-f.server.ready:
	case <-time.After(20 * time.Second):
		f.t.Fatal("the server does not start")
	}
}

// newFaulty has clients of the server that dial leads to.
func newFaulty(t *testing.T, named string, deadline time.Duration, dial func() cas.RefStore, activities ...string) *faulty {
	t.Helper()
	f := &faulty{t: t, named: named, deadline: deadline, activities: activities, done: make([]atomic.Int64, len(activities)), acknowledged: map[string]bool{}, near: cas.NewMemory()}
	for range activities {
		f.conns = append(f.conns, dial())
	}
	f.writes = got[*engine.Conn](t)(engine.Connect(t.Context(), f.conns[1], "main"))
	f.nearby = got[*engine.Conn](t)(engine.Create(t.Context(), f.near, "main", engine.Options{}, time.Now()))
	got[engine.Report](t)(f.nearby.Transact(t.Context(), got[[]edn.Value](t)(edn.ParseAll(notesSchema)), engine.Meta{}))
	return f
}

func (f *faulty) act(ctx context.Context, i int) error {
	c := f.conns[i]
	switch f.activities[i] {
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
	case "push":
		forms, err := edn.ParseAll(fmt.Sprintf(`{:note/key "p-%d"}`, f.done[i].Load()))
		if err == nil {
			_, err = f.nearby.Transact(ctx, forms, engine.Meta{})
		}
		if err == nil {
			_, err = engine.Sync(ctx, c, f.near, engine.SyncOptions{Refs: []string{"main:pushed"}})
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
	own := &ownServer{t: t, dir: filepath.Join(t.TempDir(), "db"), address: l.Addr().String()}
	l.Close()
	newNotes(t, own.dir)
	own.start()
	t.Cleanup(func() { own.server.kill(t) })
	f := newFaulty(t, own.address, faultDeadline, func() cas.RefStore {
		c := got[*cashttp.Client](t)(cashttp.Open("http://"+own.address, cashttp.Options{Token: wireToken, Timeout: faultSilence, Pause: 20 * time.Millisecond}))
		t.Cleanup(func() { c.Close() })
		return c
	}, "read", "write", "sync", "push", "watch")
	f.once = true
	signalled := func(s os.Signal) {
		if err := own.server.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	f.fault("stopped", func() { signalled(syscall.SIGTERM); own.server.end(t) }, own.start)
	f.fault("killed", func() { own.server.kill(t) }, own.start)
	f.fault("paused", func() { signalled(syscall.SIGSTOP) }, func() { signalled(syscall.SIGCONT) })
	f.fault("paused again", func() { signalled(syscall.SIGSTOP) }, func() { signalled(syscall.SIGCONT) })
	checkNotes(t, own.dir, f.acknowledged)
	checkReplay(t, own.dir)
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
	told := make([]error, len(f.activities))
	at := make([]time.Time, len(f.activities))
	var all sync.WaitGroup
	for i := range f.activities {
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
				t.Fatalf("%s: nothing comes of %s", what, f.activities[i])
			}
		}
	}
	began := time.Now()
	happen()
	timer := time.AfterFunc(4*f.deadline, cancel)
	all.Wait()
	timer.Stop()
	for i, name := range f.activities {
		late := at[i].Sub(began)
		text := told[i].Error()
		if !errors.Is(told[i], cas.ErrUnavailable) || f.once && strings.Count(text, cas.ErrUnavailable.Error()) != 1 || !strings.Contains(text, f.named) {
			t.Errorf("%s during %s: %v", what, name, told[i])
		}
		if late > f.deadline {
			t.Errorf("%s during %s: told after %v", what, name, late)
		}
	}
	mend()
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for i, name := range f.activities { // with the clients that they have
		if name == "watch" {
			continue // it would not end
		}
		if err := f.act(ctx, i); err != nil {
			t.Errorf("%s, and back: %s: %v", what, name, err)
		}
	}
}
