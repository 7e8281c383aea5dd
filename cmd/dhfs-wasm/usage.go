//go:build js && wasm

package main

import "fmt"

// usageError is a call that makes no sense.
type usageError struct{ msg, hint string }

func (e *usageError) Error() string { return e.msg }

func misused(hint, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), hint}
}
