package cashttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// failure is an error as it is sent: its code says which of ours it is.
type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	CID     string `json:"cid,omitempty"` // of a block that is damaged
	Hint    string `json:"hint,omitempty"`
	Line    int    `json:"line,omitempty"` // of a form that was refused
	Column  int    `json:"column,omitempty"`
}

// codes are the errors that a caller tells apart, with the status that they are sent with.
var codes = []struct {
	code   string
	status int
	err    error
}{
	{"not-found", http.StatusNotFound, cas.ErrNotFound},
	{"conflict", http.StatusConflict, cas.ErrConflict},
	{"unsupported", http.StatusUnprocessableEntity, cas.ErrUnsupported},
	{"permission", http.StatusForbidden, fs.ErrPermission},
	{"unavailable", http.StatusServiceUnavailable, cas.ErrUnavailable},
}

// abortClosed ends a request without an answer when the server has closed its store, which it does last: to the client it is gone.
func abortClosed(err error) {
	if errors.Is(err, fs.ErrClosed) {
		panic(http.ErrAbortHandler)
	}
}

// failureOf is how err is sent.
func failureOf(err error) (failure, int) {
	var corrupt *cas.CorruptError
	if errors.As(err, &corrupt) {
		return failure{Code: "corrupt", Message: err.Error(), CID: cidText(corrupt.CID)}, http.StatusInternalServerError
	}
	var bad badRequest
	if errors.As(err, &bad) {
		return failure{Code: "bad-request", Message: err.Error()}, bad.status
	}
	var refused *RefusedError
	if errors.As(err, &refused) {
		return failure{Code: refused.Code, Message: refused.Message, Hint: refused.Hint, Line: refused.Line, Column: refused.Column}, http.StatusUnprocessableEntity
	}
	for _, c := range codes {
		if errors.Is(err, c.err) {
			return failure{Code: c.code, Message: err.Error()}, c.status
		}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return failure{Code: "unavailable", Message: "the server ended the request"}, http.StatusServiceUnavailable
	}
	return failure{Code: "failed", Message: err.Error()}, http.StatusInternalServerError
}

// badRequest is a request that makes no sense.
type badRequest struct {
	status int
	error
}

// said is an error of a server, whose text stands for itself; it is also one of ours.
type said struct {
	text string
	is   error
}

func (e said) Error() string { return e.text }
func (e said) Unwrap() error { return e.is }

// errorOf is what an answer other than success means.
func errorOf(res *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	var f failure
	if json.Unmarshal(body, &f) == nil && f.Code != "" {
		if f.Code == "corrupt" {
			id, _ := parseCID(f.CID)
			return &cas.CorruptError{CID: id, Path: "the server's store", Reason: f.Message}
		}
		for _, c := range codes {
			if c.code == f.Code {
				return said{f.Message, c.err}
			}
		}
		return errors.New(f.Message)
	}
	switch res.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		return fmt.Errorf("%s: %w", res.Status, cas.ErrNotFound)
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return fmt.Errorf("%s: %w", res.Status, fs.ErrPermission)
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return fmt.Errorf("%s: %w", res.Status, cas.ErrUnsupported)
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fmt.Errorf("%s: %w", res.Status, cas.ErrUnavailable)
	}
	return errors.New(res.Status)
}

// silentError is a server that took a request, or does not even answer to a connection, and says nothing.
type silentError struct{ after time.Duration }

func (e *silentError) Error() string { return fmt.Sprintf("nothing came for %s", e.after) }

// lasting is a failure that would only come again, or take as long again.
func lasting(err error) bool {
	var silent *silentError
	var certificate *certificateError
	return errors.As(err, &silent) || errors.As(err, &certificate)
}

// unsent tells whether a request has certainly not come to the server, since there was no connection.
func unsent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func errForeign(id cid.Cid, err error) error { return fmt.Errorf("block %s: %w", cidText(id), err) }
