package cass3

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func contextOf(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

func TestURLs(t *testing.T) {
	for _, name := range []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	for url, want := range map[string]address{
		"s3://shop":                       {"s3.amazonaws.com", true, "", "shop", ""},
		"s3://shop/":                      {"s3.amazonaws.com", true, "", "shop", ""},
		"s3://shop/a/b/?region=eu-west-1": {"s3.amazonaws.com", true, "eu-west-1", "shop", "a/b/"},
		"s3://shop/a?endpoint=http://127.0.0.1:7070":  {"127.0.0.1:7070", false, "us-east-1", "shop", "a/"},
		"s3://shop/a?endpoint=https://minio.example/": {"minio.example", true, "us-east-1", "shop", "a/"},
		"s3://shop/a?endpoint=minio.example:9000":     {"minio.example:9000", true, "us-east-1", "shop", "a/"},
		"s3://shop/a?region=x&endpoint=http://h:1":    {"h:1", false, "x", "shop", "a/"},
		"s3://shop/a?endpoint=http%3A%2F%2Fh%3A1%2F":  {"h:1", false, "us-east-1", "shop", "a/"},
	} {
		if got, err := parseURL(url); err != nil || got != want {
			t.Errorf("%s = %+v, %v, want %+v", url, got, err, want)
		}
	}
	for _, url := range []string{
		"s3:", "s3:shop", "s3:///a", "s3://u:hush@shop/a", "s3://shop/a?secret=hush", "s3://shop/a?endpoint=ftp://h",
		"s3://shop/a?endpoint=http://u:hush@h", "s3://shop/a?endpoint=http://h/path", "s3://ab/a", "s3://shop/%zz?x=hush",
	} {
		_, err := parseURL(url)
		var bad *URLError
		if !errors.As(err, &bad) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", url, err)
		}
		if strings.Contains(Shown(url), "hush") {
			t.Errorf("%s is shown as %s", url, Shown(url))
		}
	}
	t.Setenv("AWS_ENDPOINT_URL", "http://h:2")
	t.Setenv("AWS_DEFAULT_REGION", "here")
	if got, err := parseURL("s3://shop"); err != nil || got.endpoint != "h:2" || got.region != "here" {
		t.Errorf("%+v, %v", got, err)
	}
	for url, want := range map[string]string{"s3://shop": "shop", "s3://shop/a/b?endpoint=http://h:1/": "b", "s3://shop/": "shop"} {
		if got := Name(url); got != want {
			t.Errorf("%s is called %s, want %s", url, got, want)
		}
	}
	if got, want := Shown("s3://shop/a?region=x&endpoint=http://h:1"), "s3://shop/a?endpoint=http://h:1&region=x"; got != want {
		t.Errorf("shown as %s, want %s", got, want)
	}
}
