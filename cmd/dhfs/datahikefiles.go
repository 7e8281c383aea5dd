package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cass3"
	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/engine/datahike"
)

// Where konserve, which Datahike keeps its values in, has put them: a directory, a bucket or a table. What follows datahike: says it.

// datahikeSource is a store of Datahike, and what to close after it.
type datahikeSource struct {
	*datahike.Store
	io.Closer
}

func openDatahikeSource(text string) (datahikeSource, error) {
	place := datahikePath(text)
	var files interface {
		datahike.Files
		io.Closer
	}
	var err error
	switch schemeOf(place) {
	case "file":
		s, err := datahike.Open(place)
		return datahikeSource{s, io.NopCloser(nil)}, err
	case "s3":
		files, err = openBucketFiles(place)
	case "postgres", "postgresql", "mysql", "mariadb", "sqlite":
		files, err = openTableFiles(place)
	default:
		return datahikeSource{}, hinted{usageError{fmt.Sprintf("no database of Datahike lies at %s: URLs", schemeOf(place))}, datahikeForms}
	}
	if err != nil {
		return datahikeSource{}, err
	}
	s, err := datahike.OpenIn(files, shownDatahike(text))
	if err != nil {
		files.Close()
	}
	return datahikeSource{s, files}, err
}

// datahikeForms are the URLs of databases of Datahike.
const datahikeForms = "datahike:PATH, datahike:s3://BUCKET/STORE-ID?endpoint=URL, datahike:postgres://USER@HOST/DATABASE?table=NAME, or mysql: and sqlite: like that"

// datahikePath is what follows datahike:.
func datahikePath(url string) string {
	return strings.TrimPrefix(strings.TrimPrefix(url, "datahike:"), "//")
}

// shownDatahike is a URL without what is secret in it.
func shownDatahike(url string) string {
	place := datahikePath(url)
	switch schemeOf(place) {
	case "file":
		return url
	case "s3":
		return "datahike:" + cass3.Shown(place)
	}
	place, table := cutTable(place)
	if place = cassql.Shown(place); table != defaultTable {
		place += " table " + table
	}
	return "datahike:" + place
}

// nameOfDatahike is what a database at a URL is called.
func nameOfDatahike(url string) string {
	place := datahikePath(url)
	switch schemeOf(place) {
	case "file":
		return filepath.Base(place)
	case "s3":
		return cass3.Name(place)
	}
	place, _ = cutTable(place)
	return cassql.Name(place)
}

// bucketFiles are objects of a bucket: STORE-ID, an underscore, and the name of the file.
type bucketFiles struct{ *cass3.Objects }

func openBucketFiles(url string) (*bucketFiles, error) {
	o, err := cass3.OpenObjects(url, cass3.Options{})
	var bad *cass3.URLError
	if errors.As(err, &bad) {
		err = usageError{bad.Error()}
	}
	return &bucketFiles{o}, err
}

// ReadFile implements datahike.Files.
func (b *bucketFiles) ReadFile(ctx context.Context, name string) ([]byte, error) {
	data, err := b.Get(ctx, "_"+name)
	return data, missingFile(err)
}

// missingFile marks what is missing as a file that is.
func missingFile(err error) error {
	if errors.Is(err, cas.ErrNotFound) {
		return fmt.Errorf("%w (%w)", err, iofs.ErrNotExist)
	}
	return err
}

// Names implements datahike.Files.
func (b *bucketFiles) Names(ctx context.Context) ([]string, error) {
	names, err := b.Objects.Names(ctx, "_")
	for i, n := range names {
		names[i] = strings.TrimPrefix(n, "_")
	}
	return names, err
}

// tableFiles are rows of a table: id, header, meta and val.
type tableFiles struct {
	*cassql.Rows
	table string
}

// defaultTable is the table where nobody says another.
const defaultTable = "konserve"

// validTable is what a table can be called, perhaps with its schema in front.
var validTable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$`)

// cutTable takes table=NAME out of a URL.
func cutTable(text string) (rest, table string) {
	rest, query, found := strings.Cut(text, "?")
	if !found {
		return text, defaultTable
	}
	table = defaultTable
	var kept []string
	for _, part := range strings.Split(query, "&") {
		if name, ok := strings.CutPrefix(part, "table="); ok {
			table = name
			if plain, err := url.QueryUnescape(name); err == nil {
				table = plain
			}
			continue
		}
		kept = append(kept, part)
	}
	if len(kept) > 0 {
		rest += "?" + strings.Join(kept, "&")
	}
	return rest, table
}

func openTableFiles(text string) (*tableFiles, error) {
	place, table := cutTable(text)
	if !validTable.MatchString(table) {
		return nil, usageError{fmt.Sprintf("table=%s: a table is called with letters, digits and _, perhaps with a schema and a dot in front", table)}
	}
	rows, err := cassql.OpenRows(place)
	return &tableFiles{rows, table}, err
}

// ReadFile implements datahike.Files.
func (t *tableFiles) ReadFile(ctx context.Context, name string) ([]byte, error) {
	var data []byte
	found := false
	err := t.Query(ctx, "SELECT header, meta, val FROM "+t.table+" WHERE id = ?", []any{name}, func(scan func(...any) error) error {
		var header, meta, val []byte
		found = true
		err := scan(&header, &meta, &val)
		data = append(append(header, meta...), val...)
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("no row %s: %w", name, iofs.ErrNotExist)
	}
	return data, err
}

// Names implements datahike.Files.
func (t *tableFiles) Names(ctx context.Context) (names []string, err error) {
	err = t.Query(ctx, "SELECT id FROM "+t.table, nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	})
	return names, err
}
