package cass3

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// address is where a store lies: what its URL and the environment say.
type address struct {
	endpoint string // host, or host:port
	secure   bool   // https
	region   string // "" asks the server
	bucket   string
	prefix   string // "" or with a slash at its end
}

// URLError says that a URL names no place for a store.
type URLError struct{ msg string }

func (e *URLError) Error() string { return e.msg }

func badURL(format string, args ...any) error { return &URLError{fmt.Sprintf(format, args...)} }

// parseURL reads s3://BUCKET/PREFIX?endpoint=URL&region=NAME. What it does not say comes from AWS_ENDPOINT_URL_S3,
// AWS_ENDPOINT_URL, AWS_REGION and AWS_DEFAULT_REGION.
func parseURL(s string) (address, error) {
	u, err := url.Parse(s)
	if err != nil {
		return address{}, badURL("the URL of the S3 store cannot be read: write s3://BUCKET/PREFIX?endpoint=URL&region=NAME")
	}
	if u.User != nil {
		return address{}, badURL("%s: an S3 URL has no user and no password: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use the shared credentials file", Shown(s))
	}
	if u.Scheme != "s3" || u.Host == "" {
		return address{}, badURL("%s: write s3://BUCKET/PREFIX?endpoint=URL&region=NAME", Shown(s))
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return address{}, badURL("%s: what follows the ? cannot be read", Shown(s))
	}
	for name := range q {
		if !slices.Contains(parameters, name) {
			return address{}, badURL("%s: unknown parameter %s: there are %s", Shown(s), name, strings.Join(parameters, " and "))
		}
	}
	a := address{
		bucket: u.Host,
		prefix: strings.Trim(u.Path, "/"),
		region: first(q.Get("region"), os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
	}
	if a.prefix != "" {
		a.prefix += "/"
	}
	if err := s3utils.CheckValidBucketName(a.bucket); err != nil {
		return address{}, badURL("%s: bucket %q: %s", Shown(s), a.bucket, err)
	}
	return a, a.setEndpoint(first(q.Get("endpoint"), os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL")))
}

// parameters are what a URL may have behind its question mark.
var parameters = []string{"endpoint", "region"}

// setEndpoint takes a URL without a path, or HOST[:PORT] for https. Where there is none it is that of AWS.
func (a *address) setEndpoint(endpoint string) error {
	if endpoint == "" {
		a.endpoint, a.secure = "s3.amazonaws.com", true
		return nil
	}
	if !strings.Contains(endpoint, "://") {
		endpoint = "https://" + endpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || (u.Scheme != "http" && u.Scheme != "https") {
		return badURL("the endpoint of bucket %s is no URL of a server: write endpoint=https://HOST:PORT", a.bucket)
	}
	a.endpoint, a.secure = u.Host, u.Scheme == "https"
	if a.region == "" {
		a.region = "us-east-1" // what servers other than AWS take when they are not told
	}
	return nil
}

func (a address) String() string { return "s3://" + a.bucket + "/" + strings.TrimSuffix(a.prefix, "/") }

// identity tells stores apart.
func (a address) identity() string {
	return fmt.Sprintf("%s %v %s %s", a.endpoint, a.secure, a.bucket, a.prefix)
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// Shown is a URL as it may be written into messages and logs: without a user, a password or any parameter but endpoint and region.
func Shown(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "s3://…"
	}
	u.User = nil
	q, shown := u.Query(), url.Values{}
	for _, name := range parameters {
		if v := q.Get(name); v != "" && !strings.Contains(v, "@") {
			shown.Set(name, v)
		}
	}
	u.RawQuery, u.Fragment = "", ""
	if len(shown) == 0 {
		return u.String()
	}
	// Colons and slashes stay as people write them.
	return u.String() + "?" + strings.NewReplacer("%3A", ":", "%2F", "/").Replace(shown.Encode())
}

// Name is what a database at a URL is called: the last part of its prefix, or its bucket.
func Name(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "s3"
	}
	prefix := strings.Trim(u.Path, "/")
	return first(prefix[strings.LastIndexByte(prefix, '/')+1:], u.Host)
}
