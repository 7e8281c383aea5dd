//go:build unix

package cassql_test

import (
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/test/servers"
	"github.com/ipfs/go-cid"
)

// cutter is between a store and its server. It ends a connection in place of passing on an answer.
type cutter struct {
	l    net.Listener
	to   string
	left atomic.Int64 // answers to be passed on until then; negative: all
}

func newCutter(t *testing.T, at, to string) *cutter {
	t.Helper()
	l, err := net.Listen("unix", at)
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{l: l, to: to}
	c.left.Store(-1)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(client)
		}
	}()
	return c
}

func (c *cutter) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", c.to)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		server.Close()
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if err != nil || c.left.Add(-1) == -1 { // the one after the last
			return
		}
		if c.left.Load() < 0 {
			c.left.Store(-1)
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// A commit whose answer is lost, at whatever step, is made once and acknowledged.
func TestLostAnswers(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "dhfs-") // paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for name, through := range map[string]func(t *testing.T) (store string, c *cutter){
		"PostgreSQL": func(t *testing.T) (string, *cutter) {
			at, _ := url.Parse(servers.Postgres(t).Database(t))
			socket := ".s.PGSQL.5432"
			c := newCutter(t, filepath.Join(dir, socket), filepath.Join(at.Query().Get("host"), socket))
			return strings.Replace(at.String(), url.QueryEscape(at.Query().Get("host")), url.QueryEscape(dir), 1), c
		},
		"MariaDB": func(t *testing.T) (string, *cutter) {
			at, _ := url.Parse(servers.MariaDB(t).Database(t))
			socket := at.Query().Get("socket")
			c := newCutter(t, filepath.Join(dir, "s.sock"), socket)
			return strings.Replace(at.String(), socket, filepath.Join(dir, "s.sock"), 1), c
		},
	} {
		t.Run(name, func(t *testing.T) {
			url, c := through(t)
			s := create(t, url)
			head := cid.Undef
			chain := castest.Chain(1, 12)
			for i, b := range chain {
				c.left.Store(int64(i % 8))
				if err := s.Commit(t.Context(), []cas.Block{b}, "heads/main", head, b.CID()); err != nil {
					t.Fatalf("commit %d: %v", i, err)
				}
				c.left.Store(-1)
				head = b.CID()
				if at, err := s.Ref(t.Context(), "heads/main"); err != nil || at != head {
					t.Fatalf("after commit %d the ref is at %s, %v", i, at, err)
				}
			}
			if sum, err := s.Totals(t.Context()); err != nil || sum.Blocks != int64(len(chain)) {
				t.Errorf("%+v, %v", sum, err)
			}
		})
	}
}
