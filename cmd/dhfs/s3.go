package main

import (
	"context"
	"errors"

	"github.com/dhfs/dhfs/cas/cass3"
)

// s3Backend is any S3-compatible storage.
var s3Backend = backend{
	form: "s3://BUCKET/PREFIX?endpoint=URL&region=NAME",
	far:  true,
	open: func(ctx context.Context, url string) (store, error) {
		s, err := cass3.Open(ctx, url, cass3.Options{})
		return orUsage(s, err)
	},
	create: func(ctx context.Context, url string) (store, error) {
		s, err := cass3.Create(ctx, url, cass3.Options{})
		return orUsage(s, err)
	},
	shown: cass3.Shown,
	name:  cass3.Name,
}

// orUsage tells of a URL that makes no sense as of a command line that does not.
func orUsage(s *cass3.Store, err error) (store, error) {
	var bad *cass3.URLError
	switch {
	case errors.As(err, &bad):
		return nil, usageError{bad.Error()}
	case err != nil:
		return nil, err
	}
	return s, nil
}
