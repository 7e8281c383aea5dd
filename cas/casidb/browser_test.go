//go:build js && wasm

package casidb_test

import (
	"context"
	"errors"
	"slices"
	"syscall/js"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casidb"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// await waits for a promise.
func await(promise js.Value) error {
	came := make(chan error, 1)
	done := js.FuncOf(func(js.Value, []js.Value) any { came <- nil; return nil })
	failed := js.FuncOf(func(_ js.Value, args []js.Value) any { came <- js.Error{Value: args[0]}; return nil })
	defer done.Release()
	defer failed.Release()
	promise.Call("then", done, failed)
	return <-came
}

// script runs JavaScript that is the body of an async function with one parameter, the name of the database.
func script(t *testing.T, store, body string) {
	t.Helper()
	if err := await(js.Global().Call("eval", "(async (name) => {"+body+"})").Invoke("dhfs:" + store)); err != nil {
		t.Fatal(err)
	}
}

func TestNames(t *testing.T) {
	one, other := newName(t), newName(t)
	create(t, one)
	create(t, other)
	create(t, one) // again is no error
	names, err := casidb.Names(t.Context())
	if err != nil || !slices.Contains(names, one) || !slices.Contains(names, other) || !slices.IsSorted(names) {
		t.Errorf("%q, %v, want %s and %s in it", names, err, one, other)
	}
	if err := casidb.Remove(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if _, err := casidb.Open(t.Context(), other); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("opened what was removed: %v", err)
	}
	if names, err := casidb.Names(t.Context()); err != nil || slices.Contains(names, other) {
		t.Errorf("%q, %v, want it without %s", names, err, other)
	}
}

func TestNewerFormat(t *testing.T) {
	name := newName(t)
	script(t, name, `await new Promise((done, failed) => {
		const r = indexedDB.open(name, 2)
		r.onsuccess = () => { r.result.close(); done() }
		r.onerror = () => failed(r.error)
	})`)
	var newer *casidb.VersionError
	if _, err := casidb.Create(t.Context(), name); !errors.As(err, &newer) || newer.Store != name {
		t.Errorf("%v, want a VersionError", err)
	}
}

// A page that may keep nothing is told so.
func TestNoIndexedDB(t *testing.T) {
	name := newName(t)
	for _, without := range []string{"{value: undefined, configurable: true}", `{get() { throw new DOMException("no", "SecurityError") }, configurable: true}`} {
		script(t, name, `globalThis.kept = Object.getOwnPropertyDescriptor(globalThis, "indexedDB"); Object.defineProperty(globalThis, "indexedDB", `+without+`)`)
		_, err := casidb.Create(t.Context(), name)
		script(t, name, `Object.defineProperty(globalThis, "indexedDB", globalThis.kept)`)
		if !errors.Is(err, cas.ErrUnavailable) {
			t.Errorf("%v, want ErrUnavailable", err)
		}
	}
}

// A block that another script has changed is refused.
func TestTampered(t *testing.T) {
	name := newName(t)
	s := create(t, name)
	b := castest.Raw(1)
	if err := s.Put(t.Context(), []cas.Block{b}); err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"new Uint8Array([1, 2, 3])", `"text"`} {
		script(t, name, `await new Promise((done, failed) => {
			const r = indexedDB.open(name)
			r.onsuccess = () => {
				const tx = r.result.transaction("blocks", "readwrite"), store = tx.objectStore("blocks")
				store.getAllKeys().onsuccess = (e) => store.put(`+value+`, e.target.result[0])
				tx.oncomplete = () => { r.result.close(); done() }
				tx.onabort = () => failed(tx.error)
			}
			r.onerror = () => failed(r.error)
		})`)
		var corrupt *cas.CorruptError
		if _, err := s.Get(t.Context(), b.CID()); !errors.As(err, &corrupt) || corrupt.CID != b.CID() {
			t.Errorf("%v, want a CorruptError", err)
		}
	}
}

