//go:build unix

// Package servers starts real servers for tests, in a temporary directory and on a socket in it, one of each kind for a
// test binary. They belong to a user without rights where the tests are run by root, and end with the test binary:
//
//	func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }
//
// What they need is installed by `make setup`.
package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startWithin is how long a server may take to answer.
const startWithin = 60 * time.Second

// Server is one that can be stopped and started again.
type Server struct {
	kind
	dir     string
	options []string

	mu      sync.Mutex
	process *os.Process
	ended   chan struct{}
	used    int // databases made
}

// kind is what differs between servers.
type kind interface {
	// users are the names of users that own such servers, where the tests are run by root.
	users() []string
	// install fills the directory, run is the command that serves it.
	install(s *Server) error
	run(s *Server) (*exec.Cmd, error)
	// stopSignal ends sessions and then the server, quitSignal all at once.
	stopSignal() syscall.Signal
	quitSignal() syscall.Signal
	// ask runs statements as the owner of all.
	ask(ctx context.Context, s *Server, statements ...string) error
	url(s *Server, database string) string
}

var (
	shared   = map[string]*Server{}
	sharedMu sync.Mutex
)

// Main runs the tests and stops the servers that they have started. It is for TestMain.
func Main(m interface{ Run() int }) int {
	defer func() {
		sharedMu.Lock()
		defer sharedMu.Unlock()
		for _, s := range shared {
			s.remove()
		}
	}()
	return m.Run()
}

// kinds are all servers by name, with what makes them quick: they do not sync to disk.
var kinds = map[string]struct {
	kind
	options []string
}{
	"postgres": {postgres{}, []string{"-c", "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=32MB"}},
	"mariadb":  {mariaDB{}, []string{"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M"}},
	"s3":       {&s3{}, nil},
}

// Get is the server of this test binary that has a name: postgres, mariadb or s3. It is started where it does not run yet.
func Get(name string) (*Server, error) {
	sharedMu.Lock()
	defer sharedMu.Unlock()
	if s := shared[name]; s != nil {
		return s, nil
	}
	k, ok := kinds[name]
	if !ok {
		return nil, fmt.Errorf("no server is called %s", name)
	}
	s, err := start(k.kind, k.options...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (`make setup` installs it)", name, err)
	}
	shared[name] = s
	return s, nil
}

// Postgres is the PostgreSQL of this test binary.
func Postgres(t testing.TB) *Server { return get(t, "postgres") }

// MariaDB is the MariaDB of this test binary.
func MariaDB(t testing.TB) *Server { return get(t, "mariadb") }

func get(t testing.TB, name string) *Server {
	t.Helper()
	s, err := Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Durable is a server of its own, with the settings that it has by default: "postgres" or "mariadb".
func Durable(t testing.TB, name string) *Server {
	t.Helper()
	s, err := start(kinds[name].kind)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.remove)
	return s
}

// start makes a server in a directory with a short name, since paths of sockets are short.
func start(k kind, options ...string) (*Server, error) {
	dir, err := os.MkdirTemp("/tmp", "dhfs-")
	if err != nil {
		return nil, err
	}
	s := &Server{kind: k, dir: dir, options: options}
	if err = s.own(dir); err == nil {
		err = k.install(s)
	}
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

// owner is who the server runs as: nil for the user of the tests.
func (s *Server) owner() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range append(s.users(), "nobody") {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return nil
}

func (s *Server) own(path string) error {
	if c := s.owner(); c != nil {
		return os.Chown(path, int(c.Uid), int(c.Gid))
	}
	return nil
}

// do runs a command that ends, as the owner.
func (s *Server) do(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner()}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %v\n%s", filepath.Base(name), err, out)
	}
	return nil
}

// Start starts the server and returns when it answers.
func (s *Server) Start() error {
	cmd, err := s.run(s)
	if err != nil {
		return err
	}
	messages, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer messages.Close()
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, messages, messages
	cmd.SysProcAttr = endsWithUs(&syscall.SysProcAttr{Credential: s.owner(), Setpgid: true})
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // some systems end a process with the thread that has started it
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return err
	}
	s.mu.Lock()
	s.process, s.ended = cmd.Process, ended
	s.mu.Unlock()
	return s.await(ended)
}

// await returns when the server answers.
func (s *Server) await(ended chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	for {
		err := s.ask(ctx, s)
		if err == nil {
			return nil
		}
		timer := time.NewTimer(50 * time.Millisecond)
		select {
		case <-ended:
			text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("it has ended: %s", text)
		case <-ctx.Done():
			return fmt.Errorf("no answer within %s: %w", startWithin, err)
		case <-timer.C:
		}
	}
}

// Stop ends the server as its administrator would, and returns when it has ended.
func (s *Server) Stop() { s.signal(s.stopSignal()) }

// Kill ends it at once.
func (s *Server) Kill() { s.signal(syscall.SIGKILL) }

// Pause stops it from running, so that it answers nothing, until Continue is called.
func (s *Server) Pause() {
	s.signalAll(syscall.SIGSTOP)
	s.mu.Lock()
	defer s.mu.Unlock()
	for range 200 { // a busy machine takes a while until it does not run any more
		if state, err := exec.Command("ps", "-o", "state=", "-p", strconv.Itoa(s.process.Pid)).Output(); err != nil || strings.HasPrefix(strings.TrimSpace(string(state)), "T") {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Continue ends a Pause.
func (s *Server) Continue() { s.signalAll(syscall.SIGCONT) }

// signalAll is for the server and all its children: those of PostgreSQL are in groups of their own.
func (s *Server) signalAll(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return
	}
	children, _ := exec.Command("pgrep", "-P", strconv.Itoa(s.process.Pid)).Output()
	_ = s.process.Signal(sig)
	for child := range strings.FieldsSeq(string(children)) {
		if pid, err := strconv.Atoi(child); err == nil {
			_ = syscall.Kill(pid, sig)
		}
	}
}

func (s *Server) signal(sig syscall.Signal) {
	s.mu.Lock()
	process, ended := s.process, s.ended
	s.mu.Unlock()
	if process == nil {
		return
	}
	if sig == syscall.SIGKILL {
		s.signalAll(sig)
	} else {
		_ = process.Signal(sig)
	}
	<-ended
}

func (s *Server) remove() {
	s.Continue()
	s.signal(s.quitSignal())
	_ = os.RemoveAll(s.dir)
}

// NewDatabase makes an empty database and returns its URL.
func (s *Server) NewDatabase() (url string, err error) {
	s.mu.Lock()
	s.used++
	name := fmt.Sprintf("db%d", s.used)
	s.mu.Unlock()
	return s.url(s, name), s.Do("CREATE DATABASE " + name)
}

// Database is NewDatabase for a test.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	url, err := s.NewDatabase()
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// URL is that of a database, whether it is there or not.
func (s *Server) URL(database string) string { return s.url(s, database) }

// Do runs statements as the owner of all.
func (s *Server) Do(statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	return s.ask(ctx, s, statements...)
}

// program finds a command in PATH, and else where some systems keep it.
func program(name string, also ...string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, pattern := range also {
		if found, _ := filepath.Glob(filepath.Join(pattern, name)); len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", fmt.Errorf("the command %s is missing", name)
}
