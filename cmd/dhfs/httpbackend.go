package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/jdx/go-netrc"
)

// httpSilence is how long a server may say nothing, 0 for as long as cashttp thinks right. Tests have less patience.
var httpSilence time.Duration

// httpBackend is a store that dhfs serve serves, or any web server, from a directory that was exported.
var httpBackend = backend{
	form: "https://HOST/NAME", far: true,
	open: func(_ context.Context, address string) (store, error) {
		o := cashttp.Options{Token: os.Getenv("DHFS_TOKEN"), Timeout: httpSilence}
		var err error
		if o.User, o.Password, err = fromNetrc(address); err != nil {
			return nil, err
		}
		c, err := cashttp.Open(address, o)
		if err != nil {
			return nil, usageError{err.Error()}
		}
		return c, nil
	},
	create: func(_ context.Context, address string) (store, error) {
		return nil, hinted{fmt.Errorf("no database at %s, and a client cannot make one: %w", cashttp.Shown(address), cas.ErrNotFound), "dhfs init NAME there, and dhfs serve NAME"}
	},
	shown: cashttp.Shown,
}

// fromNetrc is what ~/.netrc, or the file that NETRC names, has for the host of a URL.
func fromNetrc(address string) (user, password string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", nil // the client says what is wrong with it
	}
	path := os.Getenv("NETRC")
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", "", nil
		}
		name := ".netrc"
		if runtime.GOOS == "windows" {
			name = "_netrc"
		}
		path = filepath.Join(home, name)
	}
	file, err := netrc.Parse(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", path, err)
	}
	if m := file.Machine(u.Hostname()); m != nil {
		return m.Get("login"), m.Get("password"), nil
	}
	return "", "", nil
}

// exportStatic brings a directory up to date with all branches and tags.
func (a *app) exportStatic(ctx context.Context, p place, dir string) error {
	if dir == "" {
		return usageError{"--format static wants a directory: dhfs export DB --format static DIR"}
	}
	src, err := a.openAll(ctx, "export --format static", p)
	if err != nil {
		return err
	}
	defer src.Close()
	pinned, err := pinnedStore(ctx, src)
	if err != nil {
		return err
	}
	dst, err := cashttp.OpenDir(dir)
	if errors.Is(err, fs.ErrExist) {
		return hinted{usageError{err.Error()}, "name a directory that does not exist yet, or one of an earlier export"}
	}
	if err != nil {
		return err
	}
	if err := a.exportRefs(ctx, dst, pinned); err != nil {
		return err
	}
	return dst.WriteAll(ctx)
}
