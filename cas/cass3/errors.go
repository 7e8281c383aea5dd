package cass3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"syscall"

	"github.com/dhfs/dhfs/cas"
	"github.com/minio/minio-go/v7"
)

var (
	errSame    = errors.New("as it was")                // of a GET on the condition that something changed
	errRefused = errors.New("the condition is not met") // of a PUT: the object is another by now
	errNoKey   = fmt.Errorf("no such object: %w", cas.ErrNotFound)
)

// shortError says that an object ends before it should.
type shortError struct {
	key             string
	off, want, have int64
}

func (e *shortError) Error() string {
	return fmt.Sprintf("%s: %d bytes from offset %d on, instead of %d", e.key, e.have, e.off, e.want)
}

// hintedError has a line that says what to try.
type hintedError struct {
	error
	hint string
}

func (e hintedError) Unwrap() error { return e.error }

// Hint says what to try.
func (e hintedError) Hint() string { return e.hint }

// explain makes of what a request failed with what callers decide by: cas.ErrNotFound, cas.ErrUnavailable, fs.ErrPermission,
// the errors above.
func (c *client) explain(ctx context.Context, verb, key string, err error) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf("%s s3://%s/%s%s at %s", verb, c.bucket, c.prefix, key, c.endpoint)
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("%s: %w", what, cause)
	}
	var r minio.ErrorResponse
	if !errors.As(err, &r) {
		if errors.Is(err, syscall.ECONNREFUSED) {
			return hintedError{fmt.Errorf("%s: %w: %w", what, cas.ErrUnavailable, err), "start the server, or mend the endpoint in the URL"}
		}
		if distrusted(err) {
			return hintedError{fmt.Errorf("%s: %w: %w", what, cas.ErrUnavailable, err), certify(err)}
		}
		return fmt.Errorf("%s: %w: %s", what, cas.ErrUnavailable, err) // its own deadline is not the caller's
	}
	told := first(r.Message, r.Code)
	switch {
	case r.StatusCode == http.StatusNotModified:
		return errSame
	case r.StatusCode == http.StatusPreconditionFailed:
		return fmt.Errorf("%s: %w", what, errRefused)
	case r.Code == "NoSuchBucket":
		return hintedError{fmt.Errorf("%s: there is no bucket %s: %w", what, c.bucket, cas.ErrNotFound), "make the bucket first, or mend its name"}
	case r.StatusCode == http.StatusNotFound && verb == "PUT":
		return fmt.Errorf("%s: %w", what, errRefused) // If-Match of an object that is not there
	case r.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%s: %w", what, errNoKey)
	case r.Code == "RequestTimeTooSkewed", r.StatusCode == http.StatusForbidden && c.skewed():
		return hintedError{fmt.Errorf("%s: %s: %w", what, told, fs.ErrPermission), c.setClock()}
	case r.StatusCode == http.StatusForbidden || r.StatusCode == http.StatusUnauthorized:
		return hintedError{fmt.Errorf("%s: %s (%s): %w", what, told, r.Code, fs.ErrPermission),
			"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE for the shared credentials file, to keys that may do this"}
	case temporary(err):
		return fmt.Errorf("%s: %w: %s (%s)", what, cas.ErrUnavailable, told, r.Code)
	case r.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return fmt.Errorf("%s: %w", what, errBeyond)
	}
	return fmt.Errorf("%s: %s (%s, status %d)", what, told, r.Code, r.StatusCode)
}

// errBeyond is of a GET of a range behind an object's end.
var errBeyond = errors.New("the object is shorter")

// temporary tells of what the same request may not fail with again.
func temporary(err error) bool {
	var r minio.ErrorResponse
	if !errors.As(err, &r) {
		return !distrusted(err) // it was not answered
	}
	switch r.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusConflict:
		return true // 409: another conditional request is under way
	}
	return r.StatusCode >= 500 && r.StatusCode != http.StatusNotImplemented
}

// answered tells that the server has said what it did, so that nothing is in doubt.
func answered(err error) bool {
	return err == nil || errors.Is(err, fs.ErrPermission) || errors.Is(err, cas.ErrNotFound)
}
