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
func (s *Store) connection(ctx context.Context) (*connection, error) {
	s.mu.Lock()
	c, err := s.conn, s.over()
	s.mu.Unlock()
	if c != nil || err != nil {
		return c, err
	}
	return s.connect(ctx, false, "")
}

// connect makes a connection that lasts for long enough to tell what it leads to; see connectOnce.
func (s *Store) connect(ctx context.Context, create bool, from string) (*connection, error) {
	for tries := 1; ; tries++ {
		c, err := s.connectOnce(ctx, create, from)
		if err == nil {
			return c, nil
		}
		if tries == maxTries || !again(err) {
			return nil, s.failed("open", err)
		}
	}
}

// connectOnce makes a connection; the database too, with create, which is of what is at the URL from.
func (s *Store) connectOnce(ctx context.Context, create bool, from string) (*connection, error) {
	api, err := indexedDB()
	if err != nil {
		return nil, err
	}
	request, err := promise.Caught(func() js.Value { return api.Call("open", prefix+s.name, format) })
	if err != nil {
		return nil, err
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
		return nil, s.remove()
	case missing:
		return nil, fmt.Errorf("store %s: %w in this browser", s.name, cas.ErrNotFound)
	case err != nil:
		return nil, ended(err)
	}
	c := s.connected(db)
	if err := s.adopt(ctx, c); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// adopt takes a connection into use, if it leads to what was open before.
func (s *Store) adopt(ctx context.Context, c *connection) error {
	id := ""
	var request, origin js.Value
	err := transact(ctx, c, "readonly", []string{meta}, func(tx *transaction) {
		request, origin = tx.store(meta).Call("get", "id"), tx.store(meta).Call("get", "from")
	})
	if err == nil {
		b, _ := toGo(request.Get("result"))
		id = string(b)
	}
	if err == nil && s.id != "" && s.id != id {
		err = s.remove()
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.over(); err != nil {
		return err
	}
	if s.conn != nil { // another goroutine was faster
		s.conn.close()
	}
	s.id, s.conn = id, c
	if s.from = ""; origin.Get("result").Type() == js.TypeString {
		s.from = origin.Get("result").String()
	}
	return nil
}
