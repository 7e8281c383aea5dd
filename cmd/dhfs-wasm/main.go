//go:build js && wasm

// Command dhfs-wasm is the engine in a browser: databases in IndexedDB, synchronised with
// servers over HTTP. It runs in a worker and gives it one function,
//
//	dhfs(method, argument, tell, signal) → Promise
//
// where argument and the promise's value are JSON, as npm/dhfs.d.ts describes them for each
// method, and tell is called with JSON, any number of times, until the AbortSignal signal ends the call.
// A promise is rejected with JSON too: {"code", "message", "hint", "line", "column"}.
package main

import (
	"context"
	"encoding/json"
	"syscall/js"
)

func main() {
	a := &app{stores: map[string]*opened{}}
	js.Global().Set("dhfs", js.FuncOf(func(_ js.Value, args []js.Value) any {
		method, argument, tell := args[0].String(), args[1].String(), args[2]
		return promise(args[3], func(ctx context.Context) (string, error) {
			return a.call(ctx, method, []byte(argument), func(event any) {
				if text, err := json.Marshal(event); err == nil {
					tell.Invoke(string(text))
				}
			})
		})
	}))
	select {}
}

// promise runs do in a goroutine, since what is called by JavaScript may not wait. What do leaves running ends with signal.
func promise(signal js.Value, do func(ctx context.Context) (string, error)) js.Value {
	ctx, cancel := context.WithCancel(context.Background())
	var executor, aborted js.Func
	aborted = js.FuncOf(func(js.Value, []js.Value) any {
		cancel()
		aborted.Release()
		return nil
	})
	signal.Call("addEventListener", "abort", aborted)
	if signal.Get("aborted").Bool() {
		cancel()
	}
	executor = js.FuncOf(func(_ js.Value, args []js.Value) any {
		resolve, reject := args[0], args[1]
		go func() {
			defer executor.Release()
			text, err := do(ctx)
			if err != nil {
				reject.Invoke(failure(err))
				return
			}
			resolve.Invoke(text)
		}()
		return nil
	})
	return js.Global().Get("Promise").New(executor)
}
