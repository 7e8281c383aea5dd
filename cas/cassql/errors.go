package cassql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"github.com/dhfs/dhfs/cas"
)

// kind is what an error means for its caller.
type kind int

const (
	kindNone    kind = iota // nothing in particular
	kindBusy                // others were in the way: a deadlock, a lock that was not to be had; again may help
	kindLost                // the server cannot be reached, or the connection has ended
	kindDenied              // the server knows the user and refuses, or does not know the user
	kindNoTable             // there is no such table
	kindNoBase              // there is no such database
	kindCorrupt             // the database is damaged, or none
)

// lostConnection tells of errors that any driver returns when a connection ends.
func lostConnection(err error) bool {
	var op net.Error
	return errors.As(err, &op) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) || errors.Is(err, sql.ErrConnDone)
}

// failed makes of err what a caller is told: what was done, in which store, and why not, with nothing secret in it.
func (s *Store) failed(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	var corrupt *cas.CorruptError
	switch {
	case errors.Is(err, cas.ErrConflict), errors.Is(err, cas.ErrNotFound), errors.As(err, &corrupt):
		return fmt.Errorf("%s: %w", what, err)
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	return fmt.Errorf("%s in %s: %w", what, s.shown, s.clean(err))
}

// clean gives an error of the driver its meaning, and takes out what is secret.
func (s *Store) clean(err error) error {
	if err == nil {
		return nil
	}
	c := cleaned{text: err.Error(), why: []error{err}}
	switch s.kind(err) {
	case kindBusy:
		c.why = append(c.why, cas.ErrUnavailable)
		c.text = "others were in the way for " + s.patience.String() + ": " + c.text
	case kindLost:
		c.why = append(c.why, cas.ErrUnavailable)
	case kindDenied:
		c.why = append(c.why, fs.ErrPermission)
	case kindNoBase:
		c.why = append(c.why, cas.ErrNotFound)
	case kindCorrupt:
		return &cas.CorruptError{Path: s.shown, Reason: hidden(c.text, s.secrets)}
	}
	c.text = hidden(c.text, s.secrets)
	if s.kind(err) == kindDenied {
		return deniedError{c, fmt.Sprintf("see who may write it: a server's user needs SELECT on the tables %s_* to read, INSERT, UPDATE and DELETE too to write, which their owner GRANTs; a file needs write permission, its directory too", s.prefix)}
	}
	return c
}

// deniedError is of what the user may not do.
type deniedError struct {
	cleaned
	hint string
}

// Hint says what to try.
func (e deniedError) Hint() string { return e.hint }

// cleaned is an error whose text was looked through.
type cleaned struct {
	text string
	why  []error
}

func (c cleaned) Error() string   { return c.text }
func (c cleaned) Unwrap() []error { return c.why }

// hide takes secrets out of an error's text.
func hide(err error, secrets []string) error {
	return cleaned{text: hidden(err.Error(), secrets), why: []error{err}}
}

func hidden(text string, secrets []string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, "…")
	}
	return text
}
