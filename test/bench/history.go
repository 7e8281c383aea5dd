//go:build unix

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// How much the work on history writes.
const (
	historyEntities = 20_000 // of five attributes
	historyTxs      = 10_000 // of one datom, each on top of the other
)

// keeping tells what a database takes after many small transactions, with every commit as a value, and what
// the same datoms take that are imported at once.
func (b *bench) keeping() error {
	changed, err := b.history("history", historyTxs)
	if err != nil {
		return err
	}
	at, err := b.history("at-once", 0)
	if err != nil {
		return err
	}
	b.row(fmt.Sprintf("%d datoms imported at once, on disk", 5*historyEntities+historyTxs), kilobytes(at), "–", "")
	b.row(fmt.Sprintf("  and in %d transactions of one datom on top", historyTxs), fmt.Sprintf("%s, %.2f×", kilobytes(changed), float64(changed)/float64(at)), "≤ 2×", "")
	u, err := b.usage("history")
	if err != nil {
		return err
	}
	b.row("  of that live, history, garbage", fmt.Sprintf("%s, %s, %s", kilobytes(u.Live.Bytes), kilobytes(u.History.Bytes), kilobytes(u.Garbage.Bytes)), "–", "")
	if _, _, err := timed(b.dhfs, "gc", b.path("history"), "--keep-last", "100"); err != nil {
		return err
	}
	left, err := diskBytes(b.path("history"))
	if err != nil {
		return err
	}
	b.row("  after gc --keep-last 100", fmt.Sprintf("%s, %.2f×", kilobytes(left), float64(left)/float64(at)), "–", "")
	return nil
}

func kilobytes(n int64) string { return fmt.Sprintf("%d kB", n/1000) }

// history makes a database of people, with a note on some: in transactions of their own, or with the people where there are none of these. It
// returns what it takes on the disk.
func (b *bench) history(name string, txs int) (int64, error) {
	ctx := context.Background()
	s, err := casfile.Create(ctx, b.path(name), casfile.Options{})
	if err != nil {
		return 0, err
	}
	c, err := engine.Create(ctx, s, "main", engine.Options{SchemaOnRead: true}, time.Now())
	if err != nil {
		return 0, err
	}
	var people []edn.Value
	for i := range historyEntities {
		text := fmt.Sprintf(`{:db/id %d :p/id %d :p/name %q :p/last-name %q :p/age %d :p/salary %d`, i+1, i, firstNames[i%len(firstNames)], lastNames[i*7%len(lastNames)], i*31%100, i*7919%100_000)
		if txs == 0 && i < historyTxs {
			text += fmt.Sprintf(` :p/note "note %d"`, i)
		}
		form, err := edn.ParseAll(text + "}")
		if err != nil {
			return 0, err
		}
		people = append(people, form...)
	}
	if _, err := c.TransactLast(ctx, people, engine.Meta{}); err != nil {
		return 0, err
	}
	for i := range txs {
		form, err := edn.ParseAll(fmt.Sprintf(`[:db/add %d :p/note "note %d"]`, i*7919%historyTxs+1, i))
		if err != nil {
			return 0, err
		}
		if _, err := c.Transact(ctx, form, engine.Meta{}); err != nil {
			return 0, err
		}
	}
	if err := s.Close(); err != nil {
		return 0, err
	}
	return diskBytes(b.path(name))
}

func (b *bench) usage(name string) (engine.Usage, error) {
	s, err := casfile.Open(context.Background(), b.path(name), casfile.Options{})
	if err != nil {
		return engine.Usage{}, err
	}
	defer s.Close()
	return engine.Measure(context.Background(), s, nil)
}
