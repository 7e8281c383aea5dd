package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

const (
	loadToken = "sesame"
	loadFirst = 2 // t before the load begins
	// loadMemory is the most that the server may take at its peak, in MB.
	loadMemory = 300
)

const loadSchema = `[{:db/ident :note/key :db/valueType :db.type/string :db/unique :db.unique/identity}
 {:db/ident :pair/id :db/valueType :db.type/string :db/unique :db.unique/identity}
 {:db/ident :pair/a :db/valueType :db.type/long} {:db/ident :pair/b :db/valueType :db.type/long}]`

// load is a server under load, and what its writers were told.
type load struct {
	url string

	mu           sync.Mutex
	acknowledged map[string]uint64 // t, by key
	newest       atomic.Uint64     // t that was acknowledged
	reads        atomic.Int64
}

// TestLoad has many read and write through one server at once. Half of the writers send it transactions, half run them themselves. Each transaction
// that was acknowledged is in the log once, where its writer was told. No reader sees a database that is older than what it has seen, or than what was
// acknowledged before it looked, or half of a transaction. The server's memory is bounded.
func TestLoad(t *testing.T) {
	dir := emptyDB(t)
	for _, tx := range []string{loadSchema, `[{:pair/id "p" :pair/a 0 :pair/b 0}]`} {
		if out, err := inShell(dir, "dhfs tx db '"+tx+"'"); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	server, url := startServe(t, dir)
	l := &load{url: url, acknowledged: map[string]uint64{}}
	began := time.Now()
	var writers, readers sync.WaitGroup
	written := make(chan struct{})
	for range loadReaders {
		readers.Go(func() {
			if err := l.read(t.Context(), written); err != nil {
				t.Errorf("a reader: %v", err)
			}
		})
	}
	for w := range loadWriters {
		writers.Go(func() {
			if err := l.write(t.Context(), w); err != nil {
				t.Errorf("writer %d: %v", w, err)
			}
		})
	}
	writers.Wait()
	writing := time.Since(began)
	close(written)
	readers.Wait()
	t.Logf("%d transactions of %d writers in %v, %d reads of %d readers in %v", len(l.acknowledged), loadWriters, writing.Round(time.Millisecond), l.reads.Load(), loadReaders, time.Since(began).Round(time.Millisecond))
	l.checkMetrics(t)
	peak, ok := memoryPeak(server.Process.Pid)
	if !ok || peak > loadMemory && loadReaders > 100 { // the race detector takes memory of its own
		t.Errorf("the server took %d MB, at most %d are wanted", peak, loadMemory)
	} else {
		t.Logf("the server took %d MB at its peak", peak)
	}
	if err := errors.Join(server.Process.Signal(os.Interrupt), server.Wait()); err != nil {
		t.Error(err)
	}
	l.checkLog(t, filepath.Join(dir, "db"))
}

func startServe(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	server := exec.Command("dhfs", "serve", "--listen", "127.0.0.1:0", "db")
	server.Dir, server.Stderr = dir, os.Stderr
	server.Env = append(os.Environ(), "DHFS_TOKEN="+loadToken)
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return server, strings.TrimSuffix(strings.TrimSpace(line), "/")
}

func (l *load) connect(ctx context.Context) (*engine.Conn, *cashttp.Client, error) {
	c, err := cashttp.Open(l.url, cashttp.Options{Token: loadToken, Timeout: 3 * time.Minute}) // of a machine that has two processors for a thousand
	if err != nil {
		return nil, nil, err
	}
	conn, err := engine.Connect(ctx, c, mainBranch)
	return conn, c, err
}

// read looks three times: at once, while others write, and when all is written.
func (l *load) read(ctx context.Context, written <-chan struct{}) error {
	least := l.newest.Load()
	conn, c, err := l.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for look := range 3 {
		if look == 1 {
			select {
			case <-time.After(rand.N(10 * time.Second)):
			case <-written:
			}
		} else if look == 2 {
			<-written
		}
		if look > 0 {
			least = max(least, l.newest.Load())
		}
		db, err := conn.DB(ctx)
		if err != nil {
			return err
		}
		if db.T() < least {
			return fmt.Errorf("t%d, after t%d", db.T(), least)
		}
		least = db.T()
		if err := consistent(ctx, db); err != nil {
			return fmt.Errorf("t%d: %w", db.T(), err)
		}
		l.reads.Add(1)
	}
	if least != loadFirst+loadWriters*loadEach {
		return fmt.Errorf("t%d in the end", least)
	}
	return nil
}

// consistent looks whether db is what whole transactions lead to.
func consistent(ctx context.Context, db engine.DB) error {
	notes, pair := uint64(0), map[string]int64{}
	for d, err := range db.Datoms(ctx, engine.EAVT, engine.Pattern{}) {
		if err != nil {
			return err
		}
		switch name := identOf(db, d.A); name {
		case "note/key":
			notes++
		case "pair/a", "pair/b":
			n, err := strconv.ParseInt(engine.ToEDN(d.V).String(), 10, 64)
			if err != nil {
				return err
			}
			pair[name] = n
		}
	}
	if a, ok := pair["pair/a"]; !ok || a != pair["pair/b"] || notes != max(db.T(), loadFirst)-loadFirst {
		return fmt.Errorf("%d notes, pair %v", notes, pair)
	}
	return nil
}

func (l *load) write(ctx context.Context, w int) error {
	conn, c, err := l.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for i := range loadEach {
		key, n := fmt.Sprintf("w%d-%d", w, i), w*1000+i
		tx := fmt.Sprintf(`[{:note/key %q} {:pair/id "p" :pair/a %d :pair/b %d}]`, key, n, n)
		send := l.submit
		if w%2 == 0 {
			send = func(ctx context.Context, tx string) (uint64, error) {
				forms, err := edn.Parse(tx)
				if err != nil {
					return 0, err
				}
				r, err := conn.Transact(ctx, forms.Items(), engine.Meta{})
				return r.Commit.T, err
			}
		}
		t, err := send(ctx, tx)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		l.mu.Lock()
		l.acknowledged[key] = t
		l.newest.Store(max(l.newest.Load(), t))
		l.mu.Unlock()
	}
	return nil
}

var reportedT = regexp.MustCompile(`^\{:t (\d+), `)

// submit sends a transaction to the server.
func (l *load) submit(ctx context.Context, tx string) (uint64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url+"/tx", strings.NewReader(tx))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+loadToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	m := reportedT.FindSubmatch(body)
	if m == nil {
		return 0, fmt.Errorf("%s: %s", res.Status, body)
	}
	return strconv.ParseUint(string(m[1]), 10, 64)
}

