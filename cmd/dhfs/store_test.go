package main

import "testing"

// A revision follows the last @ that is not part of a host or of a directory.
func TestParsePlace(t *testing.T) {
	for _, c := range []struct{ in, url, rev string }{
		{"/data/people", "/data/people", ""},
		{"people@main~3", "people", "main~3"},
		{"/home/a@b/people", "/home/a@b/people", ""},
		{"file:people@t4", "file:people", "t4"},
		{"postgres://host/db", "postgres://host/db", ""},
		{"postgres://user:word@host/db", "postgres://user:word@host/db", ""},
		{"postgres://user@host/db@main", "postgres://user@host/db", "main"},
		{"postgres://user@host", "postgres://user@host", ""},
		{"postgres://user@host@main", "postgres://user@host", "main"},
		{"http://host:80@2026-11-01", "http://host:80@2026-11-01", ""},
		{"http://host:80/@2026-11-01", "http://host:80/", "2026-11-01"},
		{"s3://bucket/prefix@v1", "s3://bucket/prefix", "v1"},
		{"s3://bucket?endpoint=http://127.0.0.1:7070@v1", "s3://bucket?endpoint=http://127.0.0.1:7070", "v1"},
		{"postgres:///db?host=/run/pg@v1", "postgres:///db?host=/run/pg", "v1"},
	} {
		if got := parsePlace(c.in); got != (place{c.url, c.rev}) {
			t.Errorf("%s is %q at %q, want %q at %q", c.in, got.url, got.rev, c.url, c.rev)
		}
	}
}
