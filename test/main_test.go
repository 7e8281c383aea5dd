//go:build unix

package test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/cas/cass3"
	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/test/servers"
)

// What a process of the tests is to do, in which store, and what it is called. It is this test binary, run again by itself.
const (
	envRole = "DHFS_TEST_ROLE"
	envDir  = "DHFS_TEST_DIR"
	envName = "DHFS_TEST_NAME"
	envMany = "DHFS_TEST_MANY" // how many transactions
)

var roles = map[string]func(dir, name string) error{
	"write":   writeForEver,
	"compete": compete,
	"serve":   serveUntilTold,
	"collect": func(dir, _ string) error { return collectForEver(dir) },
}

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv(envRole)]
	if !ok {
		os.Exit(servers.Main(m))
	}
	if err := role(os.Getenv(envDir), os.Getenv(envName)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// process is one that plays a role.
type process struct {
	cmd   *exec.Cmd
	said  chan []string // what it has said, at its end
	ready chan struct{} // closed at the first line
}

func startProcess(t *testing.T, role, dir, name string, in io.Reader) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envRole+"="+role, envDir+"="+dir, envName+"="+name)
	cmd.Stdin, cmd.Stderr = in, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, said: make(chan []string, 1), ready: make(chan struct{})}
	go p.listen(out)
	return p
}

// listen reads lines until the end; the last is left out when it was cut off.
func (p *process) listen(r io.Reader) {
	in := bufio.NewReader(r)
	var lines []string
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			break
		}
		if lines = append(lines, strings.TrimSuffix(line, "\n")); len(lines) == 1 {
			close(p.ready)
		}
	}
	p.said <- lines
}

// kill ends a process that goes on for ever, and returns what it has said.
func (p *process) kill(t *testing.T) []string {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatalf("a process ended by itself: %v", err)
	}
	said := <-p.said
	_ = p.cmd.Wait() // it was killed
	return said
}

// end waits for a process that ends by itself, and returns what it has said.
func (p *process) end(t *testing.T) []string {
	t.Helper()
	said := <-p.said
	if err := p.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return said
}

// closable is an open store.
type closable interface {
	cas.RefStore
	io.Closer
}

// openAt opens the store in a directory, or at a URL.
func openAt(ctx context.Context, at string) (closable, error) {
	switch {
	case strings.HasPrefix(at, "http:"):
		return cashttp.Open(at, cashttp.Options{Token: wireToken})
	case strings.HasPrefix(at, "s3:"):
		return cass3.Open(ctx, at, cass3.Options{Growth: s3Growth()})
	case strings.Contains(at, ":"):
		return cassql.Open(ctx, at)
	}
	return casfile.Open(ctx, at, casfile.Options{PackSize: 1 << 20})
}

// createAt makes a store.
func createAt(ctx context.Context, at string) (closable, error) {
	switch {
	case strings.HasPrefix(at, "http:"): // the server has an empty store
		return openAt(ctx, at)
	case strings.HasPrefix(at, "s3:"):
		return cass3.Create(ctx, at, cass3.Options{})
	case strings.Contains(at, ":"):
		return cassql.Create(ctx, at)
	}
	return casfile.Create(ctx, at, casfile.Options{})
}