// A store that was removed under its user is an error, never an empty store, also when it was made anew.
func TestRemoved(t *testing.T) {
	name := newName(t)
	s, b := create(t, name), castest.Raw(1)
	if err := s.Commit(t.Context(), []cas.Block{b}, "heads/main", cid.Undef, b.CID()); err != nil {
		t.Fatal(err)
	}
	if err := casidb.Remove(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		_, err := s.Ref(t.Context(), "heads/main")
		var removed *casidb.RemovedError
		if !errors.As(err, &removed) || removed.Store != name || !errors.Is(err, cas.ErrUnavailable) || errors.Is(err, cas.ErrNotFound) {
			t.Errorf("Ref: %v, want a RemovedError", err)
		}
		if err := s.Put(t.Context(), []cas.Block{b}); !errors.Is(err, cas.ErrUnavailable) {
			t.Errorf("Put: %v, want ErrUnavailable", err)
		}
	}
	check()
	anew := create(t, name)
	check()
	if err := anew.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := anew.Refs(t.Context()); !errors.Is(err, cas.ErrUnavailable) {
		t.Errorf("of a closed store: %v, want ErrUnavailable", err)
	}
}

// A partial store is known as such by whoever opens it.
func TestPartial(t *testing.T) {
	name, whole := newName(t), create(t, newName(t))
	s, err := casidb.CreatePartial(t.Context(), name, "https://example.org/shop/")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if again := create(t, name); s.From() != "https://example.org/shop/" || again.From() != s.From() || whole.From() != "" {
		t.Errorf("made %q, opened %q, another %q", s.From(), again.From(), whole.From())
	}
}

// A store that is made whole keeps what was reached, and whoever takes it to be partial writes nothing before he knows.
func TestMakeWhole(t *testing.T) {
	name := newName(t)
	s, err := casidb.CreatePartial(t.Context(), name, "https://example.org/shop/")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other := create(t, name)
	kept, stray, late := castest.Raw(1), castest.Raw(2), castest.Raw(3)
	if err := s.Commit(t.Context(), []cas.Block{kept, stray}, "heads/main", cid.Undef, kept.CID()); err != nil {
		t.Fatal(err)
	}
	reached := func(id cid.Cid) bool { return id == kept.CID() }
	for _, refs := range [][]cas.Ref{nil, {{Name: "heads/main", CID: stray.CID()}}} {
		if err := s.MakeWhole(t.Context(), refs, reached); !errors.Is(err, cas.ErrConflict) || s.From() == "" {
			t.Errorf("with refs that have moved: %v, from %q", err, s.From())
		}
	}
	if err := s.MakeWhole(t.Context(), []cas.Ref{{Name: "heads/main", CID: kept.CID()}}, reached); err != nil || s.From() != "" {
		t.Fatalf("%v, from %q", err, s.From())
	}
	known, err := s.HasMany(t.Context(), []cid.Cid{kept.CID(), stray.CID()})
	if err != nil || !known[0] || known[1] {
		t.Errorf("it has %v, %v, want what was reached", known, err)
	}
	if err := other.Put(t.Context(), []cas.Block{late}); !errors.Is(err, cas.ErrConflict) || other.From() != "" {
		t.Errorf("another tab: %v, from %q", err, other.From())
	}
	if err := other.Commit(t.Context(), []cas.Block{late}, "heads/main", kept.CID(), late.CID()); err != nil {
		t.Errorf("when it knows: %v", err)
	}
	if again := create(t, name); again.From() != "" {
		t.Errorf("opened again it is of %q", again.From())
	}
}

// Tabs are told of each other's commits.
func TestNotify(t *testing.T) {
	name := newName(t)
	s, other, b := create(t, name), create(t, name), castest.Raw(1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	moved := make(chan struct{}, 1)
	if err := s.Notify(ctx, moved); err != nil {
		t.Fatal(err)
	}
	if err := other.Commit(t.Context(), []cas.Block{b}, "heads/main", cid.Undef, b.CID()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-moved:
	case <-time.After(10 * time.Second):
		t.Error("nothing was heard")
	}
}

// Writers stand in line, each ref has a line of its own, and one that gives up is in nobody's way.
func TestTurns(t *testing.T) {
	name := newName(t)
	s, other := create(t, name), create(t, name)
	first, held := s.Turn(t.Context(), "heads/main")
	if !held {
		t.Fatal("a free turn was not given")
	}
	side, held := other.Turn(t.Context(), "heads/side")
	if !held {
		t.Error("another ref had to wait")
	}
	side()
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if done, held := other.Turn(short, "heads/main"); held {
		t.Error("two have the turn")
		done()
	}
	got := make(chan bool)
	go func() {
		done, held := other.Turn(t.Context(), "heads/main")
		done()
		got <- held
	}()
	select {
	case <-got:
		t.Fatal("it did not wait")
	case <-time.After(50 * time.Millisecond):
	}
	first()
	if !<-got {
		t.Error("its turn did not come")
	}
}
