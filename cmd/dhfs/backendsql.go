package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cassql"
)

// sqlServer is a database behind a server.
func sqlServer(form string) backend {
	return backend{form: form, open: openSQL, create: createSQL, shown: cassql.Shown, name: cassql.Name, far: true}
}

func openSQL(ctx context.Context, url string) (store, error) {
	s, err := cassql.Open(ctx, url)
	if err != nil {
		return nil, hintSQL(url, err)
	}
	return s, nil
}

func createSQL(ctx context.Context, url string) (store, error) {
	s, err := cassql.Create(ctx, url)
	if errors.Is(err, cas.ErrNotFound) {
		return nil, hinted{fmt.Errorf("no database to make tables in: %w", err), "create it on the server first: createdb, or CREATE DATABASE"}
	}
	if err != nil {
		return nil, hintSQL(url, err)
	}
	return s, nil
}

// hintSQL says what mends an error of a server.
func hintSQL(url string, err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	switch schemeOf(url) {
	case "sqlite":
		return err
	case "postgres", "postgresql":
		return hinted{err, "give the password in PGPASSWORD or ~/.pgpass, and see which rights the user has"}
	}
	return hinted{err, "give the password in ~/.my.cnf or MYSQL_PWD, and see which rights the user has"}
}
