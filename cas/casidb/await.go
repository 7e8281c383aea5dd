//go:build js && wasm

package casidb

import (
	"context"
	"syscall/js"
)

// caught runs what calls JavaScript, and turns an exception into an error.
func caught(do func() js.Value) (v js.Value, err error) {
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

// settled waits for a promise.
func settled(ctx context.Context, promise js.Value) (js.Value, error) {
	return outcome(ctx, func(done, failed js.Func) { promise.Call("then", done, failed) }, func(js.Value) {})
}

// answer waits for a request that belongs to no transaction. When ctx ends first, late is called with what comes all the same.
func answer(ctx context.Context, request js.Value, late func(result js.Value)) (js.Value, error) {
	_, err := outcome(ctx, func(done, failed js.Func) {
		request.Set("onsuccess", done)
		request.Set("onerror", failed)
	}, func(js.Value) { late(request.Get("result")) })
	switch {
	case ctx.Err() != nil && err == ctx.Err():
		return js.Value{}, err
	case err != nil:
		return js.Value{}, js.Error{Value: request.Get("error")}
	}
	return request.Get("result"), nil
}

// outcome waits until one of two handlers, which listen attaches, is called.
func outcome(ctx context.Context, listen func(done, failed js.Func), late func(js.Value)) (js.Value, error) {
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

// toJS copies bytes.
func toJS(b []byte) js.Value {
	v := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(v, b)
	return v
}

// toGo copies a Uint8Array, or what is in an ArrayBuffer. What is neither has no bytes.
func toGo(v js.Value) ([]byte, bool) {
	array := js.Global().Get("Uint8Array")
	if v.InstanceOf(js.Global().Get("ArrayBuffer")) {
		v = array.New(v)
	}
	if !v.InstanceOf(array) {
		return nil, false
	}
	b := make([]byte, v.Length())
	js.CopyBytesToGo(b, v)
	return b, true
}
