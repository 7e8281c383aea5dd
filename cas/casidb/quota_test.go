//go:build js && wasm

package casidb_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"syscall/js"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casidb"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// quotaTried is what tryQuota found.
var quotaTried error

// The browser remembers for half a minute how much room there was, so quotas are tried before anything else is stored.
func TestMain(m *testing.M) {
	quotaTried = tryQuota(context.Background(), "quota")
	os.Exit(m.Run())
}

// What no longer fits is not stored at all, and the store goes on when there is room again.
func TestQuota(t *testing.T) {
	if quotaTried != nil {
		t.Error(quotaTried)
	}
}

func tryQuota(ctx context.Context, name string) error {
	setQuota := func(bytes int) error { return await(js.Global().Call("dhfsQuota", bytes)) }
	if err := setQuota(1 << 20); err != nil {
		return err
	}
	s, err := casidb.Create(ctx, name)
	if err != nil {
		return err
	}
	defer casidb.Remove(ctx, name)
	defer s.Close()
	noise := make([]byte, 8<<20) // the browser packs what repeats
	_, _ = rand.Read(noise)
	small, large := castest.Raw(1), cas.NewBlock(cas.Raw, noise)
	if err := s.Commit(ctx, []cas.Block{small}, "heads/main", cid.Undef, small.CID()); err != nil {
		return err
	}
	err = s.Commit(ctx, []cas.Block{large}, "heads/main", small.CID(), large.CID())
	if !errors.Is(err, casidb.ErrQuota) {
		return fmt.Errorf("%w, want ErrQuota", err)
	}
	at, err := s.Ref(ctx, "heads/main")
	if err != nil || at != small.CID() {
		return fmt.Errorf("the ref is at %s, %v", at, err)
	}
	there, err := s.Has(ctx, large.CID())
	if err != nil || there {
		return fmt.Errorf("the block that did not fit: %v, %v", there, err)
	}
	if err := setQuota(0); err != nil {
		return err
	}
	return s.Commit(ctx, []cas.Block{large}, "heads/main", small.CID(), large.CID())
}
