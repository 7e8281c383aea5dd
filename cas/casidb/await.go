//go:build js && wasm

package casidb

import (
	"context"
	"syscall/js"

	"github.com/dhfs/dhfs/cas/internal/promise"
)

// answer waits for a request that belongs to no transaction. When ctx ends first, late is called with what comes all the same.
func answer(ctx context.Context, request js.Value, late func(result js.Value)) (js.Value, error) {
	_, err := promise.Outcome(ctx, func(done, failed js.Func) {
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
