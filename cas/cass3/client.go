package cass3

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// client asks a server for what lies below one prefix of one bucket. Each call is one request, repeated as retry says.
type client struct {
	address
	core      minio.Core
	transport *http.Transport // nil where a test brought another
	patience  time.Duration   // how long a request is repeated where its context has no deadline
	ahead     atomic.Pointer[time.Duration]
}

func newClient(a address, o Options) (*client, error) {
	c := &client{address: a, patience: 30 * time.Second}
	if o.Patience > 0 {
		c.patience = o.Patience
	}
	var rt http.RoundTripper = o.Transport
	if rt == nil {
		t, err := minio.DefaultTransport(a.secure)
		if err != nil {
			return nil, fmt.Errorf("%s: certificates of the system: %w", a, err)
		}
		if err := trust(t); err != nil {
			return nil, fmt.Errorf("%s: %w", a, err)
		}
		t.DialContext = (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext
		t.MaxIdleConnsPerHost = 2 * atOnce
		t.DisableCompression = true
		c.transport, rt = t, t
	}
	inner, err := minio.New(a.endpoint, &minio.Options{
		Creds: credentialChain(rt), Secure: a.secure, Region: a.region, Transport: clock{rt, &c.ahead},
		MaxRetries: 1, // retry does it, which knows what may be repeated
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a, err)
	}
	c.core = minio.Core{Client: inner}
	return c, nil
}

// credentialChain looks into the environment, then into the shared credentials file, then asks the machine's role. Where
// there are none requests are not signed, which is enough to read a public bucket.
func credentialChain(rt http.RoundTripper) *credentials.Credentials {
	return credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{},
		&credentials.FileAWSCredentials{},
		&credentials.IAM{Client: &http.Client{Transport: rt, Timeout: 2 * time.Second}},
	})
}

func (c *client) close() {
	if c.transport != nil {
		c.transport.CloseIdleConnections()
	}
}

// object is what a GET brought.
type object struct {
	data []byte
	etag string
}

// get reads a whole object. Where etag is what it has it is not sent again, and the error is errSame.
func (c *client) get(ctx context.Context, key, etag string) (object, error) {
	var o minio.GetObjectOptions
	if etag != "" {
		if err := o.SetMatchETagExcept(etag); err != nil {
			return object{}, err
		}
	}
	return c.read(ctx, key, o, 0)
}

// getRange reads size bytes from off on; from the end where off is negative, and then perhaps fewer.
func (c *client) getRange(ctx context.Context, key string, off, size int64) ([]byte, error) {
	var o minio.GetObjectOptions
	start, end := off, off+size-1
	if off < 0 {
		start, end = 0, -size
	}
	if err := o.SetRange(start, end); err != nil {
		return nil, err
	}
	got, err := c.read(ctx, key, o, size)
	if err == nil && off >= 0 && int64(len(got.data)) != size {
		return nil, &shortError{c.prefix + key, off, size, int64(len(got.data))}
	}
	return got.data, err
}

func (c *client) read(ctx context.Context, key string, o minio.GetObjectOptions, size int64) (got object, err error) {
	err = c.retry(ctx, "GET", key, size, func(ctx context.Context) error {
		body, info, _, err := c.core.GetObject(ctx, c.bucket, c.prefix+key, o)
		if err != nil {
			return err
		}
		defer body.Close()
		got = object{etag: info.ETag}
		var buf bytes.Buffer
		buf.Grow(int(max(size, min(info.Size, 1<<30))))
		if _, err := io.Copy(&buf, body); err != nil {
			return err
		}
		got.data = buf.Bytes()
		return nil
	})
	return got, err
}

// condition is what must hold of an object for a put to be carried out.
type condition struct {
	match string // its ETag
	none  bool   // that it does not exist
}

// put writes an object in one request and returns its ETag. The error is errRefused when the condition does not hold.
func (c *client) put(ctx context.Context, key string, data []byte, when condition) (etag string, err error) {
	// A PUT in parts would lose the condition.
	o := minio.PutObjectOptions{DisableMultipart: true, SendContentMd5: true, ContentType: "application/octet-stream"}
	switch {
	case when.none:
		o.SetMatchETagExcept("*")
	case when.match != "":
		o.SetMatchETag(when.match)
	}
	err = c.retry(ctx, "PUT", key, int64(len(data)), func(ctx context.Context) error {
		info, err := c.core.Client.PutObject(ctx, c.bucket, c.prefix+key, bytes.NewReader(data), int64(len(data)), o)
		etag = info.ETag
		return err
	})
	return etag, err
}

// remove deletes an object, if it is there.
func (c *client) remove(ctx context.Context, key string) error {
	return c.retry(ctx, "DELETE", key, 0, func(ctx context.Context) error {
		return c.core.RemoveObject(ctx, c.bucket, c.prefix+key, minio.RemoveObjectOptions{})
	})
}

// listed is an object's name below the prefix, its size, and when it was written by the clock of the server.
type listed struct {
	key      string
	size     int64
	modified time.Time
}

// list names all objects whose keys begin with below.
func (c *client) list(ctx context.Context, below string) (all []listed, err error) {
	err = c.retry(ctx, "LIST", below, 0, func(ctx context.Context) error {
		all = nil
		for o := range c.core.ListObjectsIter(ctx, c.bucket, minio.ListObjectsOptions{Prefix: c.prefix + below, Recursive: true}) {
			if o.Err != nil {
				return o.Err
			}
			all = append(all, listed{o.Key[len(c.prefix):], o.Size, o.LastModified})
		}
		return ctx.Err()
	})
	return all, err
}
