//go:build unix

package test

import (
	"path/filepath"
	"testing"

	"github.com/dhfs/dhfs/cas/casfile"
)

// TestManyWritersHTTP is TestManyWriters through a server: whoever has its token runs transactions.
func TestManyWritersHTTP(t *testing.T) {
	s, err := casfile.Create(t.Context(), filepath.Join(t.TempDir(), "db"), casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r := race(t, serveWire(t, s).url, httpCommits); r.most > 8 { // of the 32 that a transaction may take
		t.Errorf("a transaction was run %d times", r.most)
	}
}

// TestKill9HTTP kills processes that write through a server.
func TestKill9HTTP(t *testing.T) {
	s, err := casfile.Create(t.Context(), filepath.Join(t.TempDir(), "db"), casfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	killWriters(t, serveWire(t, s).url, 4)
}
