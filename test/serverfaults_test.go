//go:build unix

package test

import (
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cass3"
	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/test/servers"
)

// TestFaultsOfServers is TestFaultsOfAServer with SQL databases and a bucket.
func TestFaultsOfServers(t *testing.T) {
	sql := func(server *servers.Server, named string) func(*testing.T) (*servers.Server, string, string, func(string) cas.RefStore) {
		return func(t *testing.T) (*servers.Server, string, string, func(string) cas.RefStore) {
			return server, server.Database(t), named, func(url string) cas.RefStore {
				s := got[*cassql.Store](t)(cassql.Open(t.Context(), url))
				s.SetPatience(faultSilence)
				t.Cleanup(func() { s.Close() })
				return s
			}
		}
	}
	bucket := s3Place(t)
	for name, of := range map[string]func(*testing.T) (server *servers.Server, url, named string, dial func(string) cas.RefStore){
		"PostgreSQL": sql(servers.Durable(t, "postgres"), "postgres://"),
		"MariaDB":    sql(servers.Durable(t, "mariadb"), "mysql://"),
		"S3": func(t *testing.T) (*servers.Server, string, string, func(string) cas.RefStore) {
			g := servers.S3(t)
			return g.Server, bucket, g.Address, func(url string) cas.RefStore {
				s := got[*cass3.Store](t)(cass3.Open(t.Context(), url, cass3.Options{Patience: faultSilence, Alone: true}))
				t.Cleanup(func() { s.Close() })
				return s
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // mostly they wait
			server, url, named, dial := of(t)
			newNotes(t, url)
			f := newFaulty(t, named, 2*faultDeadline, func() cas.RefStore { return dial(url) }, "read", "write", "sync", "push")
			start := func() {
				if err := server.Start(); err != nil {
					t.Fatal(err)
				}
			}
			f.fault("stopped", server.Stop, start)
			f.fault("killed", server.Kill, start)
			f.fault("paused", server.Pause, server.Continue)
			checkNotes(t, url, f.acknowledged)
			checkReplay(t, url)
			again := dial(url)
			pushed := must(again.Ref(t.Context(), "heads/pushed"))
			if now := must(f.near.Ref(t.Context(), "heads/main")); pushed != now {
				t.Errorf("pushed is at %s, want %s", pushed, now)
			}
			if _, err := engine.Check(t.Context(), again, pushed); err != nil {
				t.Error(err)
			}
			t.Logf("%d of %d transactions were acknowledged", len(f.acknowledged), f.tried.Load())
		})
	}
}
