//go:build js && wasm

// Package promise waits for what JavaScript does later. None of its functions may be called from within a js.Func,
// which the browser waits for.
package promise

import (
	"context"
	"syscall/js"
)

// Caught runs what calls JavaScript, and turns an exception into an error, a js.Error.
func Caught(do func() js.Value) (v js.Value, err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case js.Error:
			err = e
		default:
			panic(e)
		}
	}()
	return do(), nil
}

// Settled waits for a promise. When it is rejected the error is a js.Error.
func Settled(ctx context.Context, promise js.Value) (js.Value, error) {
	return Outcome(ctx, func(done, failed js.Func) { promise.Call("then", done, failed) }, func(js.Value) {})
}

// Outcome waits until one of two handlers, which listen attaches, is called. When ctx ends first, late is called with what comes all the same.
func Outcome(ctx context.Context, listen func(done, failed js.Func), late func(js.Value)) (js.Value, error) {
	type result struct {
		value js.Value
		err   error
	}
	came := make(chan result, 1)
	done := js.FuncOf(func(_ js.Value, args []js.Value) any { came <- result{value: args[0]}; return nil })
	failed := js.FuncOf(func(_ js.Value, args []js.Value) any { came <- result{err: js.Error{Value: args[0]}}; return nil })
	release := func() { done.Release(); failed.Release() }
	listen(done, failed)
	select {
	case r := <-came:
		release()
		return r.value, r.err
	case <-ctx.Done():
		go func() {
			r := <-came
			release()
			if r.err == nil {
				late(r.value)
			}
		}()
		return js.Value{}, ctx.Err()
	}
}
