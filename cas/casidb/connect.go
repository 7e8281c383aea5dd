//go:build js && wasm

package casidb

import (
	"context"
	"crypto/rand"
	"fmt"
	"syscall/js"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/internal/promise"
)

// format is the version of the database that this package writes and reads.
const format = 1

func indexedDB() (js.Value, error) {
	// Where pages may not keep anything, reading the property throws in some browsers, which a Get would not survive, and yields nothing in others.
	api, err := promise.Caught(func() js.Value { return js.Global().Get("Reflect").Call("get", js.Global(), "indexedDB") })
	if err != nil || !api.Truthy() {
		return js.Value{}, fmt.Errorf("this page may keep nothing in IndexedDB: allow it site data, or leave the private window: %w", cas.ErrUnavailable)
	}
	return api, nil
}

// connection returns the database, and connects anew when the connection was ended.
func (s *Store) connection(ctx context.Context) (js.Value, error) {
	s.mu.Lock()
	closed, db := s.closed, s.db
	s.mu.Unlock()
	if closed {
		return js.Value{}, fmt.Errorf("store %s is closed: %w", s.name, cas.ErrUnavailable)
	}
	if db.Truthy() {
		return db, nil
	}
	if err := s.connect(ctx, false, ""); err != nil {
		return js.Value{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db, nil
}

// lose forgets a connection that has ended.
func (s *Store) lose(db js.Value) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db.Equal(db) {
		s.db = js.Undefined()
	}
}

// connect makes a connection; the database too, with create, which is of what is at the URL from.
func (s *Store) connect(ctx context.Context, create bool, from string) error {
	api, err := indexedDB()
	if err != nil {
		return err
	}
	request, err := promise.Caught(func() js.Value { return api.Call("open", prefix+s.name, format) })
	if err != nil {
		return s.failed("open", err)
	}
	missing := false
	upgrade := js.FuncOf(func(_ js.Value, args []js.Value) any {
		if !create {
			missing = true
			request.Get("transaction").Call("abort")
			return nil
		}
		db := request.Get("result")
		db.Call("createObjectStore", blocks)
		db.Call("createObjectStore", refs)
		id := make([]byte, 16)
		_, _ = rand.Read(id) // it never fails
		said := db.Call("createObjectStore", meta)
		said.Call("put", toJS(id), "id")
		if from != "" {
			said.Call("put", from, "from")
		}
		return nil
	})
	defer func() {
		if ctx.Err() == nil { // else the browser may call it yet, and without it would leave an empty database
			upgrade.Release()
		}
	}()
	request.Set("onupgradeneeded", upgrade)
	db, err := answer(ctx, request, func(late js.Value) { late.Call("close") })
	switch {
	case missing && s.id != "":
		return &RemovedError{s.name}
	case missing:
		return fmt.Errorf("store %s: %w in this browser", s.name, cas.ErrNotFound)
	case err != nil:
		return s.failed("open", err)
	}
	db.Set("onversionchange", s.gone)
	db.Set("onclose", s.gone)
	return s.adopt(ctx, db)
}

// adopt takes a connection into use, if it leads to what was open before.
func (s *Store) adopt(ctx context.Context, db js.Value) error {
	id := ""
	var request, origin js.Value
	err := transact(ctx, db, "readonly", []string{meta}, func(tx *transaction) {
		request, origin = tx.store(meta).Call("get", "id"), tx.store(meta).Call("get", "from")
	})
	if err == nil {
		b, _ := toGo(request.Get("result"))
		id = string(b)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil:
		err = s.failed("open", err)
	case s.closed:
		err = fmt.Errorf("store %s is closed: %w", s.name, cas.ErrUnavailable)
	case s.id != "" && s.id != id:
		err = &RemovedError{s.name}
	}
	if err != nil {
		db.Call("close")
		return err
	}
	if s.db.Truthy() { // another goroutine was faster
		s.db.Call("close")
	}
	s.id, s.db = id, db
	if s.from = ""; origin.Get("result").Type() == js.TypeString {
		s.from = origin.Get("result").String()
	}
	return nil
}
