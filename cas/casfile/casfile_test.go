package casfile_test

import (
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/cas/castest"
)

func TestStore(t *testing.T) {
	for name, o := range map[string]casfile.Options{
		"":      {},
		"Packs": {PackSize: 20_000}, // nearly every batch ends a pack
	} {
		t.Run("Conformance"+name, func(t *testing.T) { conform(t, o, false) })
		t.Run("ConformanceDense"+name, func(t *testing.T) { conform(t, o, true) })
	}
}

func conform(t *testing.T, o casfile.Options, dense bool) {
	dirs := map[cas.RefStore]string{}
	closing := func(t testing.TB, s *casfile.Store, dir string) cas.RefStore {
		if dense {
			s.GatherAlways()
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
		dirs[s] = dir
		return s
	}
	create := func(t testing.TB) cas.RefStore {
		dir := t.TempDir()
		s, err := casfile.Create(t.Context(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		return closing(t, s, dir)
	}
	beside := func(t testing.TB, s cas.RefStore) cas.RefStore {
		again, err := casfile.Open(t.Context(), dirs[s], o)
		if err != nil {
			t.Fatal(err)
		}
		return closing(t, again, dirs[s])
	}
	reopen := func(t testing.TB, s cas.RefStore) cas.RefStore {
		if err := s.(*casfile.Store).Close(); err != nil {
			t.Fatal(err)
		}
		return beside(t, s)
	}
	castest.Run(t, create, castest.Reopen(reopen), castest.Beside(beside))
}
