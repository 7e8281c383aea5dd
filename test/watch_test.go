//go:build unix

package test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// TestWatchWithinASecond commits to each kind of store, and has whoever has opened it apart hear of it: each commit once, in order, and within a second. On a busy
// machine a few may take longer, half of them not.
func TestWatchWithinASecond(t *testing.T) {
	stores := map[string]func(t *testing.T) string{
		"file": func(t *testing.T) string { return filepath.Join(t.TempDir(), "db") },
		"S3":   s3Place,
		"HTTP": func(t *testing.T) string {
			s, err := casfile.Create(t.Context(), filepath.Join(t.TempDir(), "db"), casfile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return serveWire(t, s).url
		},
	}
	for name, url := range sqlStores {
		stores[name] = url
	}
	for name, url := range stores {
		t.Run(name, func(t *testing.T) { hearOf(t, url(t)) })
	}
}

func hearOf(t *testing.T, at string) {
	const commits = 5
	newNotes(t, at)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	heard := make(chan engine.Commit)
	listening, err := connectAt(ctx, t, at)
	if err != nil {
		t.Fatal(err)
	}
	db, err := listening.DB(ctx)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(heard)
		for c, err := range listening.Watch(ctx, db.Commit()) {
			if err != nil {
				return
			}
			heard <- c
		}
	}()
	writing, err := connectAt(ctx, t, at)
	if err != nil {
		t.Fatal(err)
	}
	var took []time.Duration
	for i := range commits {
		forms, err := edn.ParseAll(fmt.Sprintf(`{:note/key "n%d" :note/n %d}`, i, i))
		if err != nil {
			t.Fatal(err)
		}
		r, err := writing.Transact(ctx, forms, engine.Meta{})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		c, ok := <-heard
		took = append(took, time.Since(began))
		if !ok || c.ID != r.Commit.ID {
			t.Fatalf("t%d, commit %s, instead of t%d, commit %s", c.T, c.ID, r.Commit.T, r.Commit.ID)
		}
	}
	stop()
	for range heard {
	}
	slices.Sort(took)
	t.Log(took)
	if took[commits/2] > time.Second {
		t.Errorf("commits are heard of after %v", took)
	}
}

// connectAt opens a store of its own, and its main branch.
func connectAt(ctx context.Context, t *testing.T, at string) (*engine.Conn, error) {
	s, err := openAt(ctx, at)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { s.Close() })
	return engine.Connect(ctx, s, "main")
}
