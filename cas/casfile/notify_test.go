package casfile

import (
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
)

// A store notices what another process writes.
func TestNotify(t *testing.T) {
	dir := t.TempDir()
	here, err := Create(t.Context(), dir+"/store", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	moved := make(chan struct{}, 1)
	if err := here.Notify(t.Context(), moved); err != nil {
		t.Fatal(err)
	}
	there, err := Open(t.Context(), dir+"/store", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	if err := there.Put(t.Context(), []cas.Block{cas.NewBlock(cas.Raw, []byte("x"))}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-moved:
	case <-time.After(10 * time.Second):
		t.Error("nothing was told")
	}
}