// checkMetrics compares what the server counted with what was done.
func (l *load) checkMetrics(t *testing.T) {
	t.Helper()
	res, err := http.Get(strings.TrimSuffix(l.url, "/db") + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		fmt.Sprintf(`dhfs_http_commits_total{db="db"} %d`, loadWriters*loadEach),
		fmt.Sprintf(`dhfs_http_requests_total{db="db",route="tx",status="200"} %d`, loadWriters/2*loadEach),
		`dhfs_http_watches{db="db"} 0`,
	} {
		if !strings.Contains(string(body), want+"\n") {
			t.Errorf("/metrics does not say %s", want)
		}
	}
}

// memoryPeak is the most that a process has had in memory so far, in MB; ok is false when it has ended.
func memoryPeak(pid int) (mb int, ok bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		return 0, false
	}
	kb, err := strconv.Atoi(string(m[1]))
	return kb / 1024, err == nil
}

// checkLog looks for each acknowledged transaction in the log: once, and where its writer was told.
func (l *load) checkLog(t *testing.T, dir string) {
	t.Helper()
	s, err := casfile.Open(t.Context(), dir, casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	db, err := dbAt(t.Context(), s, "")
	if err != nil {
		t.Fatal(err)
	}
	logged, next := map[string]uint64{}, db.T()
	for c, err := range engine.Log(t.Context(), s, db.Commit()) {
		if err != nil {
			t.Fatal(err)
		}
		if c.T != next {
			t.Fatalf("t%d where t%d should be", c.T, next)
		}
		next--
		tx, err := engine.ReadTx(t.Context(), s, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tx.Datoms {
			if identOf(db, d.A) == "note/key" {
				if other, twice := logged[d.V.Text()]; twice || !d.Added {
					t.Fatalf("%s is in t%d and in t%d", d.V.Text(), c.T, other)
				}
				logged[d.V.Text()] = c.T
			}
		}
	}
	if len(logged) != loadWriters*loadEach || len(l.acknowledged) != len(logged) {
		t.Errorf("%d transactions are in the log, %d were acknowledged", len(logged), len(l.acknowledged))
	}
	for key, at := range l.acknowledged {
		if logged[key] != at {
			t.Errorf("%s was acknowledged as t%d and is t%d", key, at, logged[key])
		}
	}
}
