package cashttp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"syscall/js"

	"github.com/dhfs/dhfs/cas/internal/promise"
)

// fetcher does requests by the browser's fetch, which follows redirects, unpacks and keeps what is immutable.
type fetcher struct{}

func newHTTP(Options) (client doer, own idler) { return fetcher{}, nil }

func (fetcher) Do(req *http.Request) (*http.Response, error) {
	headers := js.Global().Get("Headers").New()
	for name, values := range req.Header {
		for _, v := range values {
			headers.Call("append", name, v)
		}
	}
	controller := js.Global().Get("AbortController").New()
	options := map[string]any{"method": req.Method, "headers": headers, "signal": controller.Get("signal")}
	if req.Body != nil {
		data, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		body := js.Global().Get("Uint8Array").New(len(data))
		js.CopyBytesToJS(body, data)
		options["body"] = body
	}
	sent, err := promise.Caught(func() js.Value { return js.Global().Call("fetch", req.URL.String(), options) })
	if err != nil {
		return nil, err
	}
	got, err := promise.Settled(req.Context(), sent)
	if err != nil {
		controller.Call("abort")
		return nil, err
	}
	res := &http.Response{StatusCode: got.Get("status").Int(), Status: fmt.Sprintf("%d %s", got.Get("status").Int(), got.Get("statusText").String()), Header: headerOf(got), Request: req}
	res.Body = http.NoBody
	if body := got.Get("body"); body.Truthy() {
		res.Body = &fetched{ctx: req.Context(), reader: body.Call("getReader"), controller: controller}
	}
	return res, nil
}

// headerOf are the header fields that the browser shows.
func headerOf(got js.Value) http.Header {
	h := http.Header{}
	fields := js.Global().Get("Array").Call("from", got.Get("headers").Call("entries"))
	for i := range fields.Length() {
		h.Add(fields.Index(i).Index(0).String(), fields.Index(i).Index(1).String())
	}
	return h
}

// fetched is the body of an answer, which comes in pieces.
type fetched struct {
	ctx        context.Context
	reader     js.Value
	controller js.Value
	piece      []byte // what is left of the last one
	err        error
}

func (f *fetched) Read(b []byte) (int, error) {
	for len(f.piece) == 0 && f.err == nil {
		f.piece, f.err = f.next()
	}
	n := copy(b, f.piece)
	f.piece = f.piece[n:]
	if n > 0 {
		return n, nil
	}
	return 0, f.err
}

func (f *fetched) next() ([]byte, error) {
	got, err := promise.Settled(f.ctx, f.reader.Call("read"))
	if err != nil {
		return nil, err
	}
	if got.Get("done").Bool() {
		return nil, io.EOF
	}
	piece := make([]byte, got.Get("value").Length())
	js.CopyBytesToGo(piece, got.Get("value"))
	return piece, nil
}

// Close ends what is under way.
func (f *fetched) Close() error {
	f.controller.Call("abort")
	return nil
}

func newFedReader(b []byte, _ *watchdog) io.Reader { return bytes.NewReader(b) }
