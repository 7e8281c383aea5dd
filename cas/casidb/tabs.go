//go:build js && wasm

package casidb

import (
	"context"
	"syscall/js"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/internal/promise"
)

// maxTurn is how long a writer waits for its turn.
const maxTurn = 30 * time.Second

// Turn implements cas.Queuer with a Web Lock, which ends with its tab. Pages that are not from a secure origin have no such locks, and no line.
func (s *Store) Turn(ctx context.Context, ref string) (done func(), held bool) {
	locks := js.Global().Get("navigator").Get("locks")
	if !locks.Truthy() || cas.CheckRefName(ref) != nil {
		return func() {}, false
	}
	ctx, cancel := context.WithTimeout(ctx, maxTurn)
	defer cancel()
	given := make(chan js.Value, 1) // what gives the lock back
	keep := js.FuncOf(func(_ js.Value, args []js.Value) any { given <- args[0]; return nil })
	granted := js.FuncOf(func(js.Value, []js.Value) any { return js.Global().Get("Promise").New(keep) })
	controller := js.Global().Get("AbortController").New()
	asked := locks.Call("request", prefix+s.name+" "+ref, map[string]any{"signal": controller.Get("signal")}, granted)
	over := make(chan struct{})
	go func() { // a promise of a request that was given up is rejected
		_, _ = promise.Settled(context.Background(), asked)
		keep.Release()
		granted.Release()
		close(over)
	}()
	select {
	case back := <-given:
		return func() { back.Invoke() }, true
	case <-over:
	case <-ctx.Done():
		controller.Call("abort")
		select {
		case back := <-given: // it came at the last moment
			back.Invoke()
		case <-over:
		}
	}
	return func() {}, false
}

// announce tells all tabs that refs of a store may have moved.
func announce(name string) {
	channel := js.Global().Get("BroadcastChannel")
	if !channel.Truthy() {
		return
	}
	c := channel.New(prefix + name)
	c.Call("postMessage", js.Null())
	c.Call("close")
}

// Notify implements cas.Notifier: it notices commits of all tabs, this one's among them.
func (s *Store) Notify(ctx context.Context, moved chan<- struct{}) error {
	c, err := promise.Caught(func() js.Value { return js.Global().Get("BroadcastChannel").New(prefix + s.name) })
	if err != nil {
		return s.failed("notify", err)
	}
	heard := js.FuncOf(func(js.Value, []js.Value) any {
		select {
		case moved <- struct{}{}:
		default:
		}
		return nil
	})
	c.Set("onmessage", heard)
	go func() {
		<-ctx.Done()
		c.Call("close")
		heard.Release()
	}()
	return nil
}
