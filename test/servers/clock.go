//go:build unix

package servers

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// Clock is a way to an S3 server on which the clock of the client is wrong: requests are signed anew as with such a clock, and answers are dated as who has it
// sees them.
type Clock struct {
	*httptest.Server
	ahead atomic.Int64
}

// ClockOff makes the way to the server of a store's URL, and returns its URL on that.
func ClockOff(store string, ahead time.Duration) (*Clock, string, error) {
	before, endpoint, _ := strings.Cut(store, "endpoint=")
	to, err := url.Parse(endpoint)
	if err != nil {
		return nil, "", err
	}
	c := &Clock{}
	c.Set(ahead)
	c.Server = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			unchunk(r.Out)
			sign(r.Out, to.Host, time.Now().Add(c.off()))
		},
		ModifyResponse: func(r *http.Response) error {
			there, err := http.ParseTime(r.Header.Get("Date"))
			if err == nil {
				r.Header.Set("Date", there.Add(-c.off()).UTC().Format(http.TimeFormat))
			}
			return err
		},
	})
	return c, before + "endpoint=" + c.URL, nil
}

// Set has the clock be ahead by so much, or behind.
func (c *Clock) Set(ahead time.Duration) { c.ahead.Store(int64(ahead)) }

func (c *Clock) off() time.Duration { return time.Duration(c.ahead.Load()) }

// unchunk takes content out of its chunks, each of which the client has signed. What is damaged the server refuses, by its sum.
func unchunk(r *http.Request) {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING") {
		return
	}
	var content bytes.Buffer
	for in := bufio.NewReader(r.Body); ; {
		head, err := in.ReadString('\n')
		size, parseErr := strconv.ParseInt(head[:max(0, strings.IndexByte(head, ';'))], 16, 64)
		if err != nil || parseErr != nil || size == 0 {
			break
		}
		_, _ = io.CopyN(&content, in, size)
		_, _ = in.Discard(len("\r\n"))
	}
	for _, name := range []string{"Content-Encoding", "X-Amz-Decoded-Content-Length", "X-Amz-Trailer"} {
		r.Header.Del(name)
	}
	digest := sha256.Sum256(content.Bytes())
	r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(digest[:]))
	r.ContentLength, r.Body = int64(content.Len()), io.NopCloser(&content)
}

// sign signs a request to a host as of when, with the keys of the owner (AWS signature, version 4).
func sign(r *http.Request, host string, when time.Time) {
	stamp := when.UTC().Format("20060102T150405Z")
	r.Host = host
	r.Header.Set("X-Amz-Date", stamp)
	content := r.Header.Get("X-Amz-Content-Sha256")
	names := []string{"host"}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var headers strings.Builder
	for _, name := range names {
		value := r.Header.Get(name)
		if name == "host" {
			value = host
		}
		fmt.Fprintf(&headers, "%s:%s\n", name, strings.TrimSpace(value))
	}
	signed := strings.Join(names, ";")
	query := strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20")
	asked := strings.Join([]string{r.Method, s3utils.EncodePath(r.URL.Path), query, headers.String(), signed, content}, "\n")
	digest := sha256.Sum256([]byte(asked))
	scope := []string{stamp[:8], "us-east-1", "s3", "aws4_request"}
	key := []byte("AWS4" + S3SecretKey)
	for _, part := range append(slices.Clone(scope), strings.Join([]string{"AWS4-HMAC-SHA256", stamp, strings.Join(scope, "/"), hex.EncodeToString(digest[:])}, "\n")) {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(part))
		key = h.Sum(nil)
	}
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x", S3AccessKey, strings.Join(scope, "/"), signed, key))
}
