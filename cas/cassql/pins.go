package cassql

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// A pin is a row for each block of it, which counts until a time of the server's clock. The process that made it moves that time
// on; when it dies the pin ends by itself.

const (
	// lease is how long a pin counts without being renewed, in seconds.
	lease = 120
	// renewEvery is how often pins are renewed.
	renewEvery = 30 * time.Second
	// letGo is how long Close waits for the database to forget pins. They would end by themselves.
	letGo = 3 * time.Second
)

// Pin implements cas.Collector. It keeps Collect out while it looks whether the blocks are there.
func (s *Store) Pin(ctx context.Context, ids ...cid.Cid) (unpin func(), err error) {
	name := make([]byte, 16)
	_, _ = rand.Read(name) // never fails: see crypto/rand
	done, err := take(ctx, s.writing)
	if err != nil {
		return nil, fmt.Errorf("pin: %w", err)
	}
	defer done()
	err = s.again(ctx, "pin", func(bool) error {
		return s.inTx(ctx, func(tx runner) error { return s.tryPin(ctx, tx, name, ids) })
	})
	if err != nil {
		return nil, err
	}
	s.pinned.Hold(string(name), ids)
	return func() { s.pinned.Release(string(name)) }, nil
}

func (s *Store) tryPin(ctx context.Context, tx runner, name []byte, ids []cid.Cid) error {
	epoch, err := s.lock(ctx, tx, s.share(""))
	if err != nil {
		return err
	}
	s.saw(epoch)
	names := namesOf(ids)
	there, err := s.present(ctx, tx, names)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !there[id.KeyString()] {
			return fmt.Errorf("block %s: %w in %s", id, cas.ErrNotFound, s.shown)
		}
	}
	return s.insertPins(ctx, tx, name, names)
}

func (s *Store) insertPins(ctx context.Context, r runner, name []byte, blocks [][]byte) error {
	statement := s.sql("INSERT INTO %p_pins (pin, cid, expires) VALUES (?, ?, " + s.now() + fmt.Sprintf(" + %d)", lease))
	for _, id := range blocks {
		if _, err := s.exec(ctx, r, statement, name, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) forgetPins(names []string) {
	ctx, cancel := context.WithTimeout(context.Background(), letGo)
	defer cancel()
	for batch := range slices.Chunk(names, hasBatch) {
		condition, args := s.in("pin", bytesOf(batch))
		_, _ = s.exec(ctx, s.db, s.sql("DELETE FROM %p_pins WHERE "+condition), args...)
	}
}

func bytesOf(names []string) (all [][]byte) {
	for _, name := range names {
		all = append(all, []byte(name))
	}
	return all
}

// renew moves on the time of all pins, and makes those again that have ended meanwhile, because the machine slept or the server was away.
func (s *Store) renew(ctx context.Context) error {
	held := s.pinned.All()
	for batch := range slices.Chunk(slices.Sorted(maps.Keys(held)), hasBatch) {
		condition, args := s.in("pin", bytesOf(batch))
		if _, err := s.exec(ctx, s.db, s.sql("UPDATE %p_pins SET expires = "+s.now()+fmt.Sprintf(" + %d WHERE ", lease)+condition), args...); err != nil {
			return err
		}
		there := map[string]bool{}
		err := s.query(ctx, s.db, s.sql("SELECT DISTINCT pin FROM %p_pins WHERE "+condition), args, func(answer scanner) error {
			var name []byte
			err := answer.Scan(&name)
			there[string(name)] = true
			return err
		})
		if err != nil {
			return err
		}
		for _, name := range batch {
			if !there[name] && s.pinned.Has(name) {
				if err := s.insertPins(ctx, s.db, []byte(name), namesOf(held[name])); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// livePins lists what is pinned, by any process, and removes pins that have ended.
func (s *Store) livePins(ctx context.Context, tx runner) (pins []cid.Cid, err error) {
	if _, err := s.exec(ctx, tx, s.sql("DELETE FROM %p_pins WHERE expires < "+s.now())); err != nil {
		return nil, err
	}
	err = s.query(ctx, tx, s.sql("SELECT DISTINCT cid FROM %p_pins"), nil, func(answer scanner) error {
		var name []byte
		if err := answer.Scan(&name); err != nil {
			return err
		}
		id, err := s.castCID("pins", name)
		pins = append(pins, id)
		return err
	})
	return pins, err
}
