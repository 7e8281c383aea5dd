//go:build js && wasm

package casidb

import (
	"context"
	"errors"
	"fmt"
	"syscall/js"
	"time"

	"github.com/dhfs/dhfs/cas"
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

// transact runs one transaction, in which place puts requests. When it returns the transaction is over: an error says that it had no effect, but for errEnded.
func transact(ctx context.Context, c *connection, mode string, stores []string, place func(tx *transaction)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	names := make([]any, len(stores))
	for i, name := range stores {
		names[i] = name
	}
	v, err := promise.Caught(func() js.Value {
		return c.Call("transaction", names, mode, map[string]any{"durability": "strict"})
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
	case <-c.ended:
		err = tx.last(over)
	case <-ctx.Done():
		tx.giveUp(ctx.Err())
		select {
		case err = <-over: // it may have been too late
		case <-c.ended:
			err = tx.last(over)
		}
	}
	return err
}

// last is how a transaction ended whose connection has. Chromium tells nothing to those that begin while it clears the database.
func (tx *transaction) last(over <-chan error) error {
	select {
	case err := <-over:
		return err
	case <-time.After(lastWord):
	}
	tx.Set("oncomplete", nil)
	tx.Set("onabort", nil)
	return errEnded
}

var (
	// errNotBegun says that there was no transaction: the connection has ended.
	errNotBegun = errors.New("no transaction")
	// errAborted is of a transaction that the browser gave up, as it does when it ends the connection.
	errAborted = fmt.Errorf("the browser ended the transaction: %w", cas.ErrUnavailable)
)

// again tells whether a transaction that only reads should be done on another connection.
func again(err error) bool {
	return errors.Is(err, errNotBegun) || errors.Is(err, errAborted) || errors.Is(err, errEnded)
}

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
		return ended(js.Error{Value: e})
	}
	return errAborted
}

// ended is err, or errAborted where the browser says no more than that it gave something up.
func ended(err error) error {
	var thrown js.Error
	if errors.As(err, &thrown) && thrown.Get("name").String() == "AbortError" {
		return errAborted
	}
	return err
}

func (tx *transaction) release() {
	for _, h := range tx.handlers {
		h.Release()
	}
}
