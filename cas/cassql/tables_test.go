//go:build unix

package cassql_test

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/test/servers"
	"github.com/ipfs/go-cid"
)

// do runs a statement behind the back of a store.
func do(t testing.TB, s *cassql.Store, statement string, args ...any) {
	t.Helper()
	if _, err := s.DB().ExecContext(t.Context(), s.SQL(statement), args...); err != nil {
		t.Fatal(err)
	}
}

func put(t testing.TB, s cas.Store, blocks ...cas.Block) {
	t.Helper()
	if err := s.Put(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
}

func TestCreate(t *testing.T) {
	forEach(t, func(t *testing.T, url string) {
		if _, err := cassql.Open(t.Context(), url); !errors.Is(err, cas.ErrNotFound) {
			t.Fatalf("Open of nothing = %v", err)
		}
		var wg sync.WaitGroup
		for i := range 6 { // some in the same tables
			wg.Go(func() {
				s, err := cassql.Create(t.Context(), withPrefix(url, i%2))
				if err != nil {
					t.Errorf("Create beside others: %v", err)
					return
				}
				if err := s.Put(t.Context(), []cas.Block{castest.Raw(uint64(i % 2))}); err != nil {
					t.Error(err)
				}
				s.Close()
			})
		}
		wg.Wait()
		for i := range 2 {
			s := create(t, withPrefix(url, i))
			for j := range 2 {
				if ok, err := s.Has(t.Context(), castest.Raw(uint64(j)).CID()); err != nil || ok != (i == j) {
					t.Errorf("store %d: Has of the block of store %d = %v, %v", i, j, ok, err)
				}
			}
		}
		if _, err := cassql.Open(t.Context(), withPrefix(url, 2)); !errors.Is(err, cas.ErrNotFound) {
			t.Errorf("Open of a third = %v", err)
		}
	})
}

// A process that ends while it makes tables leaves what the next one completes.
func TestCreateInterrupted(t *testing.T) {
	forEach(t, func(t *testing.T, url string) {
		s := create(t, url)
		do(t, s, "DELETE FROM %p_store")
		do(t, s, "DROP TABLE %p_refs")
		if _, err := cassql.Open(t.Context(), url); !errors.Is(err, cas.ErrNotFound) {
			t.Fatalf("Open = %v", err)
		}
		again := create(t, url)
		put(t, again, castest.Raw(1))
		if err := again.SetRef(t.Context(), "heads/main", cid.Undef, castest.Raw(1).CID()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestNewerFormat(t *testing.T) {
	forEach(t, func(t *testing.T, url string) {
		do(t, create(t, url), "UPDATE %p_store SET format = 7")
		for _, open := range []func() (*cassql.Store, error){
			func() (*cassql.Store, error) { return cassql.Open(t.Context(), url) },
			func() (*cassql.Store, error) { return cassql.Create(t.Context(), url) },
		} {
			_, err := open()
			var version *cassql.VersionError
			if !errors.As(err, &version) || version.Found != 7 || !strings.Contains(err.Error(), "format 7") {
				t.Errorf("error %v", err)
			}
		}
	})
}

// What is damaged is told with table and CID, is never "not found", and can be stored again once it is forgotten.
func TestDamage(t *testing.T) {
	node := castest.Chain(1, 2)[1]
	large := cas.NewBlock(cas.Raw, []byte(strings.Repeat("compress me ", 500)))
	for what, damage := range map[string]func(t *testing.T, s *cassql.Store, id []byte){
		"other bytes": func(t *testing.T, s *cassql.Store, id []byte) {
			do(t, s, "UPDATE %p_blocks SET data = ? WHERE cid = ?", []byte("other"), id)
		},
		"no bytes": func(t *testing.T, s *cassql.Store, id []byte) {
			do(t, s, "UPDATE %p_blocks SET data = ? WHERE cid = ?", []byte{}, id)
		},
		"coding": func(t *testing.T, s *cassql.Store, id []byte) {
			do(t, s, "UPDATE %p_blocks SET coding = 7 WHERE cid = ?", id)
		},
		"size": func(t *testing.T, s *cassql.Store, id []byte) {
			do(t, s, "UPDATE %p_blocks SET size = -1, coding = 1 WHERE cid = ?", id)
		},
	} {
		t.Run(what, func(t *testing.T) {
			forEach(t, func(t *testing.T, url string) {
				s := create(t, url)
				put(t, s, node, large)
				for _, b := range []cas.Block{node, large} {
					damage(t, s, b.CID().Bytes())
					wantDamage(t, s, b.CID())
					if err := s.Forget(t.Context(), []cid.Cid{b.CID()}); err != nil {
						t.Fatal(err)
					}
					if _, err := s.Get(t.Context(), b.CID()); !errors.Is(err, cas.ErrNotFound) {
						t.Errorf("Get of what was forgotten: %v", err)
					}
					put(t, s, b)
					if _, err := s.Get(t.Context(), b.CID()); err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}

func wantDamage(t *testing.T, s *cassql.Store, id cid.Cid) {
	t.Helper()
	_, err := s.Get(t.Context(), id)
	var corrupt *cas.CorruptError
	if !errors.As(err, &corrupt) || errors.Is(err, cas.ErrNotFound) || corrupt.CID != id || corrupt.Path != "table dhfs_blocks" {
		t.Errorf("Get of a damaged block: %v", err)
	}
	if ok, err := s.Has(t.Context(), id); !ok || err != nil {
		t.Errorf("Has of a damaged block = %v, %v", ok, err)
	}
}

// A ref that is damaged is no ref that is missing.
func TestDamagedRef(t *testing.T) {
	forEach(t, func(t *testing.T, url string) {
		s := create(t, url)
		put(t, s, castest.Raw(1))
		if err := s.SetRef(t.Context(), "heads/main", cid.Undef, castest.Raw(1).CID()); err != nil {
			t.Fatal(err)
		}
		do(t, s, "UPDATE %p_refs SET cid = ?", []byte("x"))
		var corrupt *cas.CorruptError
		if _, err := s.Ref(t.Context(), "heads/main"); !errors.As(err, &corrupt) || !strings.Contains(err.Error(), "dhfs_refs") {
			t.Errorf("Ref = %v", err)
		}
		if _, err := s.Refs(t.Context()); !errors.As(err, &corrupt) {
			t.Errorf("Refs = %v", err)
		}
	})
}

// A commit of more than fits one statement is there as a whole or not at all.
func TestLargeCommit(t *testing.T) {
	forEach(t, func(t *testing.T, url string) {
		s := create(t, url)
		blocks := castest.Graph(1, 2500)
		for i := range 3 {
			blocks = append(blocks, cas.NewBlock(cas.Raw, noise(uint64(i), 3<<20)))
		}
		head := castest.Node(7, blocks[2499].CID())
		blocks = append(blocks, head)
		wrong := castest.Raw(1).CID()
		if err := s.Commit(t.Context(), blocks, "heads/main", wrong, head.CID()); !errors.Is(err, cas.ErrConflict) {
			t.Fatalf("Commit on what is not there = %v", err)
		}
		if sum, err := s.Totals(t.Context()); err != nil || sum.Blocks != 0 {
			t.Fatalf("a commit that lost has left %+v, %v", sum, err)
		}
		if err := s.Commit(t.Context(), blocks, "heads/main", cid.Undef, head.CID()); err != nil {
			t.Fatal(err)
		}
		ids := make([]cid.Cid, len(blocks))
		for i, b := range blocks {
			ids[i] = b.CID()
		}
		err := s.GetMany(t.Context(), ids, func(i int, b cas.Block, err error) {
			if err != nil || b.CID() != ids[i] {
				t.Errorf("block %d: %v", i, err)
			}
		})
		sum, err2 := s.Totals(t.Context())
		if err != nil || err2 != nil || sum.Blocks != int64(len(blocks)) || sum.Raw < 9<<20 || sum.Disk < 9<<20 {
			t.Errorf("%v, %v, %+v", err, err2, sum)
		}
	})
}

func noise(seed uint64, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*6364136223846793005 + 1442695040888963407
		b[i] = byte(seed >> 56)
	}
	return b
}

// A ref that is moved to where it points was moved, although MySQL changes no row then: it counts rows that it found because the driver is told so.
func TestFoundRows(t *testing.T) {
	s := create(t, servers.MariaDB(t).Database(t))
	a := castest.Raw(1)
	put(t, s, a)
	for _, old := range []cid.Cid{cid.Undef, a.CID(), a.CID()} {
		if err := s.SetRef(t.Context(), "heads/main", old, a.CID()); err != nil {
			t.Fatalf("from %s: %v", old, err)
		}
	}
	var changed int64
	rows, err := s.DB().QueryContext(t.Context(), "SELECT ROW_COUNT()") // of nothing: the question is what an update says
	if err != nil {
		t.Fatal(err)
	}
	rows.Close()
	conn, err := s.DB().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	result, err := conn.ExecContext(t.Context(), "UPDATE dhfs_refs SET cid = ? WHERE name = 'heads/main' AND cid = ?", a.CID().Bytes(), a.CID().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if changed, err = result.RowsAffected(); err != nil || changed != 1 {
		t.Errorf("%d rows, %v: without clientFoundRows it is 0", changed, err)
	}
}

// Who may only read reads, and is told that writing is not allowed.
func TestReadOnlyUser(t *testing.T) {
	for name, url := range map[string]func(*testing.T) (owner, reader string){
		"PostgreSQL": func(t *testing.T) (string, string) {
			url := servers.Postgres(t).Database(t)
			do(t, create(t, url), "CREATE ROLE reader_%p LOGIN PASSWORD 'pass-word'")
			do(t, open(t, url), "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_%p")
			return url, strings.Replace(url, "dhfs@", "reader_dhfs:pass-word@", 1)
		},
		"MariaDB": func(t *testing.T) (string, string) {
			url := servers.MariaDB(t).Database(t)
			do(t, create(t, url), "CREATE USER reader@localhost IDENTIFIED BY 'pass-word'")
			do(t, open(t, url), "GRANT SELECT ON *.* TO reader@localhost")
			return url, strings.Replace(url, "root@", "reader:pass-word@", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			url, reader := url(t)
			a := castest.Raw(1)
			put(t, open(t, url), a)
			s := open(t, reader)
			if _, err := s.Get(t.Context(), a.CID()); err != nil {
				t.Fatal(err)
			}
			_, pinErr := s.Pin(t.Context(), a.CID())
			for what, err := range map[string]error{
				"Put":    s.Put(t.Context(), []cas.Block{castest.Raw(2)}),
				"SetRef": s.SetRef(t.Context(), "heads/main", cid.Undef, a.CID()),
				"Pin":    pinErr,
			} {
				if !errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "pass-word") {
					t.Errorf("%s = %v", what, err)
				}
			}
		})
	}
}
