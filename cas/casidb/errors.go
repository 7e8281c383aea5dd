//go:build js && wasm

package casidb

import (
	"context"
	"errors"
	"fmt"
	"syscall/js"

	"github.com/dhfs/dhfs/cas"
)

// ErrQuota says that the browser gives this page no more room, and that nothing was stored.
var ErrQuota = errors.New("the browser gives this page no more room: remove databases, or ask it to keep data (navigator.storage.persist)")

// VersionError says that a store has a format that this version of dhfs does not know.
type VersionError struct{ Store string }

func (e *VersionError) Error() string {
	return fmt.Sprintf("the store %s was made by a newer dhfs, and this one knows format %d: load the page again to get the newer one", e.Store, format)
}

// RemovedError says that a store was removed while it was open, by the browser, its user or another tab; it may have been made anew
// since. It wraps cas.ErrUnavailable: what was there is not told to be missing.
type RemovedError struct{ Store string }

func (e *RemovedError) Error() string {
	return fmt.Sprintf("the store %s was removed while it was open, by the browser, its user or another tab: clone it again", e.Store)
}

// Unwrap makes it a store that cannot be reached.
func (e *RemovedError) Unwrap() error { return cas.ErrUnavailable }

// failed says what an error of the browser means. Its own errors, and those of a context, are left as they are.
func (s *Store) failed(what string, err error) error {
	var thrown js.Error
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &thrown) {
		return err
	}
	name, text := thrown.Get("name"), thrown.Get("message")
	if name.Type() != js.TypeString {
		return fmt.Errorf("store %s: %s: %w", s.name, what, err)
	}
	switch name.String() {
	case "QuotaExceededError":
		return fmt.Errorf("store %s: %s: %w", s.name, what, ErrQuota)
	case "VersionError":
		return &VersionError{s.name}
	case "DataError", "TypeError", "ReadOnlyError", "DataCloneError": // faults of this package
		return fmt.Errorf("store %s: %s: %w", s.name, what, err)
	}
	return fmt.Errorf("store %s: %s: %s: %s: %w", s.name, what, name.String(), text.String(), cas.ErrUnavailable)
}
