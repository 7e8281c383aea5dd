package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/cas/cassql"
)

// backend is a kind of storage.
type backend struct {
	form string // of its URLs
	far  bool   // reading it takes so long that a cache on disk helps
	// open opens a store; the error wraps cas.ErrNotFound when there is none at url.
	open func(ctx context.Context, url string) (store, error)
	// create makes an empty store.
	create func(ctx context.Context, url string) (store, error)
	// shown is url without what is secret in it.
	shown func(url string) string
	// name is what a database there is called, where that is not the last part of a path.
	name func(url string) string
}

// backends are all kinds by the schemes of their URLs. What has no scheme is a path.
var backends = map[string]backend{
	"file": {
		form: "file:PATH",
		open: func(ctx context.Context, url string) (store, error) {
			return casfile.Open(ctx, filePath(url), casfile.Options{})
		},
		create: func(ctx context.Context, url string) (store, error) {
			return casfile.Create(ctx, filePath(url), casfile.Options{})
		},
		shown: filePath,
	},
	"postgres":   sqlServer("postgres://USER@HOST/DATABASE"),
	"postgresql": sqlServer("postgresql://USER@HOST/DATABASE"),
	"mysql":      sqlServer("mysql://USER@HOST/DATABASE"),
	"mariadb":    sqlServer("mariadb://USER@HOST/DATABASE"),
	"sqlite":     {form: "sqlite:PATH", open: openSQL, create: createSQL, shown: cassql.Shown, name: cassql.Name},
	"http":       httpBackend,
	"https":      httpBackend,
	"s3":         s3Backend,
	"datahike":   datahikeBackend,
}

// schemeOf is the scheme of a URL, and "file" for a path.
func schemeOf(url string) string {
	scheme, _, found := strings.Cut(url, ":")
	if !found || strings.Contains(scheme, "/") || len(scheme) == 1 { // one letter: a Windows drive
		return "file"
	}
	return scheme
}

func backendOf(url string) (backend, error) {
	if url == "" {
		return backend{}, usageError{"the name of the database is empty"}
	}
	if b, ok := backends[schemeOf(url)]; ok {
		return b, nil
	}
	forms := []string{"paths"}
	for _, b := range backends {
		forms = append(forms, b.form)
	}
	slices.Sort(forms[1:])
	return backend{}, hinted{usageError{fmt.Sprintf("no store answers to %s: URLs", schemeOf(url))}, "this build knows " + strings.Join(forms, ", ")}
}

// shown is a URL without what is secret in it.
func shown(url string) string {
	if b, ok := backends[schemeOf(url)]; ok {
		return b.shown(url)
	}
	return url
}

// fileDir is the directory of a file store; ok is false for stores of other kinds.
func fileDir(url string) (dir string, ok bool) { return filePath(url), schemeOf(url) == "file" }

// filePath is the directory that a path or file: URL names.
func filePath(url string) string {
	if rest, ok := strings.CutPrefix(url, "file:"); ok {
		return strings.TrimPrefix(rest, "//")
	}
	return url
}
