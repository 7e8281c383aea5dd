//go:build js && wasm

package casidb_test

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casidb"
	"github.com/dhfs/dhfs/cas/castest"
)

// newName is the name of a store that is removed after the test.
func newName(t testing.TB) string {
	name := rand.Text()
	t.Cleanup(func() {
		if err := casidb.Remove(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return name
}

func create(t testing.TB, name string) *casidb.Store {
	t.Helper()
	s, err := casidb.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestConformance(t *testing.T) {
	again := func(t testing.TB, s cas.RefStore) cas.RefStore { return create(t, s.(*casidb.Store).Name()) }
	castest.Run(t, func(t testing.TB) cas.RefStore { return create(t, newName(t)) },
		castest.Beside(again),
		castest.Reopen(func(t testing.TB, s cas.RefStore) cas.RefStore {
			if err := s.(*casidb.Store).Close(); err != nil {
				t.Fatal(err)
			}
			return again(t, s)
		}))
}
