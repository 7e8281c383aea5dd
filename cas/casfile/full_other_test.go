//go:build !linux

package casfile

import (
	"context"
	"errors"
)

// fill is for systems with a limit on the size of files.
func fill(context.Context, string) error { return errors.ErrUnsupported }
