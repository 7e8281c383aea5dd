package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// peer is another engine and its name in the table.
type peer struct {
	name   string
	engine engine
}

// timer is an engine in another process, which measures itself.
type timer interface {
	timed(ctx context.Context, q query, atLeast time.Duration) (median time.Duration, rows int, err error)
}

// known are the peers by name.
var known = map[string]func() engine{
	"sqlite":     func() engine { return newSQLiteTables() },
	"eav":        func() engine { return newSQLiteEAV() },
	"datascript": func() engine { return newDataScript(".") },
	"janus":      func() engine { return &janus{} },
}

func peersNamed(names string) ([]peer, error) {
	var all []peer
	for _, name := range strings.FieldsFunc(names, func(r rune) bool { return r == ',' }) {
		open, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("there is no peer %s", name)
		}
		all = append(all, peer{name, open()})
	}
	return all, nil
}
