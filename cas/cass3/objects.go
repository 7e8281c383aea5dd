package cass3

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/cas"
)

// Objects are the objects of a bucket whose keys begin alike, as they are: for readers of what others have laid out there.
type Objects struct{ client *client }

// OpenObjects prepares to read the objects whose keys begin with the path of a URL, without a slash after it. Nothing is asked yet.
// Where the keys of the user come from, and what errors wrap, is as with Open.
func OpenObjects(url string, o Options) (*Objects, error) {
	a, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	a.prefix = strings.TrimSuffix(a.prefix, "/")
	c, err := newClient(a, o)
	if err != nil {
		return nil, err
	}
	return &Objects{c}, nil
}

// Get reads an object; key is what follows the beginning. The error wraps cas.ErrNotFound where there is none.
func (o *Objects) Get(ctx context.Context, key string) ([]byte, error) {
	got, err := o.client.get(ctx, key, "")
	if errors.Is(err, errNoKey) {
		err = fmt.Errorf("%w: %w", err, cas.ErrNotFound)
	}
	return got.data, err
}

// Names are the keys that begin with below, without what they have in common with the URL.
func (o *Objects) Names(ctx context.Context, below string) ([]string, error) {
	all, err := o.client.list(ctx, below)
	names := make([]string, len(all))
	for i, l := range all {
		names[i] = l.key
	}
	return names, err
}

// Close ends what is kept open.
func (o *Objects) Close() error {
	o.client.close()
	return nil
}
