package cassql

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Collect implements cas.Collector, in one transaction, which keeps writers out from its beginning and lets readers in: mark reads over other
// connections. Without thorough, what was deleted is left for the database to use again; with it, the table is written anew, which keeps
// readers out meanwhile.
func (s *Store) Collect(ctx context.Context, thorough bool, mark cas.Mark) (done cas.Collected, err error) {
	const what = "collect garbage"
	err = s.exclusively(ctx, what, func(tx runner) error {
		refs, err := s.allRefs(ctx, tx)
		if err != nil {
			return err
		}
		pins, err := s.livePins(ctx, tx)
		if err != nil {
			return err
		}
		keep, err := mark(ctx, refs, pins)
		if err != nil {
			return notOurs{err}
		}
		garbage, err := s.garbage(ctx, tx, keep)
		if err != nil {
			return err
		}
		done, err = s.remove(ctx, tx, garbage)
		return err
	})
	if err != nil || !thorough {
		return done, err
	}
	for _, statement := range s.reclaim() {
		if _, err := s.exec(ctx, s.db, s.sql(statement)); err != nil {
			return done, s.failed(ctx, what, err)
		}
	}
	return done, nil
}

// Forget implements cas.Forgetter.
func (s *Store) Forget(ctx context.Context, ids []cid.Cid) error {
	return s.exclusively(ctx, "forget damaged blocks", func(tx runner) error {
		_, err := s.remove(ctx, tx, namesOf(ids))
		return err
	})
}

// notOurs is an error of who called, which is handed back as it is.
type notOurs struct{ error }

func (n notOurs) Unwrap() error { return n.error }

// exclusively runs do once, in a transaction beside which nobody writes. To get there is tried again.
func (s *Store) exclusively(ctx context.Context, what string, do func(tx runner) error) error {
	done, err := take(ctx, s.writing)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer done()
	var failed error
	err = s.again(ctx, what, func(bool) error {
		began := false
		err := s.inTx(ctx, func(tx runner) error {
			if err := s.lockAlone(ctx, tx); err != nil {
				return err
			}
			began = true
			return do(tx)
		})
		if began {
			failed, err = err, nil
		}
		return err
	})
	if err != nil {
		return err
	}
	var n notOurs
	if errors.As(failed, &n) {
		return fmt.Errorf("%s: %w", what, n.error)
	}
	return s.failed(ctx, what, failed)
}

// lockAlone keeps all writers out until the transaction ends.
func (s *Store) lockAlone(ctx context.Context, tx runner) error {
	locks := s.alone()
	for _, statement := range locks[:len(locks)-1] {
		if _, err := s.exec(ctx, tx, s.sql(statement)); err != nil {
			return err
		}
	}
	epoch, err := s.lock(ctx, tx, locks[len(locks)-1])
	if err == nil {
		s.saw(epoch)
	}
	return err
}

// garbage lists the names of all blocks that are not kept.
func (s *Store) garbage(ctx context.Context, tx runner, keep func(cid.Cid) bool) (garbage [][]byte, err error) {
	for last := []byte{}; ; {
		page, err := s.page(ctx, tx, last)
		if err != nil {
			return nil, err
		}
		for _, name := range page {
			id, err := s.castCID("blocks", name)
			if err != nil {
				return nil, err
			}
			if !keep(id) {
				garbage = append(garbage, name)
			}
		}
		if len(page) < allBatch {
			return garbage, nil
		}
		last = page[len(page)-1]
	}
}

// remove deletes blocks, and from then on no writer counts on any of them.
func (s *Store) remove(ctx context.Context, tx runner, names [][]byte) (done cas.Collected, err error) {
	for batch := range slices.Chunk(names, hasBatch) {
		condition, args := s.in("cid", batch)
		err := s.query(ctx, tx, s.sql("SELECT count(*), coalesce(sum(length(cid) + length(data)), 0) FROM %p_blocks WHERE "+condition), args, func(answer scanner) error {
			var blocks int
			var size int64
			err := answer.Scan(&blocks, &size)
			done.Blocks, done.Bytes = done.Blocks+blocks, done.Bytes+size
			return err
		})
		if err != nil {
			return cas.Collected{}, err
		}
		if _, err := s.exec(ctx, tx, s.sql("DELETE FROM %p_blocks WHERE "+condition), args...); err != nil {
			return cas.Collected{}, err
		}
	}
	if done.Blocks > 0 {
		if _, err := s.exec(ctx, tx, s.sql("UPDATE %p_store SET epoch = epoch + 1")); err != nil {
			return cas.Collected{}, err
		}
		s.saw(s.epoch.Load() + 1)
	}
	return done, nil
}

// Begin implements cas.Collector. It asks the database nothing: the epoch is the one that was seen last. Where that is not the newest, the
// writer is told of a conflict once, and knows it then.
func (s *Store) Begin() cas.RefStore { return session{s, s.epoch.Load()} }

// session is a Store for one writer.
type session struct {
	*Store
	epoch int64
}

// Put implements cas.Store.
func (s session) Put(ctx context.Context, blocks []cas.Block) error {
	return s.write(ctx, "put blocks", blocks, &write{bound: true, epoch: s.epoch})
}

// SetRef implements cas.Refs.
func (s session) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return s.Commit(ctx, nil, name, old, next)
}

// Commit implements cas.Committer.
func (s session) Commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid) error {
	return s.commit(ctx, blocks, &write{bound: true, epoch: s.epoch, ref: ref, old: old, next: next})
}
