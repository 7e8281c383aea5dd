//go:build js && wasm

package casidb

import (
	"context"
	"errors"
	"fmt"
	"syscall/js"

	"github.com/dhfs/dhfs/cas/internal/promise"
)

// transaction is one of IndexedDB. Its requests are placed at once or in their handlers: as soon as anything else is waited for
// the browser commits it.
type transaction struct {
	js.Value
	handlers []js.Func
	err      error // why it was given up
}

func (tx *transaction) store(name string) js.Value { return tx.Call("objectStore", name) }

// then calls do when a request is answered.
func (tx *transaction) then(request js.Value, do func(result js.Value)) {
	handler := js.FuncOf(func(js.Value, []js.Value) any {
		if err := tx.try(func() { do(request.Get("result")) }); err != nil {
			tx.giveUp(err)
		}
		return nil
	})
	tx.handlers = append(tx.handlers, handler)
	request.Set("onsuccess", handler)
}

// giveUp has the transaction have no effect.
func (tx *transaction) giveUp(err error) {
	if tx.err == nil {
		tx.err = err
	}
	_ = tx.try(func() { tx.Call("abort") }) // it may have ended
}

// try turns an exception of JavaScript into an error.
func (tx *transaction) try(do func()) error {
	_, err := promise.Caught(func() js.Value { do(); return js.Undefined() })
	return err
}

// transact runs one transaction, in which place puts requests. When it returns the transaction is over: an error says that it had no effect.
func transact(ctx context.Context, db js.Value, mode string, stores []string, place func(tx *transaction)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	names := make([]any, len(stores))
	for i, name := range stores {
		names[i] = name
	}
	v, err := promise.Caught(func() js.Value {
		return db.Call("transaction", names, mode, map[string]any{"durability": "strict"})
	})
	if err != nil {
		return fmt.Errorf("%w: %w", errNotBegun, err)
	}
	tx := &transaction{Value: v}
	over := make(chan error, 1)
	tx.on("oncomplete", func() { over <- nil })
	tx.on("onabort", func() { over <- tx.failure() })
	defer tx.release()
	if err := tx.try(func() { place(tx) }); err != nil {
		tx.giveUp(err)
	}
	select {
	case err = <-over:
	case <-ctx.Done():
		tx.giveUp(ctx.Err())
		err = <-over // it may have been too late
	}
	return err
}

// errNotBegun says that there was no transaction: the connection has ended.
var errNotBegun = errors.New("no transaction")

func (tx *transaction) on(event string, do func()) {
	handler := js.FuncOf(func(js.Value, []js.Value) any { do(); return nil })
	tx.handlers = append(tx.handlers, handler)
	tx.Set(event, handler)
}

// failure is why an aborted transaction was.
func (tx *transaction) failure() error {
	if tx.err != nil {
		return tx.err
	}
	if e := tx.Get("error"); e.Truthy() {
		return js.Error{Value: e}
	}
	return errors.New("the browser ended the transaction")
}

func (tx *transaction) release() {
	for _, h := range tx.handlers {
		h.Release()
	}
}
